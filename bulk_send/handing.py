"""Hand e-contacts to a provider's gateway: claim and write ahead in one commit, call, then write the outcomes.

As notifications/sending.py, but for one thing: our reference makes a second attempt harmless, so what the gateway has
never heard of is handed over again (asking.py).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bulk_send import eligibility, resting, settling
from bulk_send.gateways import Gateway, Letter, gateway_for
from bulk_send.models import Bulk, Handover, HandoverState, State, Type
from clinics.models import EContactProvider
from notifications import rules
from notifications.bulk import update_rows
from notifications.kinds import Reason
from notifications.providers.base import Outcome, Verdict
from notifications.queries import ClaimingQuerySet
from notifications.sending import FICTIONAL
from patients.models import Consent
from post import econtact
from post.econtact import Opened

log = logging.getLogger(__name__)
Going = tuple[Handover, Letter]
Result = tuple[Handover, Outcome]
RECENT = timedelta(days=8)  # after that nothing of a stopped bulk can still be queued
SWEEP = 500  # rows a commit


def due(provider: str, now: datetime) -> ClaimingQuerySet:
    """Return what may be handed over now, oldest first."""
    rows: ClaimingQuerySet = Handover.objects.filter(provider=provider, state=HandoverState.QUEUED, due_at__lte=now)
    return rows.order_by("due_at", "pk")


def run(provider: EContactProvider, now: datetime) -> int:
    """Hand over what is due at one provider, a batch of it. Returns how many were claimed."""
    limit = resting.allowance(provider, now, settings.SEND_BATCH)
    if not limit:
        return 0
    gateway = gateway_for(provider)
    going, claimed = claim(gateway, provider, now, limit)
    if going:
        outcomes = gateway.send([letter for _, letter in going])
        record(provider, [row for row, _ in going], outcomes, timezone.now())
    return claimed


@transaction.atomic(durable=True)
def claim(gateway: Gateway, provider: str, now: datetime, limit: int) -> tuple[list[Going], int]:
    """Claim, judge again and write the attempts ahead; committed before anything leaves the house."""
    keys = list(due(provider, now).locked().values_list("pk", flat=True)[:limit])
    wanted = Handover.objects.filter(pk__in=keys)
    batch = list(wanted.select_related("clinic", "bulk", "recipient__patient__person").order_by("due_at", "pk"))
    stops = [why_stopped(row, gateway, now) for row in batch]
    close_by_reason([(row, why) for row, why in zip(batch, stops, strict=True) if why], now)
    going = with_letters([row for row, why in zip(batch, stops, strict=True) if not why], now)
    lease = now + timedelta(seconds=settings.LEASE_SECONDS)
    for row, _ in going:
        row.attempts += 1
    sending = [(row.pk, HandoverState.SENDING, lease, lease, row.attempts) for row, _ in going]
    update_rows(Handover, ("state", "lease_until", "due_at", "attempts"), sending)
    return going, len(batch)


def why_stopped(row: Handover, gateway: Gateway, now: datetime) -> Reason | None:
    """Return why it may no longer go: everything may have changed since it was queued (spec B3, C1, I1)."""
    patient = row.recipient.patient
    if row.bulk.state == State.STOPPED:
        return Reason.BULK_STOPPED
    if row.expires_at <= now:
        return Reason.TOO_LATE
    if gateway.is_real and (row.clinic.is_demo or patient.mobile.startswith(FICTIONAL)):
        return Reason.DEMO
    if row.clinic.econtact_provider != row.provider:
        return Reason.GRANT_GONE
    if not patient.has_consent:
        return Reason.CONSENT_WITHDRAWN if patient.consent == Consent.WITHDRAWN else Reason.NO_CONSENT
    return eligibility.lost(row.clinic, Type.ECONTACT)


def close_by_reason(stopped: Sequence[tuple[Handover, Reason]], now: datetime) -> None:
    """Close what may not go, one statement a reason."""
    for reason in {why for _, why in stopped}:
        rows = [row for row, why in stopped if why == reason]
        state = HandoverState.EXPIRED if reason == Reason.TOO_LATE else HandoverState.STOPPED
        settling.close(rows, state, reason, now)


def with_letters(rows: Sequence[Handover], now: datetime) -> list[Going]:
    """Return each with its letter; one that cannot be written waits, and never stops its batch."""
    texts = econtact.opened_for([row.recipient_id for row in rows])
    going: list[Going] = []
    for row in rows:
        try:
            going.append((row, letter(row, texts[row.recipient_id])))
        except Exception:
            log.exception("handover %s has no letter", row.pk)
            write_later([(row, Outcome.later(Reason.INTERNAL_ERROR))], now)
    return going


def letter(row: Handover, opened: Opened) -> Letter:
    """Translate to what gateways take."""
    patient = row.recipient.patient
    return Letter(
        reference=row.reference,
        national_number=patient.person.national_number if patient.person else "",
        local_number=patient.local_number,
        subject=opened.subject,
        text=opened.text,
        clinic=row.clinic_id,
        sender=row.clinic.alias,
        sent_at=opened.sent_at,
    )


@transaction.atomic(durable=True)
def record(provider: str, going: Sequence[Handover], outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write every outcome, grouped by verdict, and what follows from it."""
    groups: dict[Verdict, list[Result]] = {verdict: [] for verdict in Verdict}
    held = still_held(going)
    for row, outcome in zip(going, outcomes, strict=True):
        taken = outcome.verdict == Verdict.ACCEPTED  # a fact, however late the answer
        if row.pk in (held.open if taken else held.ours):
            groups[outcome.verdict].append((row, outcome))
        elif taken and row.pk in held.ended:
            log.error("handover %s was taken by the gateway after it had been closed", row.pk)
    for verdict, write in WRITERS.items():
        write_each(write, groups[verdict], now)
    resting.learn(provider, outcomes, now)


