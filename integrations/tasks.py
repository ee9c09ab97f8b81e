"""Celery's way in: an id, one call, nothing else."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from integrations import runs


@shared_task(ignore_result=True)
def run_import(pk: int) -> None:
    """Check or carry out one import."""
    runs.carry_out(pk, timezone.now())
