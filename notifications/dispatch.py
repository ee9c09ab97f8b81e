"""A batch is claimed, judged and written in one commit: due notices become deliveries, or a reason why not."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from notifications import messages, outbox, reach, rules, subjects
from notifications.bulk import insert_instances, update_rows
from notifications.kinds import CANCELLATIONS, Channel, Kind, Lane, Reason, State
from notifications.models import Delivery, Notification
from notifications.reach import Reach
from notifications.subjects import Facts, Stop

log = logging.getLogger(__name__)
BATCH = 1_000


@dataclass(slots=True)
class Verdict:
    """What becomes of one notice."""

    notification: Notification
    state: State
    reason: str = ""
    expires_at: datetime | None = None
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
    facts = subjects.facts_about(batch, now)
    with_push = reach.people_with_push(notification.patient for notification in batch)
    verdicts = []
    for notification in batch:
        try:
            found = reach.reach(notification.patient, notification.clinic, with_push)
            verdicts.append(judge(notification, facts[notification.pk], found, now))
        except Exception:
            log.exception("notice %s could not be made", notification.pk)
            verdicts.append(Verdict(notification, State.SUPPRESSED, Reason.INTERNAL_ERROR))
    return verdicts


def judge(notification: Notification, facts: Facts, found: Reach, now: datetime) -> Verdict:
    """Decide one notice by everything as it is now (spec C1, C2)."""
    expires_at = deadline(notification, facts)
    if stop := stopped(notification, facts, expires_at, now):
        return Verdict(notification, stop.state, stop.reason)
    patient = notification.patient
    channels = rules.channels(patient.preferred_method, notification.kind, found.possible)
    if not channels:
        only_sms = found.problems.get(Channel.SMS) if notification.kind == Kind.BULK_SMS else None
        return Verdict(notification, State.SUPPRESSED, only_sms or Reason.NO_CONTACT)
    verdict = Verdict(notification, State.DISPATCHED, expires_at=expires_at)
    verdict.deliveries = [hop(notification, channel, facts, now=now, expires_at=expires_at) for channel in channels]
    return verdict


def deadline(notification: Notification, facts: Facts) -> datetime:
    """Return when the notice dies: at the start as it is now; a cancellation's own hour stands (spec D7)."""
    if notification.kind in CANCELLATIONS:
        return notification.expires_at
    return facts.expires_at or notification.expires_at


def stopped(notification: Notification, facts: Facts, expires_at: datetime, now: datetime) -> Stop | None:
    """Return why nothing may go out, in the order staff would ask; used again right before every hand-over."""
    if facts.stop and facts.stop.state != State.SUPPRESSED:
        return facts.stop
    if expires_at <= now:
        return Stop(State.EXPIRED, Reason.TOO_LATE)
    if notification.module and not notification.clinic.notifies(notification.module):
        return Stop(State.SUPPRESSED, Reason.MODULE_OFF)
    if facts.stop:
        return facts.stop
    if problem := reach.consent_problem(notification.patient):
        return Stop(State.SUPPRESSED, problem)
    return None


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
    values = {**facts.values, "clinic": notification.clinic.alias, "link": messages.link(notification.token)}
    text = messages.compose(notification.kind, channel, values)
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
        due_at=now,
        expires_at=expires_at,
        created_at=now,
    )


def record(verdicts: list[Verdict], now: datetime) -> None:
    """Write every verdict in one statement."""
    update_rows(
        Notification,
        ("state", "reason", "settled_at", "expires_at"),
        [(v.notification.pk, v.state, v.reason, now, v.expires_at or v.notification.expires_at) for v in verdicts],
    )
