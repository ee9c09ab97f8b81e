"""How the engine asks other apps about what a notice concerns, without importing them (design, section 2)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from django.db import DatabaseError

from notifications.kinds import Reason, State, SubjectType

if TYPE_CHECKING:
    from notifications.models import Notification, Silence
    from patients.models import Patient

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing may go out (any more) about this subject."""

    state: State  # cancelled, replaced, suppressed
    reason: Reason


@dataclass(frozen=True, slots=True)
class Facts:
    """What a subject says of itself at a moment."""

    stop: Stop | None = None
    values: Mapping[str, str] = field(default_factory=dict)  # for the message template
    text: str = ""  # the finished message, where staff wrote it themselves (bulk SMS)
    version: int = 0  # rises when the patient would see a difference; an older text is not sent
    path: str = ""  # the place in the portal, e.g. "appointments" (spec C5)
    calendar: Callable[[], str] = str  # makes the .ics for the e-mail; nothing for most
    expires_at: datetime | None = None  # an appointment's start as it is now (spec D7)


class Subject(Protocol):
    """One type of subject, registered by its app in `AppConfig.ready()`."""

    type: SubjectType

    def facts(self, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
        """Return facts by notification pk, with one query for the whole batch."""
        ...


REGISTRY: dict[str, Subject] = {}
UNTOLD: dict[str, Callable[[int, Patient], Sequence[Silence]]] = {}
LATEST: dict[str, Callable[[Patient, int], Sequence[Silence]]] = {}


def register(subject: Subject) -> None:
    """Make a subject type known to the engine."""
    REGISTRY[subject.type] = subject


def register_untold(
    subject_type: SubjectType,
    ask_about: Callable[[int, Patient], Sequence[Silence]],
    ask_latest: Callable[[Patient, int], Sequence[Silence]] | None = None,
) -> None:
    """Register what can tell of events that are known from the subject's own row, such as an import.

    `ask_latest` gives the card the patient's newest ones, of every subject.
    """
    UNTOLD[subject_type] = ask_about
    if ask_latest:
        LATEST[subject_type] = ask_latest


def untold(subject_type: SubjectType, subject_id: int, patient: Patient) -> Sequence[Silence]:
    """Return unsaved silences that the subject's own row explains (spec J3)."""
    return UNTOLD[subject_type](subject_id, patient) if subject_type in UNTOLD else ()


def latest_untold(patient: Patient, count: int) -> list[Silence]:
    """Return at most `count` unsaved silences of each type, for the card."""
    return [silence for ask_latest in LATEST.values() for silence in ask_latest(patient, count)]


def facts_about(notifications: Sequence[Notification], now: datetime) -> dict[int, Facts]:
    """Return facts by notification pk; a subject that nobody knows, or that is gone, stops its notices."""
    gone = Facts(stop=Stop(State.CANCELLED, Reason.SUBJECT_GONE))
    found: dict[int, Facts] = {}
    for subject_type in {notification.subject_type for notification in notifications}:
        mine = [row for row in notifications if row.subject_type == subject_type]
        known = ask(REGISTRY[subject_type], mine, now) if subject_type in REGISTRY else {}
        found |= {row.pk: known.get(row.pk, gone) for row in mine}
    return found


def ask(subject: Subject, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
    """Ask about the batch; when one row raises, ask about each by itself, so that it stops only its own notice."""
    try:
        return subject.facts(notifications, now)
    except DatabaseError:  # the transaction is lost, and the whole batch is judged again
        raise
    except Exception:
        if len(notifications) > 1:
            return {pk: facts for row in notifications for pk, facts in ask(subject, [row], now).items()}
        log.exception("no facts about notice %s", notifications[0].pk)
        return {notifications[0].pk: Facts(stop=Stop(State.SUPPRESSED, Reason.INTERNAL_ERROR))}
