"""`make test`: everything, on PostgreSQL + Redis and on SQLite. Installs what is missing, or fails; never skips."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.rig import require, services


def main(arguments: list[str]) -> int:
    """Run both databases; the browser and the faults run on PostgreSQL. Returns the exit status."""
    require("postgres", "redis-server", "chromium")
    if not Path("static/vendor").is_dir():
        subprocess.run([sys.executable, "-m", "clinic_notify.fetch_ui"], check=False)
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", *arguments]
    with services() as (postgres, redis):
        real = {**os.environ, "DATABASE_URL": postgres.url, "BROKER_URL": redis.url}
        on_postgres = subprocess.run(pytest, env=real, check=False).returncode
    lite = {**os.environ, "DATABASE_URL": "sqlite:///:memory:"}
    on_sqlite = subprocess.run([*pytest, "-m", "not browser and not fault"], env=lite, check=False).returncode
    return on_postgres or on_sqlite


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
