"""What is taken away while a bulk runs is respected at once; and a bulk holds up nobody else (spec B3, C1, I1, I7)."""

from __future__ import annotations

import time

import pytest

from tests.faults.bulk_desk import BulkDesk
from tests.faults.bulk_sums import assert_econtact_adds_up, assert_sms_adds_up
from tests.faults.house import House
from tests.rig import wait_for

pytestmark = [pytest.mark.fault]
CALL = 6.0  # seconds a hand-over may outlive the change: what the house's lease and time-outs allow, and one for luck
WITHDRAWN, REMOVED = ("1", "2", "6"), ("3", "4", "8")  # how the numbers end; even ones are known to the gateway


def change(house: House, statement: str, *values: object) -> float:
    """Change something in one commit; returns when it was done (seconds since the epoch)."""
    house.sql(statement, values)
    return time.time()


def withdraw(desk: BulkDesk) -> float:
    """Withdraw the consent of some."""
    statement = "UPDATE patients_patient SET consent = 'withdrawn' WHERE clinic_id = %s AND right(mobile, 1) = ANY(%s)"
    return change(desk.house, statement, desk.clinic, list(WITHDRAWN))


def attempts_after(desk: BulkDesk, at: float, endings: tuple[str, ...]) -> int:
    """Count the hand-overs to some that were begun after the moment."""
    rows = (
        "notifications_attempt t JOIN notifications_delivery d ON d.id = t.delivery_id"
        " WHERE d.clinic_id = %s AND t.at > to_timestamp(%s) AND right(d.recipient, 1) = ANY(%s)"
    )
    return desk.count(rows, desk.clinic, at, list(endings))


def test_withdrawn_removed_and_forbidden_in_mid_bulk_get_no_sms(house: House) -> None:
    """Each change stops what has not been handed over; the rest goes on, and everyone left out has the reason."""
    house.modes(sms={"delay": 0.25})
    desk = BulkDesk(house, "sms", 400)
    house.start_worker()
    desk.send()

    house.wait_accepted(20)
    withdrawn = withdraw(desk)
    statement = "UPDATE patients_patient SET mobile = '' WHERE clinic_id = %s AND right(mobile, 1) = ANY(%s)"
    removed = change(house, statement, desk.clinic, list(REMOVED))
    house.wait_accepted(len(house.accepted()) + 80)
    forbidden = change(house, "UPDATE clinics_clinic SET free_text_sms = false WHERE id = %s", desk.clinic)
    desk.wait_settled()

    taken = desk.taken()
    assert not [line for line in taken if line["to"].endswith(WITHDRAWN) and line["t"] > withdrawn + CALL]
    assert not [line for line in taken if line["to"].endswith(REMOVED) and line["t"] > removed + CALL]
    assert not [line for line in taken if line["t"] > forbidden + CALL]
    assert attempts_after(desk, withdrawn, WITHDRAWN) == attempts_after(desk, removed, REMOVED) == 0
    assert attempts_after(desk, forbidden, tuple("0123456789")) == 0
    assert set(desk.tells().reasons) == {"consent_withdrawn", "no_mobile", "grant_gone"}
    assert not [line for line in house.accepted() if line["channel"] != "sms"]  # never by another way instead
    assert_sms_adds_up(desk)


def test_withdrawn_and_switched_off_in_mid_bulk_get_no_econtact(house: House) -> None:
    """What the gateway has not taken falls with card and dialog; what is in our own portal stands (spec I5)."""
    house.modes(besoklegen={"delay": 0.4})
    desk = BulkDesk(house, "econtact", 500)
    house.start_worker()
    desk.send()

    wait_for(lambda: len(desk.taken("besoklegen")) >= 10)
    withdrawn = withdraw(desk)
    already = len(desk.taken("besoklegen"))
    wait_for(lambda: len(desk.taken("besoklegen")) >= already + 60)
    off = change(house, "UPDATE clinics_clinic SET post_notices = false WHERE id = %s", desk.clinic)
    desk.wait_settled()

    taken = desk.taken("besoklegen")
    assert not [line for line in taken if line["to"].endswith(WITHDRAWN) and line["t"] > withdrawn + CALL]
    assert not [line for line in house.accepted() if line["t"] > off + CALL]
    assert attempts_after(desk, off, tuple("0123456789")) == 0  # nor is anyone notified of what was made before
    assert set(desk.tells().reasons) == {"consent_withdrawn", "module_off"}
    assert_econtact_adds_up(desk)


def test_a_bulk_of_two_thousand_does_not_hold_up_another_clinic(house: House) -> None:
    """A due reminder of clinic B's is taken within ten seconds while clinic A's bulk runs (spec I7)."""
    house.modes(sms={"delay": 0.25})
    bulk = BulkDesk(house, "sms", 2_000)
    house.start_workers()
    bulk.send()
    house.wait_accepted(50)

    house.seed(sms=1)
    other = "notifications_notification WHERE clinic_id <> %s"
    wait_for(lambda: len(house.accepted()) > len(bulk.taken()))

    (reminder,) = [line for line in house.accepted() if line["to"] not in bulk.mobiles]
    (due,) = bulk.one(f"SELECT due_at FROM {other}", bulk.clinic)
    assert reminder["t"] - due.timestamp() < 10
    assert len(bulk.taken()) < 2_000  # the bulk was still under way
