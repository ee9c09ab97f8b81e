"""Celery's side of the portal."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal import drafts


@shared_task(ignore_result=True)
def forget_drafts() -> None:
    """Forget messages that were begun long ago and never sent."""
    drafts.purge(timezone.now())
