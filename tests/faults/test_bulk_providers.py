"""A bulk while the providers misbehave: never sent twice, and what nobody knows is seen (spec I4-I6, J2)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.bulk_desk import BulkDesk
from tests.faults.bulk_sums import assert_econtact_adds_up, assert_sms_adds_up
from tests.faults.house import House

pytestmark = [pytest.mark.fault]
ACCEPTED = {"500-accepted": ("05", "55"), "reset-accepted": ("15", "65"), "malformed": ("85",)}
LOST = {"hang": ("25", "75"), "reset": ("45",), "500": ("35",)}


def rules(modes: dict[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Let recipients meet a fault by how their number ends."""
    return [{"suffix": suffix, "mode": mode} for mode, suffixes in modes.items() for suffix in suffixes]


def test_bulk_sms_is_offered_once_whatever_the_provider_answers(house: House) -> None:
    """Only a 429 is tried again; an unknown outcome is asked about, and otherwise shown with its reason."""
    desk = BulkDesk(house, "sms", 400)
    house.modes(sms={"mode": "429", "count": 16, "retry_after": 1, "rules": rules(ACCEPTED | LOST)})
    house.start_worker()

    desk.send()
    desk.wait_settled()

    offers = Counter(line["to"] for line in house.offered() if line["mode"] != "429")
    lost = {mobile for mobile in desk.mobiles if mobile.endswith(sum(LOST.values(), ()))}
    assert offers == Counter(desk.mobiles)
    assert sum(line["mode"] == "429" for line in house.offered()) == 16
    assert {line["to"] for line in desk.taken()} == set(desk.mobiles) - lost
    assert desk.tells().reasons == {"no_answer": 12, "provider_error": 4}
    assert_sms_adds_up(desk)


def test_econtact_is_taken_once_and_what_is_refused_falls_with_its_card(house: House) -> None:
    """The gateway storms, hangs, cuts the line after taking, and refuses some for good (spec I5)."""
    desk = BulkDesk(house, "econtact", 300)
    answers = {"500-accepted": ("2", "06"), "reset-accepted": ("14",), "refuse": ("8",)}
    house.modes(besoklegen={"mode": "hang", "count": 6, "rules": rules(answers)}, sms={"mode": "429", "count": 8})
    house.start_worker()

    desk.send()
    desk.wait_settled()

    taken = {line["token"] for line in desk.taken("besoklegen")}
    again = Counter(line["token"] for line in house.offered() if line["channel"] == "besoklegen")
    assert len(taken) == 120  # of the 150 whom the provider knows, every fifth number ends with 8
    assert max(again.values()) > 1  # those that hung: handed over again once the gateway had denied them
    assert desk.tells().reasons == {"gateway_refused": 30}
    assert_econtact_adds_up(desk)
