"""Hand deliveries to the provider: claim and write ahead in one commit, call, then write the outcomes in bulk."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications import dispatch, fallback, messages, pauses, reach, rules, subjects
from notifications.bulk import insert_rows, update_rows
from notifications.kinds import Channel, DeliveryState, Lane, Reason, State
from notifications.models import Attempt, Delivery, DeliveryEvent, new_token
from notifications.providers.base import Outcome, Outgoing, Provider, Verdict
from notifications.providers.registry import provider_for
from notifications.subjects import Facts, Stop
from patients import receiving
from patients.models import PushSubscription

log = logging.getLogger(__name__)
What = DeliveryEvent.What
Going = tuple[Delivery, str]  # the hop, and the token of this attempt


def run(channel: Channel, lane: Lane, now: datetime, limit: int | None = None) -> int:
    """Hand over up to `limit` queued deliveries of one channel and lane. Returns how many were claimed."""
    limit = pauses.allowance(channel, now, limit or settings.SEND_BATCH)
    if not limit:
        return 0
    provider = provider_for(channel)
    going, claimed = claim(provider, lane, now, limit)
    if going:
        outcomes = provider.send(outgoing(going))
        record(provider, going, outcomes, timezone.now())
    return claimed


def claim(provider: Provider, lane: Lane, now: datetime, limit: int) -> tuple[list[Going], int]:
    """Claim, judge again and write the attempts ahead; committed before anything leaves the house."""
    with transaction.atomic(durable=True):
        batch = Delivery.objects.claim_queued(provider.channel, lane, now, limit)
        if not batch:
            return [], 0
        stops = gate(batch, provider, now)
        stop_all([(delivery, stop) for delivery, stop in zip(batch, stops, strict=True) if stop], now)
        going = [delivery for delivery, stop in zip(batch, stops, strict=True) if stop is None]
        return write_ahead(going, now), len(batch)


def gate(batch: Sequence[Delivery], provider: Provider, now: datetime) -> list[Stop | None]:
    """Say for each hop why it may no longer go out: everything may have changed since it was queued (spec C1)."""
    receiving.receivers((delivery.notification.patient for delivery in batch), now)  # an ex-proxy's values come off
    facts = subjects.facts_about([delivery.notification for delivery in batch], now)
    return [refusal(delivery, facts[delivery.notification_id], provider, now) for delivery in batch]


def refusal(delivery: Delivery, facts: Facts, provider: Provider, now: datetime) -> Stop | None:
    """Return why this hop may not go out now; brings the recipient up to date."""
    notification = delivery.notification
    if stop := dispatch.stopped(notification, facts, delivery.expires_at, now):
        return stop
    if facts.version != delivery.subject_version:
        return Stop(State.REPLACED, Reason.NEWER_NEWS)
    if provider.is_real and is_demo(delivery):
        return Stop(State.SUPPRESSED, Reason.DEMO)
    patient = notification.patient
    problem: Reason | None = None
    if delivery.channel == Channel.EMAIL:
        problem, delivery.recipient = reach.email_problem(patient), patient.email
    elif delivery.channel == Channel.SMS:
        problem, delivery.recipient = reach.sms_problem(patient, notification.clinic), patient.mobile
    return Stop(State.SUPPRESSED, problem) if problem else None


FICTIONAL = ("+4742", "+4743", "+4744", "+4749")  # Norwegian ranges that no operator has


def is_demo(delivery: Delivery) -> bool:
    """Whether the hop belongs to invented people, who are never handed to a real provider."""
    return delivery.notification.clinic.is_demo or delivery.recipient.startswith(FICTIONAL)


LOST_CHANNEL = frozenset(
    {
        Reason.NO_EMAIL,
        Reason.EMAIL_DEAD,
        Reason.NO_MOBILE,
        Reason.MOBILE_DEAD,
        Reason.LANDLINE,
        Reason.FOREIGN_NUMBER,
    }
)


def stop_all(stopped: Sequence[tuple[Delivery, Stop]], now: datetime) -> None:
    """Close hops that may not go out; one whose contact value is gone opens the other channel."""
    if not stopped:
        return
    states = {
        State.EXPIRED: DeliveryState.EXPIRED,
    }
    rows = [(d.pk, states.get(stop.state, DeliveryState.SUPPRESSED), stop.reason, now) for d, stop in stopped]
    update_rows(Delivery, ("state", "reason", "settled_at"), rows)
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            delivery=delivery,
            what=What.EXPIRED if stop.state == State.EXPIRED else What.STOPPED,
            state=states.get(stop.state, DeliveryState.SUPPRESSED),
            reason=stop.reason,
            at=now,
        )
        for delivery, stop in stopped
    )
    fallback.open_for([delivery for delivery, stop in stopped if stop.reason in LOST_CHANNEL], now)


def expire(now: datetime, limit: int = 500) -> int:
    """Close queued hops past their deadline, whether their channel rests or not (spec D7). Returns how many."""
    with transaction.atomic(durable=True):
        late = Delivery.objects.filter(state=DeliveryState.QUEUED, expires_at__lte=now).order_by("pk").locked()[:limit]
        stops = [(delivery, Stop(State.EXPIRED, Reason.TOO_LATE)) for delivery in late]
        stop_all(stops, now)
    return len(stops)


def write_ahead(going: Sequence[Delivery], now: datetime) -> list[Going]:
    """Mark as sending with a lease, and write one attempt each."""
    lease = now + timedelta(seconds=settings.LEASE_SECONDS)
    for delivery in going:
        delivery.attempts += 1
        delivery.state, delivery.lease_until = DeliveryState.SENDING, lease
    update_rows(
        Delivery,
        ("state", "lease_until", "attempts", "recipient"),
        [(d.pk, d.state, d.lease_until, d.attempts, d.recipient) for d in going],
    )
    written = [(delivery, new_token()) for delivery in going]
    attempts = [(delivery.pk, delivery.attempts, token, now) for delivery, token in written]
    insert_rows(Attempt, ("delivery_id", "number", "token", "at"), attempts)
    return written


def outgoing(going: Sequence[Going]) -> list[Outgoing]:
    """Translate to what providers take; push gets its subscriptions in two queries."""
    pushed = (d.notification.patient for d, _ in going if d.channel == Channel.PUSH)
    persons = reach.push_persons(pushed, timezone.now())
    by_person: dict[int, list[PushSubscription]] = {}
    for subscription in PushSubscription.objects.filter(person__in=set(persons.values())) if persons else ():
        by_person.setdefault(subscription.person_id, []).append(subscription)
    return [
        Outgoing(
            token=token,
            recipient=delivery.recipient,
            text=delivery.text,
            expires_at=delivery.expires_at,
            subject=delivery.subject,
            html=html_part(delivery) if delivery.channel == Channel.EMAIL else "",
            calendar=delivery.calendar,
            sender=sender(delivery),
            recipients=by_person.get(persons.get(delivery.notification.patient_id, 0), []),
            link=delivery.notification.token if delivery.channel == Channel.PUSH else "",
        )
        for delivery, token in going
    ]


def html_part(delivery: Delivery) -> str:
    """Return the e-mail's HTML, in the language that its text was made in."""
    return messages.html(delivery.text, delivery.subject, messages.language_of(delivery.template))


