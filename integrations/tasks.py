"""Celery's way in: an id, one call, nothing else."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from integrations import calls, runs
from integrations.models import ImportRun


@shared_task(ignore_result=True)
def run_import(pk: int) -> None:
    """Check or carry out one import."""
    runs.carry_out(pk, timezone.now())


@shared_task(ignore_result=True)
def run_waiting() -> None:
    """Run imports whose wake-up was lost or whose worker died; running one twice changes nothing."""
    for pk in ImportRun.objects.unattended(timezone.now()).values_list("pk", flat=True):
        runs.carry_out(pk, timezone.now())


@shared_task(ignore_result=True)
def forget_old() -> None:
    """Delete uploads and reports a month after the import was asked for, and what neighbours' calls have left."""
    runs.forget_old(timezone.now())
    calls.purge(timezone.now())
