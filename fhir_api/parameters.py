"""Read search parameters: tokens, references, dates with their precision, paging. Pure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from fhir_api.outcomes import Problem

COUNT, MOST = 50, 200  # resources on a page: unless asked, and at most
KEY = re.compile(r"[0-9]{1,18}", re.ASCII)  # our ids; anything else names no resource
DATE = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"(T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]{1,6}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
    re.ASCII,
)
CONTROLS = ("_count", "_cursor", "_total", "_format")  # say how to answer, not what to find
TOTALS = ("none", "accurate")


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it is carried out: what to find, how many a page, after which key, and what was not understood."""

    wanted: Sequence[tuple[str, str]]
    count: int = COUNT
    after: int = 0
    total: str = ""
    unknown: Sequence[str] = field(default_factory=tuple)


def read(pairs: Sequence[tuple[str, str]], known: Collection[str], *, strict: bool) -> Search:
    """Read the parameters. Raises Problem for a bad value, and for an unknown parameter when the client is strict."""
    control = {name: value for name, value in pairs if name in CONTROLS}
    wanted = [(name, value) for name, value in pairs if name in known and value]
    unknown = sorted({name for name, value in pairs if name not in known and name not in CONTROLS})
    if unknown and strict:
        raise Problem(400, "not-supported", f"Unknown search parameter: {shown(unknown)}")
    if (total := control.get("_total", "")) and total not in TOTALS:
        raise Problem(400, "value", "_total is none or accurate")
    return Search(
        wanted=wanted,
        count=max(1, min(number(control.get("_count", str(COUNT)), "_count"), MOST)),
        after=number(control.get("_cursor", "0"), "_cursor"),
        total=total,
        unknown=unknown,
    )


def shown(names: Sequence[str]) -> str:
    """Return the parameters' names as far as they look like names: a value must not come back (spec C4)."""
    return ", ".join(name if re.fullmatch(r"[A-Za-z_:.-]{1,40}", name) else "(unreadable)" for name in names[:10])


def number(text: str, name: str) -> int:
    """Return a whole number. Raises Problem."""
    if not KEY.fullmatch(text):
        raise Problem(400, "value", f"{name} is a whole number")
    return int(text)


def keys(value: str, kind: str, base: str) -> list[int]:
    """Return the ids of `value`: 12, Patient/12 or an address of ours; what names none of ours finds nothing."""
    bare = [one.removeprefix(f"{base}/").removeprefix(f"{kind}/") for one in value.split(",")]
    return [int(one) for one in bare if KEY.fullmatch(one)]


def tokens(value: str) -> list[tuple[str | None, str]]:
    """Return (system, code) of each alternative; None stands for any system, "" for none."""
    parts = [one.partition("|") for one in value.split(",")]
    return [(first, last) if bar else (None, first) for first, bar, last in parts]


def codes(value: str, system: str, known: Collection[str], name: str) -> list[str]:
    """Return the codes of a required binding. Raises Problem for one that FHIR does not have."""
    pairs = tokens(value)
    if any(code not in known for _system, code in pairs):
        raise Problem(400, "code-invalid", f"{name} is one of {', '.join(known)}")
    return [code for said, code in pairs if said in (None, system)]


def dated(column: str, value: str, zone: ZoneInfo) -> Q:
    """Return the condition that the column's moment is as `value` says. Raises Problem.

    A value without a time zone is read in the clinic's, and stands for the whole year, month, day, minute or second.
    """
    found = Q(pk__in=[])
    for one in value.split(","):
        prefix, first, after = span(one, zone)
        found |= COMPARED[prefix](column, first, after)
    return found


def earliest(value: str, zone: ZoneInfo) -> datetime | None:
    """Return a moment that nothing which fits `value` lies before; None when there is none. Raises Problem."""
    spans = [span(one, zone) for one in value.split(",")]
    is_bounded = all(prefix in {"eq", "gt", "sa", "ge"} for prefix, _first, _after in spans)
    return min(first for _prefix, first, _after in spans) if is_bounded else None


COMPARED: Mapping[str, Callable[[str, datetime, datetime], Q]] = {
    "eq": lambda column, first, after: Q(**{f"{column}__gte": first, f"{column}__lt": after}),
    "ne": lambda column, first, after: Q(**{f"{column}__lt": first}) | Q(**{f"{column}__gte": after}),
    "gt": lambda column, first, after: Q(**{f"{column}__gte": after}),
    "sa": lambda column, first, after: Q(**{f"{column}__gte": after}),
    "ge": lambda column, first, after: Q(**{f"{column}__gte": first}),
    "lt": lambda column, first, after: Q(**{f"{column}__lt": first}),
    "eb": lambda column, first, after: Q(**{f"{column}__lt": first}),
    "le": lambda column, first, after: Q(**{f"{column}__lt": after}),
}
REFUSED = "A date is for example ge2026-11-23 or lt2026-11-23T08:00:00+01:00; prefixes: " + ", ".join(COMPARED)


def span(text: str, zone: ZoneInfo) -> tuple[str, datetime, datetime]:
    """Return the prefix, the first moment, and the first moment after. Raises Problem."""
    match = DATE.fullmatch(text.replace(" ", "+"))  # a plus that was not encoded comes as a blank
    prefix = (match["prefix"] or "eq") if match else ""
    if match is None or prefix not in COMPARED:
        raise Problem(400, "value", REFUSED)
    try:
        first = beginning(match.groupdict(), zone)
        return prefix, first.astimezone(UTC), ending(match.groupdict(), first).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Problem(400, "value", REFUSED) from error


def beginning(parts: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """Return the first moment. Raises ValueError for a date that the calendar does not have."""
    year, month, day = (int(parts[name] or 1) for name in ("year", "month", "day"))
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    plain = datetime(year, month, day, hour, minute, second, int((parts["fraction"] or "").ljust(6, "0")))
    if offset := parts["zone"]:
        return datetime.fromisoformat(f"{plain.isoformat()}{offset}")
    return plain.replace(tzinfo=zone)


def ending(parts: Mapping[str, Any], first: datetime) -> datetime:
    """Return the first moment after the year, month, day … that was given; a day has 23 or 25 hours twice a year."""
    if parts["fraction"]:
        return first + timedelta(microseconds=10 ** (6 - len(parts["fraction"])))
    if parts["hour"]:
        return first + timedelta(seconds=1 if parts["second"] else 60)
    if parts["day"]:
        return first + timedelta(days=1)  # wall clock: the zone is the clinic's
    if parts["month"]:
        return first + timedelta(days=calendar.monthrange(first.year, first.month)[1])
    return first.replace(year=first.year + 1)
