"""`make test`: everything, on PostgreSQL + Redis and on SQLite. Installs what is missing, or fails; never skips."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.rig import require, services

HOUSES = "browser or fault"  # whole products as processes of their own: one at a time, or they starve each other


def main(arguments: list[str]) -> int:
    """Run both databases; browser and faults run on PostgreSQL, beside the run on SQLite. Returns the exit status."""
    require("postgres", "redis-server", "chromium")
    if not Path("static/vendor").is_dir():
        subprocess.run([sys.executable, "-m", "clinic_notify.fetch_ui"], check=False)
    pytest = [sys.executable, "-m", "pytest", "-q", *arguments]
    with services() as (postgres, redis):
        real = {**os.environ, "DATABASE_URL": postgres.url, "BROKER_URL": redis.url}
        print("PostgreSQL and Redis: rules and flows", flush=True)
        flows = subprocess.run([*pytest, "-n", "2", "-m", f"not ({HOUSES})"], env=real, check=False).returncode
        lite = {**os.environ, "DATABASE_URL": "sqlite:///:memory:"}
        with tempfile.TemporaryFile("w+") as said:
            beside = subprocess.Popen([*pytest, "-m", f"not ({HOUSES})"], env=lite, stdout=said, stderr=said)
            print("PostgreSQL and Redis: browser and faults", flush=True)
            houses = subprocess.run([*pytest, "-m", HOUSES], env=real, check=False).returncode
            on_sqlite = beside.wait()
            said.seek(0)
            print("SQLite: rules and flows", said.read(), sep="\n", flush=True)
    return flows or houses or on_sqlite


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
