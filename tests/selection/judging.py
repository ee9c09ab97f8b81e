"""What a search means, told a second time in plain Python: no SQL, no code of the product's compiler."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from selection import criteria as c

OSLO = ZoneInfo("Europe/Oslo")


@dataclass
class Known:
    """All there is to know of one patient; rows are plain dictionaries."""

    card: dict[str, Any]
    entries: list[dict[str, Any]] = field(default_factory=list)
    appointments: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)  # due_at, pk, hops
    has_logged_in: bool = False


def holds(node: c.Node, known: Known, today: date) -> bool:
    """Say whether the patient is found."""
    if isinstance(node, c.Group):
        answers = [holds(child, known, today) for child in node.children]
        found = (all(answers) if node.mode == "all" else any(answers)) if answers else True
    else:
        found = JUDGES[type(node)](node, known, today)
    return found != node.negated


def age(node: c.Age, known: Known, today: date) -> bool:
    born = known.card["birth_date"]
    if born is None:
        return False
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return (node.low is None or years >= node.low) and (node.high is None or years <= node.high)


def fits(code: str, wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return True
    for one in wanted:
        if len(one) == 7 and one[3] == "-":
            if code[:1] == one[0] and code[1:3].isdigit() and len(code) >= 3 and one[1:3] <= code[1:3] <= one[5:7]:
                return True
        elif code.startswith(one):
            return True
    return False


def entries(node: c.Entry, known: Known, today: date) -> list[dict[str, Any]]:
    found = []
    period = node.period
    first, last = period.first, min(period.last or today, today)
    if period.days is not None:
        first, last = today - timedelta(days=period.days), today
    if period.season:
        first, last = date(today.year if today.month >= 7 else today.year - 1, 7, 1), today
    for row in known.entries:
        is_over = row["ends_on"] is not None and row["ends_on"]
        checks = [
            row["type"] == node.type,
            fits(row["code"], node.codes),
            not node.system or row["system"] == node.system,
            row["starts_on"] <= last,
            not node.active or not is_over or is_over >= today,
            not node.for_days or (today - row["starts_on"]).days >= node.for_days,
        ]
        if first and node.type == "medicine":
            checks.append(not is_over or is_over >= first)
        elif first:
            checks.append(row["starts_on"] >= first)
        if all(checks):
            found.append(row)
    return found


def compares(value: Decimal | None, node: c.Entry) -> bool:
    if value is None or node.value is None:
        return False
    return {
        "lt": value < node.value,
        "le": value <= node.value,
        "eq": value == node.value,
        "ge": value >= node.value,
        "gt": value > node.value,
    }[node.comparison]


def entry(node: c.Entry, known: Known, today: date) -> bool:
    rows = entries(node, known, today)
    if node.at_least:
        return len({row["code"] for row in rows}) >= node.at_least
    if node.latest:
        measured = [row for row in rows if row["value"] is not None]
        newest = max(measured, key=lambda row: (row["starts_on"], row["pk"]), default=None)
        return newest is not None and compares(newest["value"], node)
    if node.comparison:
        return any(compares(row["value"], node) for row in rows)
    return bool(rows)


def visit(node: c.Visit, known: Known, today: date) -> bool:
    days = [row["starts_at"].astimezone(OSLO).date() for row in known.appointments if row["status"] == "booked"]
    if node.when == "coming":
        return any(day >= today for day in days)
    first, last = node.period.first, min(node.period.last or today, today)
    if node.period.days is not None:
        first = today - timedelta(days=node.period.days)
    return any(day < today and day <= last and (first is None or day >= first) for day in days)


def area(node: c.Area, known: Known, today: date) -> bool:
    code = known.card["postal_code"]
    for one in node.postcodes:
        low, dash, high = one.partition("-")
        if (low <= code <= high) if dash else code.startswith(low):
            return True
    return known.card["municipality"] in node.municipalities


def electronic(node: c.Electronic, known: Known, today: date) -> bool:
    marks = {"eportal": known.has_logged_in, "econtact": known.card["has_econtact"]}
    return any(marks.values()) if node.how == "either" else marks[node.how]


def reachable(node: c.Reachable, known: Known, today: date) -> bool:
    card = known.card
    possible = {
        "email": bool(card["email"]) and not card["email_dead"],
        "sms": card["mobile"].startswith("+47") and not card["is_landline"] and not card["mobile_dead"],
    }
    return any(possible.values()) if node.how == "either" else possible[node.how]


def sent(node: c.Sent, known: Known, today: date) -> bool:
    went = [one for one in known.notices if one["state"] == "dispatched"]
    arrived = [one for one in went if {"accepted", "delivered", "unconfirmed"} & set(one["hops"])]
    if node.outcome == "notified":
        since = datetime.combine(today - timedelta(days=node.days), datetime.min.time(), tzinfo=OSLO)
        return any(one["due_at"] >= since for one in arrived)
    newer = [one for one in known.notices if one["state"] in ("dispatched", "external")]  # what others told is news too
    newest = max(newer, key=lambda one: (one["due_at"], one["pk"]), default=None)
    failed = {"failed", "undelivered", "bounced", "failed_unknown", "expired"}
    return newest is not None and newest not in arrived and bool(failed & set(newest["hops"]))


JUDGES: dict[type[c.Node], Any] = {
    c.Age: age,
    c.SexIs: lambda node, known, today: known.card["sex"] == node.sex,
    c.Entry: entry,
    c.Visit: visit,
    c.GeneralPractitioner: lambda node, known, today: (
        known.card["general_practitioner_id"] in node.ids if node.ids else known.card["general_practitioner_id"] is None
    ),
    c.Area: area,
    c.ConsentIs: lambda node, known, today: known.card["consent"] == node.consent,
    c.Electronic: electronic,
    c.Reachable: reachable,
    c.Sent: sent,
}
