"""A few lines of Python inside the product, without a new process for each: `python -m tests.walk.inside`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import traceback

from tests.faults.house import House


class Inside:
    """One process of the product that runs what it is given; it ends with the house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.process: subprocess.Popen[str] | None = None

    def run(self, code: str) -> str:
        """Run the lines, return what they printed. Raises RuntimeError with their traceback."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.walk.inside"],
                env=self.house.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()
        said, problem = json.loads(self.process.stdout.readline())
        if problem:
            raise RuntimeError(problem)
        return str(said)

    def close(self) -> None:
        """End the process: it ends when nothing more can come."""
        if self.process is not None:
            self.process.communicate(timeout=20)


def main() -> None:
    """Run line after line of JSON strings; answer each with what it printed and its traceback, or none."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_notify.settings")
    django.setup()
    for line in sys.stdin:
        said, problem = io.StringIO(), ""
        try:
            with contextlib.redirect_stdout(said):
                exec(compile(json.loads(line), "<walk>", "exec"), {})
        except Exception:
            problem = traceback.format_exc()
        print(json.dumps([said.getvalue(), problem]), flush=True)


if __name__ == "__main__":
    main()
