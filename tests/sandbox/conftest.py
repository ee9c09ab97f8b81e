"""One sandbox for all tests of a worker; each test finds it empty and well-behaved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.running import Mailroom, Sandbox


@pytest.fixture(scope="session")
def open_mailroom() -> Iterator[Mailroom]:
    with Mailroom().open() as mailroom:
        yield mailroom


@pytest.fixture(scope="session")
def running_sandbox(open_mailroom: Mailroom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    log: Path = tmp_path_factory.mktemp("sandbox") / "log.jsonl"
    sandbox = Sandbox(log, open_mailroom.url).start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox, open_mailroom: Mailroom) -> Sandbox:
    running_sandbox.forget()
    open_mailroom.received.clear()
    return running_sandbox


@pytest.fixture
def mailroom(sandbox: Sandbox, open_mailroom: Mailroom) -> Mailroom:
    return open_mailroom
