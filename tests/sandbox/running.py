"""The real sandbox process on a free port, and a web server that takes its callbacks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from tests.rig import wait_for

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Callback:
    """One request the sandbox made."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Mailroom:
    """A web server that takes every callback and answers 200."""

    received: list[Callback] = field(default_factory=list)
    url: str = ""

    def wait(self, number: int) -> list[Callback]:
        """Return the callbacks once there are so many."""
        wait_for(lambda: len(self.received) >= number)
        return self.received

    @contextmanager
    def open(self) -> Iterator[Mailroom]:
        """Listen while the block runs."""
        mailroom = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                mailroom.received.append(Callback(self.path, dict(self.headers), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Keep quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


class Sandbox:
    """A running sandbox."""

    def __init__(self, log: Path, callback_url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = log
        self.callback_url = callback_url
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Sandbox:
        """Start the process and wait until it answers."""
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), "--log", str(self.log_path)]
        self.process = subprocess.Popen(
            [*command, "--callback-url", self.callback_url, "--seed", "7"],
            cwd=ROOT,
            env={**os.environ},
            stdout=subprocess.DEVNULL,
        )
        wait_for(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            return requests.get(self.url + "/pulse", timeout=5).ok
        except requests.ConnectionError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process."""
        assert self.process
        self.process.send_signal(how)
        self.process.wait(10)

    def get(self, path: str, **query: object) -> requests.Response:
        """GET a page or an API."""
        return requests.get(self.url + path, params=query, timeout=10)

    def modes(self, **channels: dict[str, object]) -> None:
        """Choose how channels behave: modes(sms={"mode": "429", "count": 1})."""
        answer = requests.put(self.url + "/modes", json=channels, timeout=10)
        assert answer.ok, answer.text

    def messages(self, **query: str) -> list[dict[str, object]]:
        """Return accepted messages, oldest first."""
        return self.get("/messages", **query).json()["messages"]

    def log(self, kind: str = "request") -> list[dict[str, object]]:
        """Return the ground truth since the last clearing."""
        return self.get("/log", kind=kind).json()["lines"]

    def quiet(self) -> None:
        """Wait until no callback is under way."""
        wait_for(lambda: self.get("/pulse").json()["callbacks"]["pending"] == 0)

    def forget(self) -> None:
        """Let everything behave again and forget what has come."""
        requests.delete(self.url + "/modes", timeout=10)
        self.quiet()
        requests.delete(self.url + "/messages", timeout=10)
        requests.put(self.url + "/people", json=[], timeout=10)

    def twilio(self, to: str = "+4742000001", body: str = "Hei", **more: str) -> requests.Response:
        """Create an SMS as any HTTP client would."""
        account = os.environ["TWILIO_ACCOUNT_SID"]
        return requests.post(
            f"{self.url}/2010-04-01/Accounts/{account}/Messages.json",
            data={"To": to, "From": "Klinikken", "Body": body, **more},
            auth=(account, os.environ["TWILIO_AUTH_TOKEN"]),
            timeout=10,
        )

    def mailgun(self, to: str | list[str] = "kari@example.com", **more: str) -> requests.Response:
        """Send a mail as any HTTP client would."""
        fields = {"from": "Klinikken <varsel@example.com>", "subject": "Time", "text": "Hei", "to": to, **more}
        auth = ("api", os.environ["MAILGUN_API_KEY"])
        return requests.post(f"{self.url}/v3/example.com/messages", data=fields, auth=auth, timeout=10)
