"""Run the engine's ticks in one loop, without broker or Celery: for a demo machine that has no Redis."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from notifications import dispatch, health, receipts, reconcile, sending
from notifications.kinds import Channel, Lane

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """`manage.py run_engine`."""

    help = "Kjører varslingsmotoren i én løkke, uten Redis og Celery."

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick until interrupted."""
        while True:
            started = time.monotonic()
            try:
                tick()
            except Exception:
                log.exception("tick failed; the rows stay for the next one")
            close_old_connections()
            time.sleep(max(0.0, settings.TICK_SECONDS - (time.monotonic() - started)))


def tick() -> None:
    """Do once what Celery's ticks do."""
    health.beat(timezone.now())
    for lane in Lane:
        dispatch.run(timezone.now(), lane)
        for channel in Channel:
            sending.run(channel, lane, timezone.now())
    receipts.apply_pending(timezone.now())
    sending.expire(timezone.now())
    reconcile.reap(timezone.now())
    reconcile.clear_unknown(timezone.now())
    reconcile.poll(timezone.now())
