"""What a change of an appointment means to the patient: pure, no database, no clock (spec D2–D6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from notifications.kinds import CANCELLATIONS, CONFIRMATIONS, Kind
from timebook.models import ActorKind, Status

if TYPE_CHECKING:
    from timebook.models import Appointment

NEWS_WAIT = timedelta(minutes=5)  # spec D2, D3, D4
REMINDER_LEAD = timedelta(hours=48)  # spec D6
PATIENT_SEES = ("starts_at", "ends_at", "practitioner_id", "place_id", "type_id")  # spec D3

CONFIRMATION = {ActorKind.STAFF: Kind.APPOINTMENT_SET_UP, ActorKind.PATIENT: Kind.APPOINTMENT_BOOKED}
CANCELLATION = {ActorKind.STAFF: Kind.APPOINTMENT_CANCELLED, ActorKind.PATIENT: Kind.APPOINTMENT_CALLED_OFF}

Baseline = Mapping[str, object]  # {"owed": kind} or {"known": what the patient was last told}


class Event(StrEnum):
    """What happened to an appointment, as the patient would say it."""

    NOTHING = "nothing"
    SET_UP = "set_up"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The piece of news that waits, if any."""

    kind: Kind
    baseline: Baseline


@dataclass(frozen=True, slots=True)
class News:
    """What to tell, and what the patient knew before; no kind means: nothing is left to tell."""

    kind: Kind | None
    baseline: Baseline


def event(before: Appointment | None, after: Appointment | None) -> Event:
    """Return what happened between two states of one appointment; None means it did not exist (spec D3)."""
    stood = before is not None and before.status == Status.BOOKED
    stands = after is not None and after.status == Status.BOOKED
    if stood and stands:
        return Event.CHANGED if differs(before, after) else Event.NOTHING
    if stood:
        return Event.CANCELLED
    if stands:
        return Event.RESTORED if before is not None else Event.SET_UP
    return Event.NOTHING


def differs(before: Appointment | None, after: Appointment | None) -> bool:
    """Whether the patient would see a difference (spec D3)."""
    return any(getattr(before, name) != getattr(after, name) for name in PATIENT_SEES)


def snapshot(appointment: Appointment) -> dict[str, object]:
    """Return what the patient sees of the appointment, as JSON can hold it; times in UTC."""
    return {
        "starts_at": appointment.starts_at.astimezone(UTC).isoformat(),
        "ends_at": appointment.ends_at.astimezone(UTC).isoformat(),
        "practitioner_id": appointment.practitioner_id,
        "place_id": appointment.place_id,
        "type_id": appointment.type_id,
    }


def keepsake(cancelled: Appointment) -> dict[str, object]:
    """Return what telling of a cancellation needs, should the row itself be deleted before it is told (spec D3)."""
    rise = 1 if cancelled.status == Status.BOOKED else 0  # deleted while it stood: the calendar entry still has to go
    return snapshot(cancelled) | {"uid": str(cancelled.uid), "sequence": cancelled.sequence + rise}


def news(
    happened: Event, *, before: Appointment | None, after: Appointment | None, actor: ActorKind, waiting: Waiting | None
) -> News | None:
    """Return the news that replaces what waits; None when the event is no news (spec D2–D5)."""
    match happened:
        case Event.SET_UP:
            return News(CONFIRMATION[actor], {"owed": CONFIRMATION[actor]})
        case Event.CHANGED if waiting and waiting.kind in CONFIRMATIONS:
            return News(waiting.kind, waiting.baseline)
        case Event.CHANGED if before:
            return News(Kind.APPOINTMENT_CHANGED, waiting.baseline if waiting else {"known": snapshot(before)})
        case Event.CANCELLED if before:
            return News(CANCELLATION[actor], waiting.baseline if waiting else {"known": snapshot(before)})
        case Event.RESTORED if after and waiting and waiting.kind in CANCELLATIONS:
            return undone(after, waiting.baseline)
        case Event.RESTORED:
            return News(CONFIRMATION[actor], {"owed": CONFIRMATION[actor]})
    return None


def undone(after: Appointment, baseline: Baseline) -> News:
    """Return what is left to tell when a cancellation is undone before it was sent (spec D5)."""
    if owed := baseline.get("owed"):
        return News(Kind(str(owed)), baseline)
    if baseline.get("known") == snapshot(after):
        return News(None, baseline)
    return News(Kind.APPOINTMENT_CHANGED, baseline)


def reminder_due(starts_at: datetime) -> datetime:
    """48 elapsed hours before the start, in UTC, so that it holds across DST (spec D6)."""
    return starts_at.astimezone(UTC) - REMINDER_LEAD


def gets_reminder(starts_at: datetime, now: datetime) -> bool:
    """Whether an appointment set up or moved now is far enough ahead: exactly 48 hours is not less (spec D6)."""
    return reminder_due(starts_at) >= now.astimezone(UTC)


def reminder_slot(starts_at: datetime) -> str:
    """Name the reminder of this very start, in UTC: at most one of it goes out, ever (spec D6)."""
    return f"reminder:{starts_at.astimezone(UTC).isoformat()}"
