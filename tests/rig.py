"""A real PostgreSQL and a real Redis of the tests' own, in a private folder, gone when the tests are.

`python -m tests.rig COMMAND…` runs the command with DATABASE_URL and BROKER_URL pointing at them. A missing program is
installed from the distribution's packages where that is possible; otherwise the run fails with the command to type.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGES = {
    "redis-server": "redis-server",
    "postgres": "postgresql",
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
    "gcc": "gcc",
}


def find(program: str) -> str | None:
    """Return the program's path; PostgreSQL's lie outside PATH on Debian."""
    if program in {"postgres", "initdb", "pg_ctl"}:
        versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
        if versions:
            return str(versions[0])
    return shutil.which(program)


def require(*programs: str) -> None:
    """Install what is missing, or stop with the command to type. Never skips."""
    missing = [PACKAGES[program] for program in programs if not find(program)]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "-q", *missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=False, env=quiet, stdout=subprocess.DEVNULL)
        subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)
        missing = [PACKAGES[program] for program in programs if not find(program)]
    if missing:
        sys.exit(f"Missing: {', '.join(missing)}. Type: sudo {' '.join(command)}")


def chromium() -> str:
    """Return the distribution's Chromium: the one without a window of its own where there is such a package.

    It draws the same pages for two thirds of the processor time. Installs what is missing, or stops.
    """
    with contextlib.suppress(SystemExit):  # an older distribution has no such package
        require("chromium-headless-shell")
    if found := find("chromium-headless-shell"):
        return found
    require("chromium")
    return str(find("chromium"))


class Postgres:
    """One PostgreSQL server on a unix socket in a private folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "pg"
        self.url = f"postgres://postgres@/{folder}/postgres"
        self.as_user: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            self.as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def create(self) -> None:
        """Make the cluster; durability is off unless a fault test turns it on."""
        initdb = [find("initdb"), "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/", **self.as_user)

    def start(self, *, durable: bool = False) -> None:
        """Start and wait until it answers."""
        options = f"-c listen_addresses='' -k {self.folder} -c max_connections=60 -c shared_buffers=256MB"
        if not durable:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        command = [find("pg_ctl"), "-D", self.data, "-w", "-s", "-l", self.folder / "pg.log", "-o", options, "start"]
        subprocess.run(command, check=True, cwd="/", **self.as_user)

    def stop(self, mode: str = "fast") -> None:
        """Stop; `immediate` is a crash."""
        command = [find("pg_ctl"), "-D", self.data, "-w", "-s", "-m", mode, "stop"]
        subprocess.run(command, check=False, cwd="/", **self.as_user)


class Redis:
    """One Redis server on a unix socket in a private folder."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"redis+socket://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait for the socket."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [find("redis-server") or "redis-server", *options], stdout=subprocess.DEVNULL, cwd=self.socket.parent
        )
        wait_for(self.socket.exists)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; SIGKILL loses everything it held."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(10)
            self.socket.unlink(missing_ok=True)


def wait_for(condition: object, seconds: float = 180) -> None:
    """Wait until the condition holds, asking less and less often; raises TimeoutError.

    The seconds are for the busiest machine: whoever waits for what comes pays none of them.
    """
    deadline, pause = time.monotonic() + seconds, 0.02
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not come true in {seconds} s")
        time.sleep(pause)
        pause = min(1.5 * pause, 0.25)


@contextlib.contextmanager
def services(*, durable: bool = False) -> Iterator[tuple[Postgres, Redis]]:
    """Run both servers while the block runs."""
    require("postgres", "redis-server")
    folder = Path(tempfile.mkdtemp(prefix="pv-"))
    folder.chmod(0o755)
    postgres, redis = Postgres(folder), Redis(folder)
    try:
        postgres.create()
        postgres.start(durable=durable)
        redis.start()
        yield postgres, redis
    finally:
        redis.stop()
        postgres.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run the command given on the command line inside the services."""
    with services() as (postgres, redis):
        environment = {**os.environ, "DATABASE_URL": postgres.url, "BROKER_URL": redis.url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
