"""Judge one appointment row by itself: its times, its status and how it names its patient (spec D14). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.reasons import Reason, Refused
from integrations.records import RawAppointment
from integrations.times import NoSuchHour, read_time
from timebook.models import ActorKind, Status

LONGEST = timedelta(days=1)
STANDS = {"", "booked", "arrived", "fulfilled", "checked-in", "noshow"}  # FHIR; fulfilled and noshow are history
STANDS |= {"avtalt", "bestilt", "bekreftet", "møtt", "ikke møtt", "gjennomført", "utført", "ferdig"}
CANCELLED = {"cancelled", "avlyst", "kansellert", "slettet"}
CANCELLED_BY_PATIENT = {"avbestilt"}


@dataclass(frozen=True, slots=True)
class Span:
    """When it is, in UTC; `is_twice` when the clock shows the start or the end twice that night."""

    starts_at: datetime
    ends_at: datetime
    is_twice: bool


def span_of(raw: RawAppointment, zone: ZoneInfo) -> Span:
    """Return when the appointment is. Raises Refused."""
    starts_at, starts_twice = moment(raw.starts, zone)
    ends_at, ends_twice = (moment(raw.ends, zone)) if raw.ends else (starts_at + length(raw), False)
    if ends_at <= starts_at:
        raise Refused(Reason.END_BEFORE_START)
    if ends_at - starts_at > LONGEST:
        raise Refused(Reason.TOO_LONG)
    return Span(starts_at, ends_at, starts_twice or ends_twice)


def moment(text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    """Return the moment in UTC and whether the clock shows it twice. Raises Refused."""
    try:
        return read_time(text, zone)
    except NoSuchHour as error:
        raise Refused(Reason.CLOCK_GAP) from error
    except (ValueError, OverflowError) as error:
        raise Refused(Reason.BAD_TIME) from error


def length(raw: RawAppointment) -> timedelta:
    """Return how long it lasts, from whole minutes. Raises Refused."""
    if not raw.minutes:
        raise Refused(Reason.NO_END)
    if not raw.minutes.isdecimal() or len(raw.minutes) > 4:
        raise Refused(Reason.BAD_TIME)
    return timedelta(minutes=int(raw.minutes))


def status_of(raw: RawAppointment) -> tuple[str, str]:
    """Return (status, who cancelled). Raises Refused for one that was never agreed."""
    said = raw.status.strip().lower()
    if said in STANDS:
        return Status.BOOKED, ""
    if said in CANCELLED_BY_PATIENT:
        return Status.CANCELLED, ActorKind.PATIENT
    if said in CANCELLED:
        return Status.CANCELLED, ActorKind.STAFF
    raise Refused(Reason.NOT_AGREED)
