"""What the pages of free slots share: what was asked for, and the days to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.utils.http import urlencode

from clinics.models import Practitioner
from patients.models import Patient
from timebook.slots import Openings, Slot

WINDOW = 14  # days asked for at a time
SHOWN = 5  # days with something free on one page


@dataclass(frozen=True, slots=True)
class Day:
    """One day's free slots, by practitioner."""

    day: datetime
    by_practitioner: Sequence[tuple[Practitioner, Sequence[Slot]]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page of free slots shows. `later` is the day to go on from, None when that was all."""

    days: Sequence[Day]
    later: date | None


def number(text: str) -> int:
    """Return a row's number from an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def moment(text: str) -> datetime | None:
    """Return a start from an address, as `address` writes it; None for anything else."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def day(text: str) -> date | None:
    """Return a day from an address; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def asked_practitioner(query: Mapping[str, str], among: Sequence[Practitioner], card: Patient) -> Practitioner | None:
    """Return whom the address asks for; when it says nothing the patient's own doctor. None is all of them."""
    wanted = number(query["behandler"]) if "behandler" in query else card.general_practitioner_id
    return next((one for one in among if one.pk == wanted), None)


def choice(openings: Openings, first: date | None, *, skip: datetime | None = None) -> Choice:
    """Return the next days with something free, from `first` or from the very first; `skip` is where it stands now."""
    start = max(first or openings.first_day, openings.first_day)
    found: list[Day] = []
    while start <= openings.last_day:
        free = [one for one in openings.free(start, WINDOW) if one.starts_at != skip]
        zone = openings.schedule.zone
        for on, slots in groupby(free, key=lambda one: one.starts_at.astimezone(zone).date()):
            if len(found) == SHOWN:
                return Choice(found, on)
            found.append(Day(datetime.combine(on, datetime.min.time()), by_practitioner(list(slots))))
        start += timedelta(days=WINDOW)
    return Choice(found, None)


def by_practitioner(slots: Sequence[Slot]) -> list[tuple[Practitioner, Sequence[Slot]]]:
    """Group one day's slots, the practitioners by name."""
    ordered = sorted(slots, key=lambda one: (one.practitioner.name, one.practitioner.pk, one.starts_at))
    return [(who, list(own)) for who, own in groupby(ordered, key=lambda one: one.practitioner)]


def address(path: str, slot: Slot, **more: int) -> str:
    """Return the address of a slot's page: numbers and a time, nothing that names anyone."""
    start = f"{slot.starts_at.astimezone(UTC):%Y%m%dT%H%MZ}"
    query: dict[str, int | str] = {**more, "behandler": slot.practitioner.pk, "start": start}
    return f"{path}?{urlencode(query)}"
