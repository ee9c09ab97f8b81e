"""Celery's side of the patient card."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from patients import proxy_notices


@shared_task(ignore_result=True)
def end_proxy_notices() -> None:
    """Give cards their own contact values back when the relation is over."""
    proxy_notices.end_overdue(timezone.now())