class Held:
    """Locked handovers by what may still be written to them."""

    def __init__(self, rows: Sequence[tuple[int, str, int]], attempts: dict[int, int]) -> None:
        ended = (HandoverState.REFUSED, HandoverState.EXPIRED, HandoverState.STOPPED)
        self.ended = {pk for pk, state, _ in rows if state in ended}
        self.open = {pk for pk, state, _ in rows if state not in (*ended, HandoverState.DELIVERED)}
        self.ours = {pk for pk, state, number in rows if state == HandoverState.SENDING and attempts[pk] == number}


def still_held(going: Sequence[Handover]) -> Held:
    """Lock the handovers; a worker past its lease refuses, delays and doubts nothing."""
    attempts = {row.pk: row.attempts for row in going}
    rows = Handover.objects.filter(pk__in=attempts).order_by("pk").select_for_update()
    return Held(list(rows.values_list("pk", "state", "attempts")), attempts)


Write = Callable[[Sequence[Result], datetime], None]


def write_each(write: Write, results: Sequence[Result], now: datetime) -> None:
    """Write all at once; when that raises, by halves, so that one row never stops the others."""
    if not results:
        return
    try:
        with transaction.atomic():
            write(results, now)
    except Exception:
        if len(results) == 1:  # stays in our hands until its lease ends; then the gateway is asked
            log.exception("handover %s could not be written", results[0][0].pk)
            return
        middle = len(results) // 2
        write_each(write, results[:middle], now)
        write_each(write, results[middle:], now)


def write_accepted(results: Sequence[Result], now: datetime) -> None:
    """Delivered to the gateway, which is what notified means (spec I4)."""
    settling.deliver([row for row, _ in results], now)


def write_refused(results: Sequence[Result], now: datetime) -> None:
    """Refused for good: the card is voided with it (spec I5)."""
    settling.close([row for row, _ in results], HandoverState.REFUSED, Reason.GATEWAY_REFUSED, now)


def write_later(results: Sequence[Result], now: datetime) -> None:
    """Certainly not delivered: back in the queue, at its expiry at the latest."""
    waits = [o.retry_after or rules.backoff(row.attempts, random.random()) for row, o in results]  # noqa: S311 # nosec B311 - jitter
    rows = [
        (row.pk, HandoverState.QUEUED, min(now + wait, row.expires_at), o.reason or "")
        for (row, o), wait in zip(results, waits, strict=True)
    ]
    update_rows(Handover, ("state", "due_at", "reason"), rows)


def write_unknown(results: Sequence[Result], now: datetime) -> None:
    """It may have been delivered: the gateway is asked by our reference when everything on the wire has settled."""
    check_at = now + timedelta(seconds=settings.SETTLE_SECONDS)
    rows = [(row.pk, HandoverState.UNKNOWN, check_at, o.reason or "") for row, o in results]
    update_rows(Handover, ("state", "due_at", "reason"), rows)
    settling.hold([row for row, _ in results], now)


WRITERS: dict[Verdict, Write] = {
    Verdict.ACCEPTED: write_accepted,
    Verdict.REFUSED: write_refused,
    Verdict.LATER: write_later,
    Verdict.SETUP: write_later,  # refuses nobody: the gateway rests, the e-contacts wait
    Verdict.UNKNOWN: write_unknown,
}


@transaction.atomic(durable=True)
def withdraw(now: datetime) -> int:
    """Close what waits in vain, whether its gateway rests or not: past its expiry, or of a stopped bulk."""
    queued = Handover.objects.filter(state=HandoverState.QUEUED).order_by("pk")
    stopped = Bulk.objects.filter(state=State.STOPPED, ended_at__gte=now - RECENT)
    of_stopped = queued.filter(bulk__in=list(stopped.values_list("pk", flat=True)))
    gone = [(row, Reason.BULK_STOPPED) for row in of_stopped.locked()[:SWEEP]]
    close_by_reason(gone, now)
    late = [(row, Reason.TOO_LATE) for row in queued.filter(due_at__lte=now, expires_at__lte=now).locked()[:SWEEP]]
    close_by_reason(late, now)
    return len(gone) + len(late)
