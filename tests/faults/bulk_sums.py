"""What must hold of every bulk that has come to rest, whatever happened to it (spec I4-I6)."""

from __future__ import annotations

from typing import Any

from tests.faults.bulk_desk import KEY, BulkDesk
from tests.faults.seed_bulk import GATEWAY

HISTORY = "notifications_delivery WHERE batch = %s AND state IN ('accepted', 'delivered')"
TOLD = ("Sendt", "Levert")


def none_twice(lines: list[dict[str, Any]]) -> bool:
    """Whether no recipient's message was taken twice."""
    return len({line[KEY[line["channel"]]] for line in lines}) == len(lines)


def assert_sms_adds_up(desk: BulkDesk, about: str = "") -> None:
    """Everyone is told, once, or seen not to be; the page, the history, the report and the log of truth agree."""
    page, taken = desk.tells(), desk.taken()
    assert none_twice(taken), about
    assert page.told + page.not_told == desk.size, about
    assert page.told == len(taken) == desk.count(HISTORY, desk.pk), about
    assert sum(page.reasons.values()) == page.not_told, about
    report = desk.report()
    told = sum(number for (status, _reason), number in report.items() if status in TOLD)
    assert (sum(report.values()), told) == (desk.size, page.told), about
    assert all(reason for (status, reason) in report if status not in TOLD), about
    assert desk.count("economy_billingcard WHERE clinic_id = %s", desk.clinic) == 0, about


def assert_econtact_adds_up(desk: BulkDesk, about: str = "") -> None:
    """Dialogs are cards are e-contacts, one each; what fell has its dialog closed and its card void (spec I5)."""
    page, taken = desk.tells(), desk.taken(GATEWAY)
    assert none_twice(taken), about
    assert none_twice(desk.taken()), about
    assert page.told + page.not_told == desk.size, about
    made = desk.count("bulk_send_recipient WHERE bulk_id = %s AND state = 'planned'", desk.pk)
    handed = desk.count("bulk_send_handover WHERE bulk_id = %s AND state = 'delivered'", desk.pk)
    own = desk.count("post_dialog WHERE clinic_id = %s AND source = 'own'", desk.clinic)
    assert len(taken) == handed, about
    assert page.told == own + handed, about
    origins = "FROM {} WHERE clinic_id = %s AND origin IS NOT NULL"
    cards = desk.house.sql(f"SELECT origin, state {origins.format('economy_billingcard')}", [desk.clinic])
    dialogs = desk.house.sql(f"SELECT origin, state {origins.format('post_dialog')}", [desk.clinic])
    assert len(cards) == len(dialogs) == len(dict(cards)) == len(dict(dialogs)), about
    assert len(cards) >= made, about
    fallen = {origin for origin, state in cards if state == "void"}
    assert fallen == {origin for origin, state in dialogs if state == "closed"}, about
    assert {state for origin, state in cards if origin not in fallen} <= {"open"}, about
    assert len(cards) - len(fallen) == page.told, about
