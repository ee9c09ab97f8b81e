"""The decision about one notice, as data: what was seen, what follows, and the smallest change that would turn it.

Pure. `dispatch` decides by it and stores what it saw; «Hvorfor?» reads the very same rows (spec C1, C2, J3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import combinations
from typing import Any

from notifications import rules
from notifications.kinds import MODULE_OF, Channel, Kind, Reason, State
from notifications.subjects import Stop
from patients.models import Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything a decision rests on, as it was at that moment."""

    kind: str
    subject: str = ""  # the reason why the subject itself calls for no notice (moved, cancelled, gone …)
    subject_state: str = ""  # the state that follows from it
    is_late: bool = False
    module: bool = True
    type: bool = True
    consent: str = Consent.GIVEN
    preferred: str = ""
    email: str = ""  # why e-mail was not possible; empty means it was
    sms: str = ""
    push: str = Reason.NO_PUSH

    def packed(self) -> dict[str, Any]:
        """Return what differs from the ordinary, as JSON can hold it."""
        return {name: value for name, default in ORDINARY.items() if (value := getattr(self, name)) != default}

    @classmethod
    def unpacked(cls, kind: str, stored: Mapping[str, Any]) -> Seen:
        """Read what `packed` wrote; fields of later versions are left out."""
        return cls(kind=kind, **{name: stored[name] for name in ORDINARY if name in stored})

    @property
    def possible(self) -> frozenset[Channel]:
        """The channels that could be used."""
        problems = {Channel.EMAIL: self.email, Channel.SMS: self.sms, Channel.PUSH: self.push}
        return frozenset(channel for channel, problem in problems.items() if not problem)


ORDINARY: dict[str, Any] = {field.name: field.default for field in fields(Seen) if field.name != "kind"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from what was seen."""

    state: State
    reason: str = ""
    channels: tuple[Channel, ...] = ()

    @property
    def goes_out(self) -> bool:
        """Whether something is sent."""
        return self.state == State.DISPATCHED


def stop(seen: Seen) -> Stop | None:
    """Return why nothing may go out, in the order staff would ask; the contact values come after it."""
    if seen.subject:
        return Stop(State(seen.subject_state), Reason(seen.subject))
    if seen.is_late:
        return Stop(State.EXPIRED, Reason.TOO_LATE)
    if not seen.module and MODULE_OF[seen.kind]:
        return Stop(State.SUPPRESSED, Reason.MODULE_OFF)
    if not seen.type:
        return Stop(State.SUPPRESSED, Reason.TYPE_OFF)
    if seen.consent != Consent.GIVEN:
        withdrawn = seen.consent == Consent.WITHDRAWN
        return Stop(State.SUPPRESSED, Reason.CONSENT_WITHDRAWN if withdrawn else Reason.NO_CONSENT)
    return None


def decide(seen: Seen) -> Decision:
    """Decide one notice (spec C1, C2, C6)."""
    if found := stop(seen):
        return Decision(found.state, found.reason)
    channels = rules.channels(seen.preferred, seen.kind, seen.possible)
    if not channels:
        return Decision(State.SUPPRESSED, seen.sms if seen.kind == Kind.BULK_SMS else Reason.NO_CONTACT)
    return Decision(State.DISPATCHED, channels=channels)


class Change(StrEnum):
    """What someone could have done to turn a decision (closed list, in the order it is proposed)."""

    CONSENT = "consent"
    MODULE = "module"
    TYPE = "type"
    MOBILE = "mobile"
    EMAIL = "email"
    FOREIGN = "foreign"
    PUSH = "push"


APPLIED: dict[Change, dict[str, Any]] = {
    Change.CONSENT: {"consent": Consent.GIVEN},
    Change.MODULE: {"module": True},
    Change.TYPE: {"type": True},
    Change.MOBILE: {"sms": ""},
    Change.EMAIL: {"email": ""},
    Change.FOREIGN: {"sms": ""},
    Change.PUSH: {"push": ""},
}


def applied(change: Change, seen: Seen) -> Seen:
    """Return what would have been seen after the change."""
    return replace(seen, **APPLIED[change])


def open_to(seen: Seen) -> list[Change]:
    """Return the changes that would alter something that was seen."""
    is_foreign = seen.sms == Reason.FOREIGN_NUMBER
    makes_sense = {
        Change.MOBILE: bool(seen.sms) and not is_foreign,
        Change.FOREIGN: is_foreign,  # the number is right; the clinic does not send abroad
        Change.PUSH: bool(seen.push),
    }
    return [change for change in Change if makes_sense.get(change, applied(change, seen) != seen)]


def smallest_change(seen: Seen) -> tuple[Change, ...]:
    """Return the fewest changes that would have sent the notice; none when it went, or when nothing helps."""
    if decide(seen).goes_out:
        return ()
    candidates = open_to(seen)
    for count in range(1, len(candidates) + 1):
        for changes in combinations(candidates, count):
            if decide(after(changes, seen)).goes_out:
                return changes
    return ()


def after(changes: tuple[Change, ...], seen: Seen) -> Seen:
    """Return what would have been seen after all the changes."""
    for change in changes:
        seen = applied(change, seen)
    return seen
