"""`make check`: format, lint, types, imports, migrations, templates, security. Runs all, then reports."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(sys.executable).parent
TEMPLATES = [str(path) for path in sorted(Path("templates").rglob("*.html"))]
CHECKS: dict[str, list[str]] = {  # the longest first: two run at a time
    "types": ["mypy", "."],
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "imports": ["lint-imports"],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "system": ["python", "manage.py", "check"],
    "templates": ["djade", "--target-version", "5.2", "--check", *TEMPLATES],
    "security": ["bandit", "-q", "-ll", "-r", ".", "-c", "pyproject.toml"],
    "dependencies": ["pip-audit", "-r", "requirements.txt", "--progress-spinner", "off", "--disable-pip", "--no-deps"],
}


def main(wanted: list[str]) -> int:
    """Run the checks named, or all. Returns 1 if any failed."""
    environment = {**os.environ, "DEBUG": "1", "SECRET_KEY": "only-for-checks", "DATABASE_URL": "sqlite:///:memory:"}
    failed = []

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = [str(BIN / CHECKS[name][0]), *CHECKS[name][1:]]
        return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    with ThreadPoolExecutor(2) as lanes:
        for name, done in zip(wanted or CHECKS, lanes.map(run, wanted or CHECKS), strict=True):
            unknown = done.stdout.count("could not be audited") + done.stderr.count("could not be audited")
            note = f" ({unknown} packages could not be audited: the index gives no advisories)" if unknown else ""
            print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}{note}", flush=True)
            if done.returncode:
                failed.append(name)
                print(done.stdout[-8000:], done.stderr[-8000:], sep="\n", flush=True)
    print(f"{len(wanted or CHECKS) - len(failed)} checks passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
