"""Celery's side of the post."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from post import attachments


@shared_task(ignore_result=True)
def purge_attachments() -> None:
    """Delete files that belong to no message and no draft."""
    attachments.purge(timezone.now())
