"""Hand the clinic's answers, and its changes of appointments, back to the neighbour that they come from (spec D13).

As bulk_send/handing.py, one at a time: claimed and written ahead in one commit, handed over with the database let go,
the outcome written. An unknown outcome is asked about by our reference, and never taken for failed.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations import calls, gateways, grants
from integrations.answer_bodies import RELATED, body_of, path_of
from integrations.gateways import HttpGateway
from integrations.neighbour_models import (
    FILE_REFUSED,
    OPEN_ANSWERS,
    Answer,
    AnswerQuerySet,
    AnswerState,
    Neighbour,
    Result,
    Why,
)
from notifications import hints, rules
from notifications.kinds import LIFETIME, Kind, Reason, State, SubjectType
from notifications.models import Notification
from notifications.providers.base import LookupFailed, Outcome, Verdict
from notifications.providers.brake import Brake
from post import handling
from post.models import Dialog, Message
from post.models import Source as DialogSource
from timebook.models import Appointment

log = logging.getLogger(__name__)
BATCH = 20
LASTS = LIFETIME[Kind.ANSWER_RECEIVED]
ASK_AGAIN = timedelta(minutes=1)


def queue(message: Message) -> None:
    """Promise the neighbour the clinic's message, in the transaction that wrote it."""
    Answer.objects.create(
        clinic=message.clinic,
        message=message,
        neighbour=message.dialog.source,
        due_at=message.sent_at,
        expires_at=message.sent_at + LASTS,
    )
    transaction.on_commit(lambda: hints.offer("integrations.tasks.answer_neighbours"), robust=True)


def queue_appointment(appointment: Appointment, now: datetime) -> None:
    """Promise the neighbour how its appointment stands, in the transaction that changed it; one waits at a time.

    A worker that has just claimed the one that waited has read the appointment without this change: wait for its lock,
    and see what it made of it.
    """
    list(Answer.objects.filter(appointment=appointment, state__in=OPEN_ANSWERS).select_for_update().order_by("pk"))
    known = {"appointment": appointment, "state": AnswerState.QUEUED}
    fresh = {"clinic": appointment.clinic, "neighbour": appointment.source, "due_at": now, "since": now}
    row, is_new = Answer.objects.get_or_create(**known, defaults=fresh | {"expires_at": now + LASTS})
    if not is_new:  # the newest change has as long as any
        row.expires_at = now + LASTS
        row.save(update_fields=["expires_at"])
    transaction.on_commit(lambda: hints.offer("integrations.tasks.answer_neighbours"), robust=True)


def waits(appointment: Appointment) -> bool:
    """Whether the neighbour has yet to hear of our latest change. Needs the appointment's lock."""
    rows: AnswerQuerySet = Answer.objects.filter(appointment=appointment, state__in=OPEN_ANSWERS)
    return rows.exists()


def run(neighbour: Neighbour, now: datetime) -> int:
    """Hand over what is due to one neighbour. Returns how many were claimed."""
    gateway = gateways.made(neighbour)
    rows = claim(neighbour, now)
    brake = Brake(settings.LEASE_SECONDS - settings.PROVIDER_TIMEOUT - 10)
    for row in rows:
        outcome = brake.stopped("") or offer(gateway, row)
        if outcome.reason != Reason.INTERNAL_ERROR:  # ours, and of this one alone
            brake.note(outcome, "")
        if outcome.reason == Reason.NO_ANSWER:  # the next would hang as long: the others wait
            brake.stop = Outcome.later(Reason.PROVIDER_DOWN)
        record(row, outcome, timezone.now())
    return len(rows)


def waiting(now: datetime) -> set[str]:
    """Return the neighbours that something waits for, but for those that a worker is at.

    One that hangs holds one worker, and no other's notices.
    """
    rows = Answer.objects.filter(state__in=OPEN_ANSWERS, due_at__lte=now)
    at_it = Answer.objects.filter(state=AnswerState.SENDING, due_at__gt=now)
    return {*rows.values_list("neighbour", flat=True)} - {*at_it.values_list("neighbour", flat=True)}


