"""The whole product as processes of its own, to be killed one by one. Speaks only HTTP, SQL and signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg2

from tests.rig import Postgres, Redis, services, wait_for

SECRETS = {
    "SECRET_KEY": "fault-tests-0123456789-0123456789-0123456789-abcdefgh",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "fault-token",
    "MAILGUN_API_KEY": "fault-key",
    "MAILGUN_WEBHOOK_SIGNING_KEY": "fault-signing-key",
    "ANYMAIL_WEBHOOK_SECRET": "hook:fault-secret",
    "VAPID_PRIVATE_KEY": "",
    "HELSENORGE_GATEWAY_TOKEN": "fault-helsenorge",
    "BESOKLEGEN_GATEWAY_TOKEN": "fault-besoklegen",
}
SHORT = {  # the same rules on a shorter clock
    "TICK_SECONDS": "0.5",
    "LEASE_SECONDS": "15",
    "SETTLE_SECONDS": "2",
    "BREAKER_SECONDS": "1",
    "PROVIDER_CONNECT_TIMEOUT": "1",
    "PROVIDER_TIMEOUT": "2",
    "SEND_BATCH": "50",
    "SMS_IN_FLIGHT": "8",
    "GATEWAY_IN_FLIGHT": "8",
    "BULK_UNDO_SECONDS": "1",
}
APPS = ("clinics", "patients", "notifications", "timebook", "post", "selection", "bulk\\_send")  # the tariff stays
OURS = [f"{app}\\_%" for app in APPS]
PATIENCE = 600  # seconds; long on the busiest machine, but an end
ANSWER = 60  # seconds for an answer of the sandbox, which may be as busy
OPEN = "('queued', 'sending', 'unknown')"


LOG_IN = {  # the sandbox's way to log in at level 4
    "name": "sandkasse",
    "label": "sandkassens ID",
    "client_id": "pasientvarsel",
    "client_secret": "sandkasse",
    "acr": ["idporten-loa-high"],
}


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """Starts, kills and asks the parts of one running product."""

    def __init__(self, postgres: Postgres, redis: Redis, folder: Path) -> None:
        self.postgres, self.redis, self.folder = postgres, redis, folder
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.web_url = f"http://127.0.0.1:{self.web_port}"
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self.link: Any = None  # to the database, kept: waiting means asking often
        self.seen = 0  # lines of the sandbox's log that belong to earlier tests
        self.env = {**os.environ, **SECRETS, **SHORT, "DEBUG": "1", "ENGINE_HINTS": "1", "LOG_LEVEL": "WARNING"}
        self.env |= {
            "DATABASE_URL": postgres.url,
            "BROKER_URL": redis.url,
            "VAR_DIR": str(folder),
            "PUBLIC_BASE_URL": self.web_url,
            "SANDBOX_URL": self.sandbox_url,
            "TWILIO_BASE_URL": self.sandbox_url,
            "MAILGUN_API_URL": f"{self.sandbox_url}/v3",
            "PUSH_BASE_URL": f"{self.sandbox_url}/push/",
            "HELSENORGE_GATEWAY_URL": f"{self.sandbox_url}/helsenorge",
            "BESOKLEGEN_GATEWAY_URL": f"{self.sandbox_url}/besoklegen",
            "OIDC_PROVIDERS": json.dumps([LOG_IN | {"issuer": f"{self.sandbox_url}/oidc"}]),
        }

    def run(self, *command: str) -> str:
        """Run a command to its end in the product's environment; returns what it printed. Raises TimeoutExpired."""
        asked = [sys.executable, *command]
        done = subprocess.run(asked, env=self.env, capture_output=True, text=True, check=False, timeout=PATIENCE)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def start(self, name: str, *command: str) -> None:
        """Start a part in a process group of its own, its output in a file."""
        log = (self.folder / f"{name}.log").open("ab")
        self.parts[name] = subprocess.Popen(
            [sys.executable, *command], env=self.env, stdout=log, stderr=log, start_new_session=True
        )

    def start_sandbox(self) -> None:
        """Start the outside world."""
        log = str(self.folder / "sandbox.jsonl")
        options = ["--port", str(self.sandbox_port), "--log", log, "--callback-url", self.web_url]
        self.start("sandbox", "-m", "sandbox", *options)
        wait_for(lambda: self.answers(f"{self.sandbox_url}/modes"))

    def start_web(self) -> None:
        """Start the web server."""
        options = ["--bind", f"127.0.0.1:{self.web_port}", "--threads", "8", "--log-level", "warning"]
        self.start("web", "-m", "gunicorn", "clinic_notify.wsgi", *options)
        wait_for(lambda: self.answers(f"{self.web_url}/v/any/"))

    def start_worker(self) -> None:
        """Start a worker for everything, with its ticks."""
        self.work("worker", "urgent,bulk,receipts,default", *self.ticks())

    def start_workers(self) -> None:
        """Start one for single notices and one for bulks, as docs/drift.md says."""
        self.work("worker", "urgent,receipts,default", *self.ticks())
        self.work("worker-bulk", "bulk")

    def ticks(self) -> list[str]:
        """Return the options that make a worker tick."""
        return ["--beat", "--schedule", str(self.folder / "beat")]

    def work(self, name: str, queues: str, *more: str) -> None:
        """Start a worker with two children on the queues."""
        options = ["--hostname", f"{name}@%h", "--queues", queues, "--concurrency", "2", *more]
        quiet = ["--loglevel", "warning", "--without-gossip", "--without-mingle"]
        self.start(name, "-m", "celery", "-A", "clinic_notify", "worker", *options, *quiet)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill a part with all its children."""
        process = self.parts.pop(name, None)
        if process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            process.wait(20)
        (self.folder / "beat").unlink(missing_ok=True)

    def close(self) -> None:
        """Stop every part that still runs."""
        for name in list(self.parts):
            self.kill(name)
        if self.link is not None:
            self.link.close()

    def reset(self) -> None:
        """Make the house empty for the next test: no worker, no rows, no hints, no faults."""
        self.kill("worker")
        self.kill("worker-bulk")
        self.env |= SHORT
        tables = self.sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE ANY(%s)", [OURS]
        )
        self.sql(f"TRUNCATE {', '.join(name for (name,) in tables)} CASCADE")
        self.redis.stop()
        self.redis.start()
        for path in ("/modes", "/messages"):
            urllib.request.urlopen(
                urllib.request.Request(self.sandbox_url + path, method="DELETE"), timeout=ANSWER
            ).read()
        self.seen = len(self.log_lines())

    def log_lines(self) -> list[str]:
        """Return the sandbox's log, complete lines only."""
        with (self.folder / "sandbox.jsonl").open() as lines:
            return [line for line in lines if line.endswith("\n")]

    @staticmethod
    def answers(url: str) -> bool:
        """Whether something listens there."""
        try:
            urllib.request.urlopen(url, timeout=2)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def modes(self, **channels: dict[str, Any]) -> None:
        """Choose how the sandbox misbehaves."""
        body = json.dumps(channels).encode()
        request = urllib.request.Request(f"{self.sandbox_url}/modes", body, method="PUT")
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=ANSWER).read()

    def offered(self) -> list[dict[str, Any]]:
        """Return every message that reached the outside world, taken or not, from its own log."""
        found = [json.loads(line) for line in self.log_lines()[self.seen :]]
        return [line for line in found if line.get("kind") == "request"]

    def accepted(self) -> list[dict[str, Any]]:
        """Return every message that the outside world took."""
        return [line for line in self.offered() if line["accepted"]]

    def times_accepted(self) -> dict[str, int]:
        """Return how many times each recipient's message was taken."""
        counts: dict[str, int] = {}
        for line in self.accepted():
            counts[line["to"]] = counts.get(line["to"], 0) + 1
        return counts

    def sql(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the database, each time in a transaction of its own. Raises psycopg2's errors."""
        try:
            return self.ask(query, values)
        except psycopg2.Error as problem:
            if problem.pgcode:  # the server's own answer; without one it has been away since it was asked last
                raise
        self.link.close()
        return self.ask(query, values)

    def ask(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Ask the database over the connection that is kept."""
        if self.link is None or self.link.closed:
            name = self.env["DATABASE_URL"].rsplit("/", 1)[1]
            bound = f"-c statement_timeout={PATIENCE}s"  # a lock never let go fails the test, and hangs nothing
            self.link = psycopg2.connect(host=str(self.postgres.folder), user="postgres", dbname=name, options=bound)
            self.link.autocommit = True
        with self.link.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def states(self) -> dict[str, int]:
        """Count deliveries by state."""
        return dict(self.sql("SELECT state, count(*) FROM notifications_delivery GROUP BY state"))

    def seed(self, *, sms: int = 0, email: int = 0) -> None:
        """Promise this many notices, due now."""
        self.run("-m", "tests.faults.seed", str(sms), str(email))

    def wait_accepted(self, at_least: int) -> None:
        """Wait until the outside world has taken this many."""
        wait_for(lambda: len(self.accepted()) >= at_least)

    def wait_settled(self) -> None:
        """Wait until nothing waits, is queued, on its way or unknown."""

        def settled() -> bool:
            waiting = "SELECT count(*) FROM notifications_notification WHERE state = 'waiting' AND due_at <= now()"
            moving = f"SELECT count(*) FROM notifications_delivery WHERE state IN {OPEN}"
            return self.sql(waiting) == [(0,)] and self.sql(moving) == [(0,)]

        try:
            wait_for(settled)
        except TimeoutError as late:
            raise TimeoutError(f"{late}: {self.states()}\n{self.tail('worker')}") from None

    def tail(self, name: str) -> str:
        """Return the end of a part's output."""
        return (self.folder / f"{name}.log").read_text()[-3000:]


@contextlib.contextmanager
def running(folder: Path, *, prepare: Callable[[House], None] | None = None) -> Iterator[House]:
    """Run a house with a migrated database; the worker is left to the test."""
    with services(durable=True) as (postgres, redis):
        house = House(postgres, redis, folder)
        try:
            house.run("manage.py", "migrate", "--verbosity", "0")
            house.start_sandbox()
            house.start_web()
            if prepare:
                prepare(house)
            yield house
        finally:
            house.close()
