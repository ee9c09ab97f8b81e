"""Celery's side of the timebook."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from timebook import drift

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def compare_plan() -> None:
    """Compare what should be planned with what is, and mend it (design, section 2)."""
    if mended := drift.mend(timezone.now()):
        log.warning("plan mended: %s reminders were missing", mended)