def unheard(dialog: Dialog) -> list[int]:
    """Return the pks of the clinic's messages in the dialog that the neighbour has not taken: nobody has read them."""
    rows = Answer.objects.filter(message__dialog=dialog).exclude(state=AnswerState.DELIVERED)
    return list(rows.values_list("message", flat=True))


@transaction.atomic(durable=True)
def claim(neighbour: Neighbour, now: datetime) -> Sequence[Answer]:
    """Claim and write the attempts ahead; committed before anything leaves the house."""
    keys = list(Answer.objects.to_do(AnswerState.QUEUED, neighbour, now).locked().values_list("pk", flat=True)[:BATCH])
    rows = list(Answer.objects.filter(pk__in=keys).select_related(*RELATED).order_by("pk"))
    for row in rows:
        row.state, row.attempts = AnswerState.SENDING, row.attempts + 1
        row.due_at = now + timedelta(seconds=settings.LEASE_SECONDS)
        row.save(update_fields=["state", "attempts", "due_at"])
    return rows


def offer(gateway: HttpGateway, row: Answer) -> Outcome:
    """Hand one over, if it still may go; one that cannot be written waits, and never stops the others."""
    if why := why_stopped(gateway, row):
        return Outcome.refused(why)
    try:
        body = body_of(row)
    except Exception as error:  # noqa: BLE001
        log.error("answer %s could not be written: %s", row.pk, type(error).__name__)
        return Outcome.later(Reason.INTERNAL_ERROR)
    return gateway.hand_over(path_of(row), row.reference, body)


def why_stopped(gateway: HttpGateway, row: Answer) -> Reason | None:
    """Return why it may no longer go: everything may have changed since it was written (spec B3, A6)."""
    if row.expires_at <= timezone.now():
        return Reason.TOO_LATE
    if gateway.is_real and row.clinic.is_demo:
        return Reason.DEMO
    if not grants.is_granted(row.clinic, row.neighbour):
        return Reason.GRANT_GONE
    if row.message and not row.message.dialog.patient.has_consent:
        return Reason.CONSENT_WITHDRAWN
    return None


@transaction.atomic(durable=True)
def record(row: Answer, outcome: Outcome, now: datetime) -> None:
    """Write the outcome, unless another worker has taken the answer over since."""
    held = Answer.objects.select_for_update().get(pk=row.pk)
    is_ours = (held.state, held.attempts) == (AnswerState.SENDING, row.attempts)
    if not is_ours and outcome.verdict != Verdict.ACCEPTED:
        return
    match outcome.verdict:
        case Verdict.ACCEPTED:
            settle(held, AnswerState.DELIVERED, "", now)
        case Verdict.REFUSED:
            fail(held, outcome.reason or Reason.REJECTED, now, code=outcome.code)
        case Verdict.UNKNOWN:
            move(held, AnswerState.UNKNOWN, now + timedelta(seconds=settings.SETTLE_SECONDS), outcome)
        case _ if is_overtaken(held):
            settle(held, AnswerState.EXPIRED, outcome.reason or "", now)
        case _:
            jitter = random.random()  # noqa: S311 # nosec B311
            wait = outcome.retry_after or rules.backoff(held.attempts, jitter)
            move(held, AnswerState.QUEUED, min(now + wait, held.expires_at), outcome)
    note(held, outcome, now)


def move(row: Answer, state: AnswerState, due_at: datetime, outcome: Outcome) -> None:
    """Write what comes next."""
    row.state, row.due_at, row.reason = state, due_at, outcome.reason or ""
    row.save(update_fields=["state", "due_at", "reason"])


def settle(row: Answer, state: AnswerState, reason: str, now: datetime) -> None:
    """Write how it ended."""
    row.state, row.reason, row.settled_at = state, reason, now
    row.save(update_fields=["state", "reason", "settled_at"])


