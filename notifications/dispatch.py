"""A batch is claimed, judged and written in one commit: due notices become deliveries, or a reason why not."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from notifications import decision, messages, outbox, reach, subjects
from notifications.bulk import insert_instances, update_rows
from notifications.decision import Seen
from notifications.kinds import CANCELLATIONS, Channel, Lane, Reason, State
from notifications.messages import Text
from notifications.models import Delivery, Notification
from notifications.reach import Reach
from notifications.subjects import Facts, Stop

log = logging.getLogger(__name__)
BATCH = 1_000
UNASKED = Reach(frozenset())  # the contact values are not part of the question


@dataclass(slots=True)
class Verdict:
    """What becomes of one notice."""

    notification: Notification
    state: State
    reason: str = ""
    expires_at: datetime | None = None
    seen: Seen | None = None
    deliveries: list[Delivery] = field(default_factory=list)


def run(now: datetime, lane: Lane = Lane.URGENT, limit: int = BATCH) -> int:
    """Turn up to `limit` due notices into deliveries, or into a reason why not. Returns how many were judged."""
    with transaction.atomic(durable=True):
        batch = Notification.objects.claim_due(now, lane, limit)
        if not batch:
            return 0
        verdicts = judge_all(batch, now)
        insert_instances(Delivery, [delivery for verdict in verdicts for delivery in verdict.deliveries])
        record(verdicts, now)
        outbox.wake_sender(lane)
    return len(batch)


def judge_all(batch: list[Notification], now: datetime) -> list[Verdict]:
    """Judge every notice; one that raises is closed with a reason and never stops its batch."""
    pushable = reach.with_push((notification.patient for notification in batch), now)
    facts = subjects.facts_about(batch, now)
    verdicts = []
    for notification in batch:
        try:
            found = reach.reach(notification.patient, notification.clinic, pushable)
            verdicts.append(judge(notification, facts[notification.pk], found, now))
        except Exception:
            log.exception("notice %s could not be made", notification.pk)
            verdicts.append(Verdict(notification, State.SUPPRESSED, Reason.INTERNAL_ERROR))
    return verdicts


def judge(notification: Notification, facts: Facts, found: Reach, now: datetime) -> Verdict:
    """Decide one notice by everything as it is now (spec C1, C2)."""
    expires_at = deadline(notification, facts)
    seen = see(notification, facts, found, expires_at, now)
    decided = decision.decide(seen)
    deliveries = [hop(notification, channel, facts, now=now, expires_at=expires_at) for channel in decided.channels]
    return Verdict(
        notification,
        decided.state,
        decided.reason,
        expires_at=expires_at if decided.goes_out else None,
        seen=seen,
        deliveries=deliveries,
    )


def see(notification: Notification, facts: Facts, found: Reach, expires_at: datetime, now: datetime) -> Seen:
    """Gather what the decision rests on."""
    type_off = facts.stop is not None and facts.stop.reason == Reason.TYPE_OFF
    stop = None if type_off else facts.stop
    return reach.see(
        notification.kind,
        notification.patient,
        notification.clinic,
        found,
        subject=stop.reason if stop else "",
        subject_state=stop.state if stop else "",
        is_late=expires_at <= now,
        type=not type_off,
    )


def deadline(notification: Notification, facts: Facts) -> datetime:
    """Return when the notice dies: at the start as it is now; a cancellation's own hour stands (spec D7)."""
    if notification.kind in CANCELLATIONS:
        return notification.expires_at
    return facts.expires_at or notification.expires_at


def stopped(notification: Notification, facts: Facts, expires_at: datetime, now: datetime) -> Stop | None:
    """Return why nothing may go out, contact values aside; asked again right before every hand-over."""
    return decision.stop(see(notification, facts, UNASKED, expires_at, now))


def hop(
    notification: Notification,
    channel: Channel,
    facts: Facts,
    *,
    now: datetime,
    expires_at: datetime,
    is_fallback: bool = False,
) -> Delivery:
    """Return the unsaved delivery on one channel, with the text that will go out."""
    patient = notification.patient
    text = text_of(notification, channel, facts)
    return Delivery(
        clinic_id=notification.clinic_id,
        notification=notification,
        channel=channel,
        is_fallback=is_fallback,
        lane=notification.lane,
        recipient={Channel.EMAIL: patient.email, Channel.SMS: patient.mobile}.get(channel, ""),
        template=text.template,
        subject=text.subject,
        text=text.text,
        calendar=facts.calendar() if channel == Channel.EMAIL else "",
        subject_version=facts.version,
        batch=notification.batch,
        due_at=now,
        expires_at=expires_at,
        created_at=now,
    )


def text_of(notification: Notification, channel: Channel, facts: Facts) -> Text:
    """Return the message: what staff wrote as it is, all else from the kind's template in the card's language."""
    if facts.text:
        return Text(template=f"{notification.kind}@{notification.batch}", text=facts.text)
    values = {**facts.values, "clinic": notification.clinic.alias, "link": messages.link(notification.token)}
    return messages.compose(notification.kind, channel, values, notification.patient.language)


def record(verdicts: list[Verdict], now: datetime) -> None:
    """Write every verdict in one statement."""
    update_rows(
        Notification,
        ("state", "reason", "settled_at", "expires_at", "seen"),
        [
            (
                v.notification.pk,
                v.state,
                v.reason,
                now,
                v.expires_at or v.notification.expires_at,
                v.seen.packed() if v.seen else None,
            )
            for v in verdicts
        ],
    )
