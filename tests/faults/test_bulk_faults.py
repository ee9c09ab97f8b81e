"""A bulk under fire: intended is told plus visibly not, none twice (spec I4-I6). The sandbox's log is the truth."""

from __future__ import annotations

import random

import pytest

from tests.faults.bulk_desk import BulkDesk
from tests.faults.bulk_sums import HISTORY, assert_econtact_adds_up, assert_sms_adds_up, none_twice
from tests.faults.house import House

pytestmark = [pytest.mark.fault]


def test_twenty_presses_by_two_colleagues_send_once(house: House) -> None:
    """spec I6: one bulk; the number on the page is that of the history, the report and the outside world."""
    desk = BulkDesk(house, "sms", 300)
    house.start_worker()

    statuses = desk.send(times=20)
    desk.wait_settled()

    assert set(statuses) == {200}
    assert desk.count("bulk_send_bulk") == 1
    assert len(desk.taken()) == 300
    assert none_twice(desk.taken())
    assert desk.count(HISTORY, desk.pk) == 300
    assert (desk.tells().told, desk.tells().not_told) == (300, 0)
    assert sum(desk.report().values()) == 300
    assert desk.count("clinics_auditevent WHERE what LIKE %s", f"confirmed {desk.pk} %") == 1


def test_killed_in_mid_bulk_nobody_is_told_twice_and_nobody_is_forgotten(house: House) -> None:
    """kill -9 of the worker twice and of the web once, at random, amid an SMS and an e-contact bulk (spec I4-I6)."""
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    house.modes(sms={"delay": 0.25}, besoklegen={"delay": 0.25})
    sms, econtact = BulkDesk(house, "sms", 300), BulkDesk(house, "econtact", 300)
    house.start_worker()
    sms.send()
    econtact.send()

    house.wait_accepted(dice.randint(5, 100))
    house.kill("worker")
    house.start_worker()
    house.wait_accepted(len(house.accepted()) + dice.randint(5, 50))
    house.kill("web")
    more = len(house.accepted()) + dice.randint(5, 50)  # the worker goes on while the web starts, however long it takes
    house.start_web()
    house.wait_accepted(more)
    house.kill("worker")
    house.modes(sms={"delay": 0}, besoklegen={"delay": 0})
    house.start_worker()
    sms.wait_settled()
    econtact.wait_settled()

    assert_sms_adds_up(sms, f"seed {seed}")
    assert_econtact_adds_up(econtact, f"seed {seed}")
