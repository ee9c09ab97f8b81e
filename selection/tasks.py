"""Celery's way in: one call, nothing else."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from selection import risk_runs


@shared_task(ignore_result=True)
def run_analyses() -> None:
    """Carry out the risk analyses that wait; also those whose wake-up was lost or whose worker died."""
    for pk in risk_runs.unattended(timezone.now()):
        risk_runs.carry_out(pk, timezone.now())
