"""Make what a confirmed bulk promised, slice by slice: notices, and for e-contact dialog, card and notice together.

One commit a slice; a killed worker loses at most the slice it was in, which the next one makes anew (spec I5-I7).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bulk_send import econtacts, eligibility
from bulk_send.models import IN_HAND, Bulk, Recipient, RecipientState, State
from bulk_send.turns import Turn
from clinics.models import AuditAction, AuditEvent
from notifications import outbox
from notifications.bulk import insert_each
from notifications.kinds import LIFETIME, Kind, Lane, Reason, SubjectType
from notifications.models import Notification, link_token
from notifications.queries import skips_locked
from selection import false_positives

log = logging.getLogger(__name__)
SLICE = 2_000  # recipients a commit


def run(now: datetime, size: int = SLICE) -> int:
    """Make one slice of every bulk whose time has come, in turn: none waits for another to end. Returns recipients."""
    due = Bulk.objects.filter(state__in=IN_HAND, release_at__lte=now).order_by("release_at")
    return sum(make_safely(pk, now, size) for pk in list(due.values_list("pk", flat=True)))


def make_safely(pk: int, now: datetime, size: int) -> int:
    """Make a slice; a bulk that raises holds up no other, and is tried again at the next tick."""
    try:
        return make_slice(pk, now, size)
    except Exception:
        log.exception("bulk %s could not be made", pk)
        return 0


@transaction.atomic(durable=True)
def make_slice(pk: int, now: datetime, size: int = SLICE) -> int:
    """Make the next slice of one bulk; another worker's is left alone. Returns how many recipients were handled."""
    rows = Bulk.objects.filter(pk=pk, state__in=IN_HAND, release_at__lte=now).select_related(
        "clinic", "confirmed_by", "selection__clinic"
    )
    if skips_locked(rows.db):
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    bulk = rows.first()
    if bulk is None:
        return 0
    turns = next_turns(bulk, size)
    if not turns:
        move_to(bulk, State.DONE, now)
        return 0
    if bulk.state == State.COUNTDOWN:
        move_to(bulk, State.RUNNING, now)
    make(bulk, turns, now)
    return len(turns)


def move_to(bulk: Bulk, state: State, now: datetime) -> None:
    """Write where the bulk stands."""
    bulk.state = state
    bulk.ended_at = now if state == State.DONE else None
    bulk.save(update_fields=["state", "ended_at"])


def next_turns(bulk: Bulk, size: int) -> list[Turn]:
    """Return the next recipients with what decides about them now: everything may have changed since Send."""
    chosen = Recipient.objects.filter(bulk=bulk, state=RecipientState.CHOSEN).order_by("pk")
    rows = chosen.annotate(why=eligibility.why_not(bulk.type, bulk.clinic, "patient__")).values_list(
        "pk",
        "patient",
        "why",
        "patient__given_name",
        "patient__general_practitioner",
        "patient__has_econtact",
    )[:size]
    return [Turn(*row) for row in rows]


def make(bulk: Bulk, turns: Sequence[Turn], now: datetime) -> None:
    """Make what those get who can still be sent to, and leave the others out with the reason."""
    reasons = {turn.recipient: turn.why for turn in turns if turn.why}
    if gone := too_late(bulk, now) or eligibility.lost(bulk.clinic, bulk.type):
        reasons = {turn.recipient: gone for turn in turns}
    else:
        marked = set(
            Recipient.objects.filter(
                pk__in=[turn.recipient for turn in turns], patient__in=false_positives.among(bulk.selection)
            ).values_list("pk", flat=True)
        )
        reasons |= dict.fromkeys(marked, Reason.FALSE_POSITIVE)
    going = [turn for turn in turns if turn.recipient not in reasons]
    if bulk.is_sms:
        plan_sms(bulk, going, now)
    else:
        reasons |= econtacts.make(bulk, going, now)
    settle(turns, reasons)
    write_log(bulk, [turn for turn in turns if turn.recipient not in reasons])
    outbox.wake_dispatcher(Lane.BULK)


def too_late(bulk: Bulk, now: datetime) -> Reason | None:
    """A bulk that could not be made for a day is not made any more: what it said was meant for then (design, 3)."""
    confirmed = bulk.confirmed_at or now
    return Reason.TOO_LATE if now - confirmed >= LIFETIME[Kind.BULK_SMS] else None


def plan_sms(bulk: Bulk, turns: Sequence[Turn], now: datetime) -> None:
    """Promise one SMS each; the recipient is the notice's subject, and its slot cannot be taken twice (spec I6)."""
    like = Notification(
        clinic=bulk.clinic,
        kind=Kind.BULK_SMS,
        subject_type=SubjectType.BULK,
        slot="bulk",
        lane=Lane.BULK,
        event_at=bulk.confirmed_at or now,
        due_at=now,
        expires_at=now + LIFETIME[Kind.BULK_SMS],
        by=bulk.confirmed_by,
        batch=bulk.pk,
    )
    rows = [(turn.recipient, turn.patient, link_token()) for turn in turns]
    insert_each(like, ("subject_id", "patient", "token"), rows)


def settle(turns: Sequence[Turn], reasons: dict[int, str]) -> None:
    """Write what became of each recipient: one statement for the planned, one for each reason."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for turn in turns:
        by_reason[reasons.get(turn.recipient, "")].append(turn.recipient)
    for reason, keys in by_reason.items():
        state = RecipientState.LEFT_OUT if reason else RecipientState.PLANNED
        Recipient.objects.filter(pk__in=keys).update(state=state, reason=reason)


def write_log(bulk: Bulk, turns: Sequence[Turn]) -> None:
    """Write for each patient who sent to them, with which bulk: its own line holds the purpose."""
    like = AuditEvent(clinic=bulk.clinic, actor=bulk.confirmed_by, action=AuditAction.BULK, what=f"sent {bulk.pk}")
    insert_each(like, ("patient_id",), [(turn.patient,) for turn in turns])