def fail(row: Answer, reason: Reason, now: datetime, *, code: str = "") -> None:
    """It will never arrive: nobody has notified of it, and the dialog waits for the clinic again."""
    state = AnswerState.EXPIRED if reason == Reason.TOO_LATE else AnswerState.REFUSED
    settle(row, state, code if code == FILE_REFUSED else reason, now)
    if row.message:
        about = Notification.objects.about(SubjectType.MESSAGE, row.message.pk)
        handling.came_back(row.message.dialog)
    else:  # what it told before this change, it has told
        about = Notification.objects.about(SubjectType.APPOINTMENT, row.appointment_id or 0)
        about = about.filter(event_at__gte=row.since or row.expires_at - LASTS)
    standing = about.filter(state__in=[State.EXTERNAL, State.WAITING])
    standing.update(state=State.CANCELLED, reason=reason, settled_at=now)


RESULTS = {
    Verdict.ACCEPTED: (Result.DONE, None),
    Verdict.REFUSED: (Result.REFUSED, Why.REJECTED),
    Verdict.UNKNOWN: (Result.FAILED, Why.NO_CONTACT),
    Verdict.LATER: (Result.LATER, Why.NO_CONTACT),
    Verdict.SETUP: (Result.FAILED, Why.OUR_KEY),
}


def note(row: Answer, outcome: Outcome, now: datetime) -> None:
    """Let the settings page tell of it."""
    result, why = RESULTS[outcome.verdict]
    why = Why.NO_ADDRESS if outcome.code == "no_address" else why
    why = Why.OUR_ERROR if outcome.reason == Reason.INTERNAL_ERROR else why
    calls.note(row.clinic, row.neighbour, "answer" if row.message_id else "appointment", result, why, now)


@transaction.atomic(durable=True)
def reap(neighbour: Neighbour, now: datetime) -> None:
    """Give up workers whose lease ran out: what they held may have arrived."""
    lost = list(Answer.objects.to_do(AnswerState.SENDING, neighbour, now).locked()[:BATCH])
    for row in lost:
        move(row, AnswerState.UNKNOWN, now, Outcome.unknown(Reason.WORKER_LOST))


def clear_unknown(neighbour: Neighbour, now: datetime) -> None:
    """Ask about unknown outcomes: arrived, handed over again, or asked about later."""
    gateway = gateways.made(neighbour)
    for row in take_unknown(neighbour, now):
        try:
            has = gateway.has(path_of(row), row.reference)
        except LookupFailed:
            return
        write_asked(row, now, has=has)


@transaction.atomic(durable=True)
def take_unknown(neighbour: Neighbour, now: datetime) -> Sequence[Answer]:
    """Return what to ask about, held back first: a second worker does not ask at once again."""
    rows = list(Answer.objects.to_do(AnswerState.UNKNOWN, neighbour, now).locked()[:BATCH])
    Answer.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + ASK_AGAIN)
    return rows


@transaction.atomic(durable=True)
def write_asked(row: Answer, now: datetime, *, has: bool) -> None:
    """Write what the neighbour said, unless it has been settled meanwhile."""
    held = Answer.objects.select_for_update().get(pk=row.pk)
    if held.state != AnswerState.UNKNOWN:
        return
    if has:
        settle(held, AnswerState.DELIVERED, "", now)
    elif is_overtaken(held):
        settle(held, AnswerState.EXPIRED, "", now)
    elif held.expires_at <= now:
        fail(held, Reason.TOO_LATE, now)
    else:
        move(held, AnswerState.QUEUED, now, Outcome.later(Reason.NO_ANSWER))


def is_overtaken(row: Answer) -> bool:
    """Whether a newer change of the appointment waits, which says all that this one would."""
    newer = Answer.objects.filter(appointment=row.appointment_id, state=AnswerState.QUEUED)
    return row.appointment_id is not None and newer.exists()


def is_carried(message: Message) -> bool:
    """Whether a neighbour must have the message: the clinic's, in a dialog that is kept there."""
    return message.is_staffs and message.dialog.source != DialogSource.OWN
