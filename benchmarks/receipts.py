"""Status reports of a bulk: how many a second one process applies."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from benchmarks.figures import report, scale, watch
from benchmarks.world import make_clinic, promise
from notifications import dispatch, receipts
from notifications.kinds import DeliveryState
from notifications.models import Attempt, Delivery, DeliveryEvent, new_token
from notifications.providers.base import Receipt


def run() -> None:
    """Apply «delivered» to ten thousand SMS that were accepted, one report each."""
    count, now = scale(10_000), timezone.now()
    Delivery.objects.filter(state="queued").update(state="suppressed")
    promise(make_clinic(), count, channel="sms")
    while dispatch.run(timezone.now()):
        pass
    hops = list(Delivery.objects.filter(state="queued").values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=hops).update(state="accepted", accepted_at=now, attempts=1)
    tries = [Attempt(delivery_id=pk, number=1, token=new_token(), at=now) for pk in hops]
    Attempt.objects.bulk_create(tries, batch_size=2_000)
    said = DeliveryState.DELIVERED
    reports = [Receipt("twilio", row.token, f"SM{row.delivery_id}", said.value, said) for row in tries]
    with watch() as storing:
        for first in range(0, count, 500):
            receipts.store(reports[first : first + 500], now)
    with watch() as applying:
        while receipts.apply_pending(now + timedelta(seconds=5)):
            pass
    settled = Delivery.objects.filter(pk__in=hops, state="delivered").count()
    lines = DeliveryEvent.objects.filter(delivery__in=hops, what="receipt").count()
    if (settled, lines) != (count, count):
        raise RuntimeError(f"{settled} settled and {lines} lines of {count}")
    report("receipts_stored", count / storing.wall, "receipts/s")
    report("receipts_applied", count / applying.wall, "receipts/s", (">=", 2_000))
