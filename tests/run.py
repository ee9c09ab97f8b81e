"""`make test`: everything, on PostgreSQL + Redis and on SQLite. Installs what is missing, or fails; never skips."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.rig import require, services

HOUSES = "browser or fault or walk"  # whole products as processes of their own; too many at once starve each other
ON_BOTH = f"not ({HOUSES})"
# What rests on the database: pages, gates, providers and stand-ins are the same on both.
ON_SQLITE = ("engine", "timebook", "histories", "patients", "integrations", "post", "economy", "clinics")


def main(arguments: list[str]) -> int:
    """Run everything, two at a time: what computes beside what waits. Returns the exit status."""
    require("postgres", "redis-server", "chromium", "gcc")
    if not Path("static/vendor").is_dir():
        subprocess.run([sys.executable, "-m", "clinic_notify.fetch_ui"], check=False)
    pytest = [sys.executable, "-m", "pytest", "-q", *arguments]
    with services() as (postgres, redis):
        real = {**os.environ, "DATABASE_URL": postgres.url, "BROKER_URL": redis.url}
        rules = [*pytest, "-m", ON_BOTH, *(f"tests/{folder}" for folder in ON_SQLITE)]
        lite = {**os.environ, "DATABASE_URL": "sqlite:///:memory:"}
        print("PostgreSQL and Redis: rules and flows", flush=True)
        failures = [subprocess.run([*pytest, "-n", "2", "-m", ON_BOTH], env=real, check=False).returncode]
        print("PostgreSQL and Redis: the browser", flush=True)
        failures += beside([*pytest, "-m", "browser"], real, "SQLite: rules and flows", rules, lite)
        print("PostgreSQL and Redis: faults", flush=True)
        failures += beside([*pytest, "-m", "fault"], real, "The walk through the text", [*pytest, "-m", "walk"], real)
    return max(map(abs, failures))


def beside(first: list[str], env: dict[str, str], title: str, second: list[str], its_env: dict[str, str]) -> list[int]:
    """Run two at once; the second one's output comes when both are done. Returns both exit statuses."""
    with tempfile.TemporaryFile("w+") as said:
        other = subprocess.Popen(second, env=its_env, stdout=said, stderr=said)
        status = subprocess.run(first, env=env, check=False).returncode
        other_status = other.wait()
        said.seek(0)
        print(title, said.read(), sep="\n", flush=True)
    return [status, other_status]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
