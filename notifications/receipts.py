"""Status reports: stored first, then applied by rank, so that order, repeats and delays do not matter (spec J2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from notifications import fallback, rules
from notifications.bulk import insert_rows, update_rows
from notifications.kinds import Channel, DeliveryState, Reason
from notifications.models import Attempt, Delivery, DeliveryEvent, ProviderReceipt
from notifications.providers.base import Receipt

S = DeliveryState
RANK: dict[str, int] = {  # a status never steps down
    S.SUPPRESSED: 0,
    S.QUEUED: 0,
    S.SENDING: 1,
    S.UNKNOWN: 2,
    S.EXPIRED: 3,
    S.FAILED_UNKNOWN: 3,
    S.ACCEPTED: 4,
    S.UNCONFIRMED: 5,
    S.FAILED: 6,
    S.UNDELIVERED: 7,  # no two reports share a rank, or their order would decide
    S.DELIVERED: 8,
    S.BOUNCED: 9,  # e-mail only: a bounce may come after «delivered»
}
FAILURES = frozenset({S.FAILED, S.UNDELIVERED, S.BOUNCED})
TAKEN = frozenset({S.ACCEPTED, S.DELIVERED, S.UNDELIVERED, S.BOUNCED})  # «failed» alone may be of what was never taken
BATCH = 500


def store(receipts: Iterable[Receipt], now: datetime) -> None:
    """Put verified reports into the inbox table; one that came before is not stored again."""
    ProviderReceipt.objects.bulk_create(
        [
            ProviderReceipt(
                provider=receipt.provider,
                token=receipt.token,
                provider_id=receipt.provider_id,
                status=receipt.status,
                state=receipt.state,
                reason=receipt.reason or "",
                code=receipt.code,
                received_at=now,
            )
            for receipt in receipts
        ],
        ignore_conflicts=True,
    )


def apply_pending(now: datetime, limit: int = BATCH) -> int:
    """Apply stored reports to their deliveries. Returns how many were looked at."""
    with transaction.atomic(durable=True):
        inbox = ProviderReceipt.objects.filter(applied_at=None).order_by("pk")
        keys = list(inbox.values_list("pk", flat=True)[:limit])
        pending = list(ProviderReceipt.objects.filter(pk__in=keys, applied_at=None).order_by("pk").select_for_update())
        if not pending:
            return 0
        apply(pending, now)
        ProviderReceipt.objects.filter(pk__in=[row.pk for row in pending]).update(applied_at=now)
    return len(pending)


class Step(NamedTuple):
    """A delivery that a report has moved, and whether the hop has now failed for good."""

    delivery: Delivery
    report: ProviderReceipt | Receipt
    has_failed: bool


def apply(pending: Sequence[ProviderReceipt], now: datetime) -> None:
    """Move each delivery to the highest-ranked state that was reported; unknown tokens are left alone."""
    tries = attempts_of(pending)
    owners = deliveries_of(pending, tries)
    locked = lock(set(owners.values()))
    about = [(locked[owners[row.pk]], row) for row in pending if owners.get(row.pk) in locked]
    taken = [step(delivery, row, now) for delivery, row in about if not outlived(delivery, row, tries)]
    steps = [found for found in taken if found]
    write(steps, now)
    fallback.open_for([found.delivery for found in steps if found.has_failed], now)


def outlived(delivery: Delivery, row: ProviderReceipt, tries: Mapping[str, Attempt]) -> bool:
    """Whether an attempt has failed that a later one took over from: it says nothing of that one (spec C3)."""
    return row.state in FAILURES and row.token in tries and tries[row.token].number < delivery.attempts


def attempts_of(pending: Sequence[ProviderReceipt]) -> dict[str, Attempt]:
    """Return attempts by token."""
    return {row.token: row for row in Attempt.objects.filter(token__in={row.token for row in pending if row.token})}


def deliveries_of(pending: Sequence[ProviderReceipt], tries: Mapping[str, Attempt]) -> dict[int, int]:
    """Return delivery pks by receipt pk: by attempt token first, by the provider's id otherwise."""
    rest = {row.provider_id for row in pending if row.token not in tries and row.provider_id}
    by_id = dict(Delivery.objects.filter(provider_id__in=rest).values_list("provider_id", "pk")) if rest else {}
    found = {
        row.pk: tries[row.token].delivery_id if row.token in tries else by_id.get(row.provider_id) for row in pending
    }
    return {pk: owner for pk, owner in found.items() if owner}


def lock(keys: set[int]) -> dict[int, Delivery]:
    """Lock deliveries in one order, so that two appliers never wait for each other."""
    held = Delivery.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    return {delivery.pk: delivery for delivery in held.select_related("notification")}


def advance(delivery: Delivery, report: ProviderReceipt | Receipt, now: datetime) -> bool:
    """Apply one report if it ranks higher. Returns whether the hop has now failed for good."""
    found = step(delivery, report, now)
    if found is None:
        return False
    write([found], now)
    return found.has_failed


def step(delivery: Delivery, report: ProviderReceipt | Receipt, now: datetime) -> Step | None:
    """Move the delivery, for the caller to write, if the report ranks higher; marks a dead contact value at once.

    One that ranks lower may still be the first to say that the provider has taken the message (spec I4).
    """
    if report.reason == Reason.COMPLAINT:
        fallback.mark_dead(delivery, Reason.COMPLAINT)
    is_news = report.state in TAKEN and delivery.accepted_at is None
    delivery.accepted_at = now if is_news else delivery.accepted_at
    if not moves(delivery, report.state):
        return Step(delivery, report, has_failed=False) if is_news else None
    was_failed, fails = delivery.state in FAILURES, report.state in FAILURES
    unsaid = Reason.REJECTED if fails else ""  # a failure always has a reason (spec J1)
    delivery.state, delivery.reason = report.state, report.reason or unsaid
    delivery.provider_id = delivery.provider_id or report.provider_id
    delivery.lease_until = None
    if report.state == S.ACCEPTED:  # may have overtaken the answer, which would have said when to ask
        delivery.settled_at, delivery.check_at = None, now + rules.FIRST_CHECK
    else:
        delivery.settled_at, delivery.check_at = now, None
    if fails:
        fallback.mark_dead(delivery, report.reason or "")
    return Step(delivery, report, fails and not was_failed)


MOVED = ("state", "reason", "provider_id", "accepted_at", "lease_until", "settled_at", "check_at")
LOGGED = ("delivery", "what", "state", "reason", "code", "at")


def write(steps: Sequence[Step], now: datetime) -> None:
    """Write where each delivery has come to, and a line of its log for each step; two statements in all."""
    deliveries = {found.delivery.pk: found.delivery for found in steps}.values()
    update_rows(Delivery, MOVED, [(row.pk, *(getattr(row, name) for name in MOVED)) for row in deliveries])
    what = DeliveryEvent.What.RECEIPT
    lines = [(row.pk, what, report.state, report.reason or "", report.code, now) for row, report, _failed in steps]
    insert_rows(DeliveryEvent, LOGGED, lines)


def moves(delivery: Delivery, state: str) -> bool:
    """Whether the reported state ranks above the present one; only e-mail can bounce after delivery."""
    if state == S.BOUNCED and delivery.channel != Channel.EMAIL:
        return False
    return RANK[state] > RANK[delivery.state]
