"""Clear up what is uncertain: dead workers, outcomes nobody knows, receipts that never came (design, section 3)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from notifications import fallback, receipts, rules
from notifications.kinds import NEVER_RESENT, Channel, DeliveryState, Reason
from notifications.models import Attempt, Delivery, DeliveryEvent
from notifications.providers.base import LookupFailed, Receipt, Sought
from notifications.providers.registry import provider_for

log = logging.getLogger(__name__)
What = DeliveryEvent.What
BATCH = 200
ASKERS = 8  # threads that talk to the provider; none of them touches the database
ASK_AGAIN = timedelta(minutes=1)
UNCONFIRMED_AFTER = timedelta(hours=72)
POLLS = tuple(timedelta(minutes=m) for m in (10, 60, 360, 1440, 2880, 4320))  # after acceptance

Answer = Receipt | None | LookupFailed


def reap(now: datetime) -> int:
    """Give up workers whose lease ran out: what they held may have been sent. Returns how many."""
    with transaction.atomic(durable=True):
        lost = list(Delivery.objects.abandoned(now).locked()[:BATCH])
        check_at = now + timedelta(seconds=settings.SETTLE_SECONDS)
        for delivery in lost:
            set_state(delivery, DeliveryState.UNKNOWN, Reason.WORKER_LOST, now=now, check_at=check_at)
            add_event(delivery, What.UNKNOWN, Reason.WORKER_LOST, now)
    return len(lost)


def clear_unknown(now: datetime) -> int:
    """Ask the provider about unknown outcomes, then accept, send once more, or show them to staff."""
    return check(DeliveryState.UNKNOWN, now, settle_unknown)


def poll(now: datetime) -> int:
    """Ask about accepted messages whose receipt has not come."""
    return check(DeliveryState.ACCEPTED, now, settle_accepted)


def check(state: DeliveryState, now: datetime, settle: Callable[[Delivery, Answer, datetime], bool]) -> int:
    """Ask about a batch without holding the database, then settle each under its lock."""
    due = list(Delivery.objects.to_check(state, now)[:BATCH])
    if not due:
        return 0
    # Held back first, so that a second worker, or this one killed, does not ask about the same rows at once.
    Delivery.objects.filter(pk__in=[row.pk for row in due], state=state).update(check_at=now + ASK_AGAIN)
    answers = ask_all(due)
    with transaction.atomic(durable=True):
        held = receipts.lock({delivery.pk for delivery in due})
        failed = [
            held[delivery.pk]
            for delivery, answer in zip(due, answers, strict=True)
            if held[delivery.pk].state == state and settle(held[delivery.pk], answer, now)
        ]
        fallback.open_for(failed, now)
    return len(due)


def ask_all(due: Sequence[Delivery]) -> list[Answer]:
    """Look every attempt up at its provider, a few at a time."""
    sought = [describe(delivery) for delivery in due]
    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(ask, [Channel(delivery.channel) for delivery in due], sought))


def describe(delivery: Delivery) -> Sought:
    """Describe the latest attempt so that the provider's list can be searched for it."""
    attempt = Attempt.objects.filter(delivery=delivery).latest("number")
    others = Delivery.objects.filter(recipient=delivery.recipient).exclude(pk=delivery.pk).exclude(provider_id="")
    recent = others.filter(accepted_at__gte=attempt.at - timedelta(hours=1))
    return Sought(
        token=attempt.token,
        recipient=delivery.recipient,
        text=delivery.text,
        subject=delivery.subject,
        started_at=attempt.at,
        provider_id=delivery.provider_id,
        taken=frozenset(recent.values_list("provider_id", flat=True)),
    )


def ask(channel: Channel, sought: Sought) -> Answer:
    """Return the provider's answer, or the failure to get one."""
    try:
        return provider_for(channel).lookup(sought)
    except LookupFailed as failure:
        return failure


def settle_unknown(delivery: Delivery, answer: Answer, now: datetime) -> bool:
    """Decide an unknown outcome. Returns whether the hop has failed for good."""
    if isinstance(answer, Receipt):
        add_event(delivery, What.RECONCILED, "", now)
        has_failed = receipts.advance(delivery, answer, now)
        if delivery.state == DeliveryState.ACCEPTED:
            set_state(delivery, DeliveryState.ACCEPTED, "", now=now, check_at=now + POLLS[0])
        return has_failed
    if delivery.expires_at <= now or (answer is None and not may_resend(delivery)):
        set_state(delivery, DeliveryState.FAILED_UNKNOWN, delivery.reason, now=now, check_at=None)
        add_event(delivery, What.STOPPED, delivery.reason, now)
        return False
    if answer is None:
        delivery.due_at = now
        set_state(delivery, DeliveryState.QUEUED, delivery.reason, now=now, check_at=None)
        add_event(delivery, What.LATER, delivery.reason, now)
    return False


def may_resend(delivery: Delivery) -> bool:
    """Whether an attempt that the provider never heard of may be repeated: single notices, twice at most."""
    if delivery.notification.kind in NEVER_RESENT or not provider_for(Channel(delivery.channel)).has_receipts:
        return False
    return delivery.events.filter(what=What.UNKNOWN).count() < rules.MOST_SENDS


def settle_accepted(delivery: Delivery, answer: Answer, now: datetime) -> bool:
    """Use what the provider said, or plan the next question; after 72 hours the row is shown as not confirmed."""
    if isinstance(answer, Receipt) and receipts.moves(delivery, answer.state):
        return receipts.advance(delivery, answer, now)
    age = now - (delivery.accepted_at or now)
    if age >= UNCONFIRMED_AFTER:
        set_state(delivery, DeliveryState.UNCONFIRMED, Reason.NO_RECEIPT, now=now, check_at=None)
        add_event(delivery, What.STOPPED, Reason.NO_RECEIPT, now)
        return False
    delivery.check_at = (delivery.accepted_at or now) + next(wait for wait in POLLS if wait > age)
    delivery.save(update_fields=["check_at"])
    return False


def set_state(delivery: Delivery, state: str, reason: str, *, now: datetime, check_at: datetime | None) -> None:
    """Write a state with what belongs to it."""
    delivery.state, delivery.reason, delivery.check_at, delivery.lease_until = state, reason, check_at, None
    if state in (DeliveryState.FAILED_UNKNOWN, DeliveryState.UNCONFIRMED):
        delivery.settled_at = now
    delivery.save(update_fields=["state", "reason", "check_at", "lease_until", "settled_at", "due_at"])


def add_event(delivery: Delivery, what: str, reason: str, now: datetime) -> None:
    """Add one line to the delivery's log."""
    DeliveryEvent.objects.create(delivery=delivery, what=what, state=delivery.state, reason=reason, at=now)
