"""Celery's way in: an id, one call, nothing else."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from integrations import active, answers, calls, runs
from integrations.models import ImportRun
from integrations.neighbour_models import Neighbour


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


@shared_task(ignore_result=True)
def answer_neighbours() -> None:
    """See to what waits for each neighbour, one task each: one that hangs must not hold up the others."""
    for neighbour in sorted(answers.waiting(timezone.now())):
        answer_neighbour.apply_async(args=(neighbour,), expires=10, queue="bulk", retry=False)


@shared_task(ignore_result=True)
def answer_neighbour(neighbour: str) -> None:
    """Hand answers over to one neighbour, and clear up what is uncertain."""
    who = Neighbour(neighbour)
    answers.reap(who, timezone.now())
    answers.run(who, timezone.now())
    answers.clear_unknown(who, timezone.now())


@shared_task(ignore_result=True)
def refresh_active() -> None:
    """Have each clinic's e-contact provider asked who is active, one task a clinic, when its turn has come."""
    now = timezone.now()
    active.forget_former(now)
    for pk in active.due(now):
        refresh_active_of.apply_async(args=(pk,), expires=60, queue="bulk", retry=False)


@shared_task(ignore_result=True)
def refresh_active_of(pk: int) -> None:
    """Ask about one clinic's patients."""
    active.refresh(pk, timezone.now())
