"""Celery's side of the engine: ids or nothing in, one call, nothing else. Every task may be lost or run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from notifications import dispatch, health, receipts, reconcile, sending
from notifications.kinds import Channel, Lane
from notifications.models import Delivery

BULK_ROUNDS = 2  # the next tick goes on
ROUNDS = 20  # batches per task, so that one task neither starves the others nor runs for ever


@shared_task(ignore_result=True)
def dispatch_due() -> None:
    """Judge due single notices."""
    health.beat(timezone.now())
    for _ in range(ROUNDS):
        if dispatch.run(timezone.now()) < dispatch.BATCH:
            return


@shared_task(ignore_result=True)
def dispatch_bulk() -> None:
    """Judge due notices of bulks."""
    for _ in range(ROUNDS):
        if dispatch.run(timezone.now(), Lane.BULK) < dispatch.BATCH:
            return


@shared_task(ignore_result=True)
def send_due() -> None:
    """Hand over single notices, one task per channel: a provider that hangs must not hold up the others."""
    wake_channels(Lane.URGENT, "urgent")


@shared_task(ignore_result=True)
def send_bulk() -> None:
    """Hand over what bulks have queued; e-contact's notices take every channel."""
    wake_channels(Lane.BULK, "bulk")


def wake_channels(lane: Lane, queue: str) -> None:
    """Start a task for each channel with something to hand over; an idle tick starts none."""
    for channel in Delivery.objects.channels_queued(lane, timezone.now()):
        send_channel.apply_async(args=(channel, lane.value), expires=10, queue=queue, retry=False)


@shared_task(ignore_result=True)
def send_channel(channel: str, lane: str) -> None:
    """Hand over what is queued on one channel and lane; bulks yield early: no due notice waits for them."""
    for _ in range(ROUNDS if lane == Lane.URGENT else BULK_ROUNDS):
        if not sending.run(Channel(channel), Lane(lane), timezone.now()):
            return


@shared_task(ignore_result=True)
def apply_receipts() -> None:
    """Apply status reports."""
    for _ in range(ROUNDS):
        if receipts.apply_pending(timezone.now()) < receipts.BATCH:
            return


@shared_task(ignore_result=True)
def clear_up() -> None:
    """Close what is too late, give up dead workers' leases, and ask about unknown outcomes."""
    sending.expire(timezone.now())
    reconcile.reap(timezone.now())
    reconcile.clear_unknown(timezone.now())


@shared_task(ignore_result=True)
def poll() -> None:
    """Ask about accepted messages without a receipt."""
    for _ in range(ROUNDS):
        if reconcile.poll(timezone.now()) < reconcile.BATCH:
            return
