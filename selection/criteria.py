"""What a journal search asks for, as a small typed tree (spec G2). Pure: no query, no words, nothing fetched."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

FORMAT = 1  # of the JSON; a tree is stored for good, so an older one must always be read
SEASON_STARTS = (7, 1)  # month, day: a vaccine season runs from 1 July to 30 June


@dataclass(frozen=True, slots=True)
class Period:
    """Days relative to today, or by date, or this vaccine season. One of the three; both ends are included."""

    days: int | None = None  # the last so many days, today among them
    first: date | None = None
    last: date | None = None
    season: bool = False

    def bounds(self, today: date) -> tuple[date | None, date]:
        """Return the first day, or None for all the past, and the last, which is today at the latest."""
        if self.season:
            starts = date(today.year, *SEASON_STARTS)
            return (starts if starts <= today else date(today.year - 1, *SEASON_STARTS)), today
        if self.days is not None:
            return today - timedelta(days=self.days), today
        return self.first, min(self.last or today, today)


EVER = Period()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Part of the tree. Negated: the patients for whom it does not hold."""

    kind: ClassVar[str] = ""
    negated: bool = False

    def packed(self) -> dict[str, Any]:
        """Return the JSON: the kind, and what differs from the default."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {field.name: field.default for field in fields(self)}
        return {"kind": self.kind_of()} | {
            NAMES.get(name, name): pack(value) for name, value in given.items() if value != plain[name]
        }

    def kind_of(self) -> str:
        """Return the name of the kind in JSON."""
        return self.kind


NAMES = {"negated": "not", "low": "from", "high": "to", "first": "from", "last": "to", "children": "of"}


def pack(value: Any) -> Any:
    """Return the value as JSON has it."""
    match value:
        case Node():
            return value.packed()
        case Period():
            given = {field.name: getattr(value, field.name) for field in fields(value)}
            return {
                NAMES.get(name, name): pack(one) for name, one in given.items() if one is not None and one is not False
            }
        case tuple():
            return [pack(one) for one in value]
        case date() | Decimal():
            return str(value)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Node):
    """Several criteria: all of them, or any of them, must hold. One without children holds for everyone."""

    mode: str = "all"  # all | any
    children: tuple[Node, ...] = ()

    def packed(self) -> dict[str, Any]:
        """Return the JSON."""
        rest = {"not": True} if self.negated else {}
        return {"kind": self.mode, "of": pack(self.children)} | rest

    def leaves(self) -> list[Node]:
        """Return every leaf in reading order."""
        found: list[Node] = []
        for child in self.children:
            found += child.leaves() if isinstance(child, Group) else [child]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Age(Node):
    """Whole years, both ends included; a patient without birth date has no age."""

    kind = "age"
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SexIs(Node):
    """As the card has it: female, male or empty."""

    kind = "sex"
    sex: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Node):
    """A journal entry of a type, with a code that begins so or lies in a range.

    A medicine's period is when it was used; of the other types, when the entry began. Negated it is *missing*: no
    such entry in the period (spec G2).
    """

    type: str  # patients.journal.EntryType
    system: str = ""  # patients.journal.CodeSystem; empty: any
    codes: tuple[str, ...] = ()  # upper case; a beginning («T90», «A10BA»), or a range («K74-K77»)
    period: Period = EVER
    active: bool = False  # holds today
    for_days: int | None = None  # and has held so long
    at_least: int | None = None  # so many different codes, instead of one entry
    comparison: str = ""  # lt | le | eq | ge | gt
    value: Decimal | None = None
    latest: bool = False  # the newest value in the period, not any

    def kind_of(self) -> str:
        """Return the entry's type."""
        return self.type

    def packed(self) -> dict[str, Any]:
        """Return the JSON; the type is the kind."""
        bare = {"kind": self.type}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in ("type", "negated") and value != field.default:
                bare[field.name] = pack(value)
        return bare | ({"not": True} if self.negated else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Node):
    """An appointment that stands: had in a period, or coming. One later today is coming; so is one earlier today."""

    kind = "appointment"
    when: str = "had"  # had | coming
    period: Period = EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralPractitioner(Node):
    """The patient's fastlege is one of these; none named: the patient has none."""

    kind = "gp"
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Area(Node):
    """Lives in one of the municipalities, or at a postcode that begins so or lies in a range."""

    kind = "area"
    municipalities: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()  # «0150», «01», «0150-0199»


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentIs(Node):
    """Consent on the card: given, withdrawn, or empty for not asked."""

    kind = "consent"
    consent: str = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Electronic(Node):
    """Electronically active: ePortal or EP-kontakt, or one of them (spec I3)."""

    kind = "electronic"
    how: str = "either"  # either | eportal | econtact


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable(Node):
    """SMS, e-mail, or one of them, is possible (spec C3)."""

    kind = "reach"
    how: str = "either"  # either | sms | email


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Node):
    """Notified in the last days, or the last notice failed on every channel it took."""

    kind = "sent"
    outcome: str = "notified"  # notified | failed
    days: int = 30
