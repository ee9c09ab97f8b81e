"""`make test`: everything, on PostgreSQL + Redis and on SQLite. Installs what is missing, or fails; never skips."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.rig import chromium, require, services

# Whole products as processes of their own; too many at once starve each other. Lighthouse has its own `make`.
HOUSES = "browser or fault or walk or lighthouse"
ON_BOTH = f"not ({HOUSES})"
# What rests on the database: pages, gates, providers and stand-ins are the same on both.
ON_SQLITE = ("engine", "timebook", "histories", "patients", "integrations", "post", "economy")
NO_DATABASE = "--ignore=tests/integrations/test_gateways.py"  # real HTTP, with hangs of a second each: once is enough
TWO = ("-n", "2", "--dist", "worksteal")  # two processes; whole products, where the tests are of such


@dataclass(frozen=True)
class Job:
    """One run of pytest."""

    title: str
    options: Sequence[str]
    database: str
    broker: str = ""

    def run(self, arguments: Sequence[str]) -> int:
        """Run to the end, and only then print what it said; returns its exit status."""
        command = [sys.executable, "-m", "pytest", "-q", *self.options, *arguments]
        env = {**os.environ, "DATABASE_URL": self.database} | ({"BROKER_URL": self.broker} if self.broker else {})
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as said:
            status = subprocess.run(command, env=env, stdout=said, stderr=said, check=False).returncode
            said.seek(0)
            print(f"\n{self.title} ({time.monotonic() - began:.0f} s)", said.read(), sep="\n", flush=True)
        return status


def main(arguments: list[str]) -> int:
    """Run everything in two lanes, what waits beside what computes. Returns the exit status."""
    require("postgres", "redis-server", "gcc")
    chromium()
    if not Path("static/vendor").is_dir():
        subprocess.run([sys.executable, "-m", "clinic_notify.fetch_ui"], check=False)
    with services() as (postgres, redis), ThreadPoolExecutor(2) as lanes:
        real = postgres.url, redis.url
        waits = [
            Job("PostgreSQL and Redis: faults", [*TWO, "-m", "fault", "tests/faults"], *real),
            Job("PostgreSQL and Redis: the walk through the text", ["-m", "walk", "tests/walk"], *real),
            Job("PostgreSQL and Redis: the browser", [*TWO, "-m", "browser", "tests/browser"], *real),
        ]
        folders = [f"tests/{folder}" for folder in ON_SQLITE]
        computes = [
            Job("SQLite: rules and flows", ["-m", ON_BOTH, NO_DATABASE, *folders], "sqlite:///:memory:"),
            Job("PostgreSQL and Redis: rules and flows", [*TWO, "-m", ON_BOTH], *real),
        ]
        statuses = lanes.map(lambda lane: [job.run(arguments) for job in lane], (waits, computes))
        return max(abs(status) for lane in statuses for status in lane)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