def sender(delivery: Delivery) -> str:
    """Return the SMS sender, or the name before the e-mail address."""
    clinic = delivery.notification.clinic
    return clinic.sms_sender if delivery.channel == Channel.SMS else clinic.alias


@transaction.atomic(durable=True)
def record(provider: Provider, going: Sequence[Going], outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write every outcome, grouped by verdict, and what follows from it."""
    groups: dict[Verdict, list[tuple[Delivery, Outcome]]] = {verdict: [] for verdict in Verdict}
    held = still_held(going)
    for (delivery, _), outcome in zip(going, outcomes, strict=True):
        if delivery.pk in held or outcome.verdict == Verdict.ACCEPTED:  # accepted too late: its id is worth keeping
            groups[outcome.verdict].append((delivery, outcome))
    for verdict, write in WRITERS.items():
        if groups[verdict]:
            write(provider, groups[verdict], now)
    pauses.learn(provider.channel, outcomes, now)


def still_held(going: Sequence[Going]) -> set[int]:
    """Lock the hops that are still in our hands: a worker past its lease, or overtaken by a report, changes nothing."""
    numbers = {delivery.pk: delivery.attempts for delivery, _ in going}
    rows = Delivery.objects.filter(pk__in=numbers, state=DeliveryState.SENDING).order_by("pk").select_for_update()
    return {pk for pk, attempts in rows.values_list("pk", "attempts") if attempts == numbers[pk]}


Results = Sequence[tuple[Delivery, Outcome]]
FENCE = " AND t.state = 'sending' AND t.attempts = v.column2"  # a worker past its lease changes nothing


def write_accepted(provider: Provider, results: Results, now: datetime) -> None:
    """Accepted: remember the provider's id, and when to ask if no receipt comes."""
    check_at = now + rules.FIRST_CHECK if provider.has_receipts else None
    rows = [(d.pk, d.attempts, DeliveryState.ACCEPTED, o.provider_id, now, check_at, "") for d, o in results]
    columns = ("attempts", "state", "provider_id", "accepted_at", "check_at", "reason")
    if update_rows(Delivery, columns, rows, FENCE) < len(rows):  # a receipt overtook us: only this is missing
        ids = [(d.pk, o.provider_id) for d, o in results]
        update_rows(Delivery, ("provider_id",), ids, " AND t.provider_id = ''")
        update_rows(Delivery, ("accepted_at",), [(d.pk, now) for d, _ in results], " AND t.accepted_at IS NULL")
    log_events(results, What.ACCEPTED, DeliveryState.ACCEPTED, now)


def write_refused(provider: Provider, results: Results, now: datetime) -> None:
    """Refused for good: the reason, a dead contact value, the other channel."""
    rows = [(d.pk, d.attempts, DeliveryState.FAILED, o.reason, now) for d, o in results]
    update_rows(Delivery, ("attempts", "state", "reason", "settled_at"), rows, FENCE)
    log_events(results, What.REFUSED, DeliveryState.FAILED, now)
    for delivery, outcome in results:
        fallback.mark_dead(delivery, outcome.reason or "")
    fallback.open_for([delivery for delivery, _ in results], now)


def write_later(provider: Provider, results: Results, now: datetime) -> None:
    """Certainly not sent: back in the queue; past its expiry the gate closes it."""
    waits = [o.retry_after or rules.backoff(d.attempts, random.random()) for d, o in results]  # noqa: S311 # nosec B311 - jitter
    rows = [
        (d.pk, d.attempts, DeliveryState.QUEUED, min(now + wait, d.expires_at), o.reason)
        for (d, o), wait in zip(results, waits, strict=True)
    ]
    update_rows(Delivery, ("attempts", "state", "due_at", "reason"), rows, FENCE)
    log_events(results, What.LATER, DeliveryState.QUEUED, now)


def write_unknown(provider: Provider, results: Results, now: datetime) -> None:
    """It may have gone: never treated as failed; the provider is asked when it has settled."""
    check_at = now + timedelta(seconds=settings.SETTLE_SECONDS)
    rows = [(d.pk, d.attempts, DeliveryState.UNKNOWN, check_at, o.reason) for d, o in results]
    update_rows(Delivery, ("attempts", "state", "check_at", "reason"), rows, FENCE)
    log_events(results, What.UNKNOWN, DeliveryState.UNKNOWN, now)


WRITERS: dict[Verdict, Callable[[Provider, Results, datetime], None]] = {
    Verdict.ACCEPTED: write_accepted,
    Verdict.REFUSED: write_refused,
    Verdict.LATER: write_later,
    Verdict.SETUP: write_later,  # fails nobody: the channel rests, the rows wait
    Verdict.UNKNOWN: write_unknown,
}


def log_events(results: Results, what: str, state: str, now: datetime) -> None:
    """Add one line to each delivery's log."""
    rows = [(d.pk, what, state, o.reason or "", o.code[:20], now) for d, o in results]
    insert_rows(DeliveryEvent, ("delivery_id", "what", "state", "reason", "code", "at"), rows)
