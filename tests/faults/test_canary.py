"""Seeded secrets never reach messages, logs, URLs, the broker or the outside world (spec C4, C5)."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House, running
from tests.rig import find, wait_for

pytestmark = [pytest.mark.fault]

# What tests.faults.secrets plants: in the type, the remark, the card, and the staff's own words.
SECRETS = ("hemmeligtype", "hemmeligmerknad", "hemmeligfornavn", "hemmeligetternavn", "13097248022")
CONTACT = ("4742123456", "hemmelig.adresse")  # needed to reach the patient, and nowhere else


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A running product of its own, so that its logs and broker hold nothing else."""
    with running(tmp_path) as made:
        yield made


@contextlib.contextmanager
def overheard(house: House) -> Iterator[Path]:
    """Write down every command that reaches the broker."""
    heard = house.folder / "broker.txt"
    cli = find("redis-cli") or "redis-cli"
    with heard.open("wb") as out:
        listener = subprocess.Popen([cli, "-s", str(house.redis.socket), "MONITOR"], stdout=out)
        try:
            wait_for(lambda: heard.read_bytes().startswith(b"OK"))
            yield heard
        finally:
            listener.terminate()
            listener.wait(10)


def test_no_secret_leaves_the_house_and_no_contact_value_is_logged(house: House) -> None:
    """spec C4, C5: set up, changed, cancelled and reminded, by e-mail and SMS, with a bounce and a fallback."""
    house.modes(email={"outcome": "unknown"})
    with overheard(house) as broker:
        house.start_worker()
        house.run("-m", "tests.faults.secrets")
        house.sql("UPDATE notifications_notification SET due_at = now() WHERE kind = 'appointment_reminder'")
        wait_for(lambda: house.states().get("delivered", 0) >= 3)

    outside = (house.folder / "sandbox.jsonl").read_text().lower()
    assert "fjordbyen" in outside
    assert "notifications.tasks" in broker.read_text()
    for secret in SECRETS:
        assert secret not in outside
    for secret in (*SECRETS, *CONTACT):
        assert secret not in broker.read_text().lower()
        for part in ("web", "worker"):
            assert secret not in (house.folder / f"{part}.log").read_text().lower()
