"""Which channels a notice takes, as tables (spec C2, C3). Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from notifications.kinds import LIFETIME, Channel, Kind
from patients.models import PreferredMethod

EMAIL, SMS, PUSH = Channel.EMAIL, Channel.SMS, Channel.PUSH

Ladder = tuple[tuple[Channel, ...], ...]

LADDERS: dict[str, Ladder] = {  # tried from the left: the first reachable rung of each ladder is used
    PreferredMethod.EMAIL: ((EMAIL, SMS),),
    PreferredMethod.SMS: ((SMS, EMAIL),),
    PreferredMethod.BOTH: ((EMAIL,), (SMS,)),
    PreferredMethod.NOT_CHOSEN: ((EMAIL, SMS), (PUSH,)),
}
SMS_ONLY: Ladder = ((SMS,),)  # bulk SMS: whatever is preferred, and never falls back (spec C6)
OTHER = {EMAIL: SMS, SMS: EMAIL}  # push has no other (spec C3)

BACKOFF = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600))
FIRST_CHECK = timedelta(minutes=10)  # polling repairs lost receipts within a quarter of an hour
MOST_SENDS = 2  # a single notice may be handed over twice at most when the first outcome stays unknown


def channels(preferred: str, kind: str, reachable: AbstractSet[Channel]) -> tuple[Channel, ...]:
    """Return the channels the notice takes, none when nothing is possible (spec C2, C6)."""
    ladders = SMS_ONLY if kind == Kind.BULK_SMS else LADDERS[preferred]
    firsts = (next((rung for rung in ladder if rung in reachable), None) for ladder in ladders)
    return tuple(channel for channel in firsts if channel)


def fallback(kind: str, failed: Channel, used: AbstractSet[Channel], reachable: AbstractSet[Channel]) -> Channel | None:
    """Return the other channel when one has failed for good, once, whatever was preferred (spec C3)."""
    other = OTHER.get(failed)
    if kind == Kind.BULK_SMS or other is None or other in used or other not in reachable:
        return None
    return other


def expiry(kind: str, due_at: datetime, starts_at: datetime | None = None) -> datetime:
    """Return when the notice dies: an appointment's at its start, others a lifetime after due (spec D7)."""
    lifetime = LIFETIME.get(kind)
    if lifetime is None:
        if starts_at is None:
            raise ValueError(f"{kind} dies at a start; none was given")
        return starts_at
    return due_at + lifetime


def backoff(attempts: int, jitter: float) -> timedelta:
    """Return the wait before the next try: full jitter (0–1) over a rising ceiling, never under a second."""
    ceiling = BACKOFF[min(attempts, len(BACKOFF)) - 1] if attempts else BACKOFF[0]
    return max(timedelta(seconds=1), ceiling * jitter)
