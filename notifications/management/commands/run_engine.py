"""Run the scheduled tasks in one loop, without broker or beat: for a demo machine that has no Redis."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from notifications import dispatch, health, receipts, reconcile, sending
from notifications.kinds import Channel, Lane

log = logging.getLogger(__name__)
OURS = "notifications."  # tick() does what the engine's own tasks do


class Command(BaseCommand):
    """`manage.py run_engine`."""

    help = "Kjører varslingsmotoren og de andre faste oppgavene i én løkke, uten Redis og Celery."

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick until interrupted."""
        current_app.loader.import_default_modules()
        current_app.conf.task_always_eager = True  # a task that starts another runs it here
        others = Schedule()
        while True:
            started = time.monotonic()
            try:
                tick()
            except Exception:
                log.exception("tick failed; the rows stay for the next one")
            others.run(started)
            close_old_connections()
            time.sleep(max(0.0, settings.TICK_SECONDS - (time.monotonic() - started)))


def tick() -> None:
    """Do once what the engine's own ticks do."""
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


class Schedule:
    """The other apps' scheduled tasks, each at its interval, the first time at once: the machine may be off tonight."""

    def __init__(self) -> None:
        entries = settings.CELERY_BEAT_SCHEDULE.values()
        self.every = {entry["task"]: entry["schedule"] for entry in entries if not entry["task"].startswith(OURS)}
        self.last: dict[str, float] = {}

    def run(self, now: float) -> None:
        """Run what is due; `now` is in monotonic seconds. One that raises is logged, and runs again at its interval."""
        for name, seconds in self.every.items():
            if name in self.last and now - self.last[name] < seconds:
                continue
            self.last[name] = now
            try:
                current_app.tasks[name].run()
            except Exception:
                log.exception("%s failed; it runs again in %s s", name, seconds)
