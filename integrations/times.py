"""Dates and times as other systems write them, read in the clinic's time zone (spec D14). Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

DAY_FIRST = re.compile(r"^(\d{1,2})[./](\d{1,2})[./](\d{4})(?:,?[ T]+(.*))?$")
PARTIAL = re.compile(r"^(\d{4})(?:-(\d{2}))?$")  # FHIR: a year, or a month of a year
CLOCK = re.compile(r"^(?:kl\.? ?)?(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?$", re.IGNORECASE)


class NoSuchHour(ValueError):
    """The clock jumps past this hour when summer time begins."""


def read_date(text: str) -> date:
    """Read dd.mm.yyyy or ISO. Raises ValueError."""
    if match := DAY_FIRST.match(text.strip()):
        day, month, year, rest = match.groups()
        if rest:
            raise ValueError(text)
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text.strip()[:10])


def read_day(text: str, zone: ZoneInfo, *, last: bool = False) -> date:
    """Return the clinic's day of a date or a moment; of a year or a month the first day, or the `last`.

    Raises ValueError.
    """
    text = text.strip()
    if match := PARTIAL.match(text):
        year, month = int(match[1]), int(match[2] or (12 if last else 1))
        return date(year, month, monthrange(year, month)[1] if last else 1)
    if len(text) <= 10:
        return read_date(text)
    moment = read_clock(text)
    return (moment.astimezone(zone) if moment.tzinfo else moment).date()


def read_time(text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    """Return the moment in UTC, and whether the clock shows it twice that night (then the first is meant).

    Text without an offset is the clinic's local time. Raises NoSuchHour in the gap of spring, ValueError otherwise.
    """
    moment = read_clock(text.strip())
    if moment.tzinfo is not None:
        return moment.astimezone(UTC), False
    local = moment.replace(tzinfo=zone, fold=0)
    back = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if back != moment:
        raise NoSuchHour(text)
    return local.astimezone(UTC), local.utcoffset() != local.replace(fold=1).utcoffset()


def read_clock(text: str) -> datetime:
    """Read dd.mm.yyyy hh:mm or ISO, with or without offset. Raises ValueError, also for a date without a time."""
    match = DAY_FIRST.match(text)
    if not match:
        if len(text) <= 10:
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
    else:
        day, month, year, clock = match.groups()
        hours = CLOCK.match((clock or "").strip())
        if not hours:
            raise ValueError(text)
        hour, minute, second = (int(part or 0) for part in hours.groups())
        moment = datetime(int(year), int(month), int(day), hour, minute, second)
    if not 1900 <= moment.year <= 2200:  # outside, arithmetic in UTC runs off the calendar
        raise ValueError(text)
    return moment.replace(microsecond=0)
