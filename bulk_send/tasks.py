"""Celery's side of bulks: nothing in, one call. Every task may be lost or run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bulk_send import asking, handing, planning, stopping
from clinics.models import EContactProvider

ROUNDS = 20  # slices of each bulk, or batches to a gateway, per task


@shared_task(ignore_result=True)
def make_due() -> None:
    """Make what confirmed bulks have promised, and close what stopped ones have left."""
    for _ in range(ROUNDS):
        if not planning.run(timezone.now()):
            break
    stopping.sweep(timezone.now())


@shared_task(ignore_result=True)
def hand_over_due() -> None:
    """Hand over e-contacts, one task per provider: a gateway that hangs must not hold up the other."""
    for provider in EContactProvider:
        if handing.due(provider, timezone.now()).exists():
            hand_over_to.apply_async(args=(provider.value,), expires=10, queue="bulk", retry=False)


@shared_task(ignore_result=True)
def hand_over_to(provider: str) -> None:
    """Hand over to one provider's gateway."""
    for _ in range(ROUNDS):
        if not handing.run(EContactProvider(provider), timezone.now()):
            return


@shared_task(ignore_result=True)
def clear_handovers() -> None:
    """Close what waits in vain, give up dead workers' leases, and let each gateway be asked by a task of its own."""
    for _ in range(ROUNDS):
        if not handing.withdraw(timezone.now()):
            break
    asking.reap(timezone.now())
    for provider in EContactProvider:
        if asking.due(provider, timezone.now()).exists():
            ask_gateway.apply_async(args=(provider.value,), expires=10, queue="receipts", retry=False)


@shared_task(ignore_result=True)
def ask_gateway(provider: str) -> None:
    """Ask one gateway about unknown outcomes."""
    asking.clear_unknown(provider, timezone.now())
