"""Celery's side of bulks: nothing in, one call. Every task may be lost or run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bulk_send import planning

ROUNDS = 20  # slices of each bulk per task


@shared_task(ignore_result=True)
def make_due() -> None:
    """Make what confirmed bulks have promised."""
    for _ in range(ROUNDS):
        if not planning.run(timezone.now()):
            return
