"""Ask for a risk analysis, and carry it out: claimed once, step by step, begun anew when a worker dies (spec H1)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from notifications import hints
from selection import risk_tables
from selection.risk_models import IN_HAND, RiskAnalysis, RunState
from selection.risk_reading import programme
from selection.risk_rules import Programme

log = logging.getLogger(__name__)
STALLED = timedelta(minutes=10)  # without a sign of life the worker is gone; the longest step is one statement
ATTEMPTS = 3


class Superseded(Exception):
    """Another worker has begun the analysis anew; this one writes nothing more."""


def ask(clinic: Clinic, wanted: Programme, *, by: User) -> RiskAnalysis:
    """Return the analysis that is in hand for the programme, or promise one; two presses make one."""
    known = {"programme": wanted.key, "version": wanted.version, "definition": wanted.definition}
    day = timezone.localdate(timezone=clinic.zone)
    try:
        with transaction.atomic():
            asked: RiskAnalysis = RiskAnalysis.objects.create(clinic=clinic, day=day, asked_by=by, **known)
            audit.record(AuditAction.RISK, clinic=clinic, actor=by, what=f"analysis {wanted.key} {wanted.version}")
            transaction.on_commit(lambda: hints.offer("selection.tasks.run_analyses"))
    except IntegrityError:  # risk_one_in_hand
        asked = RiskAnalysis.objects.of(clinic).get(programme=wanted.key, state__in=IN_HAND)
    return asked


def unattended(now: datetime) -> list[int]:
    """Return the ids of analyses that wait, or whose worker has given no sign of life."""
    alone = Q(state=RunState.WAITING) | Q(state=RunState.RUNNING, beat_at__lt=now - STALLED)
    return list(RiskAnalysis.objects.filter(alone).order_by("asked_at").values_list("pk", flat=True))


def carry_out(pk: int, now: datetime) -> bool:
    """Carry out one analysis; returns False when there is nothing to do or someone else does it. `now` is aware."""
    analysis = claim(pk, now)
    if analysis is None:
        return False
    try:
        attempt(analysis, now)
    except Superseded:
        return False
    except Exception as error:  # noqa: BLE001 - the page must say so, whatever it was
        log.error("risk analysis %s broke off: %s", pk, type(error).__name__)
        end(analysis, RunState.BROKEN)
    return True


@transaction.atomic
def claim(pk: int, now: datetime) -> RiskAnalysis | None:
    """Take an analysis that nobody works on, and make it as if it had never begun."""
    rows = RiskAnalysis.objects.select_for_update(of=("self",), skip_locked=True).select_related("clinic")
    analysis: RiskAnalysis | None = rows.filter(pk=pk, state__in=IN_HAND).first()
    if analysis is None or (analysis.state == RunState.RUNNING and (analysis.beat_at or now) >= now - STALLED):
        return None
    risk_tables.clear(analysis)
    if analysis.attempt >= ATTEMPTS:
        log.error("risk analysis %s given up after %s attempts", pk, analysis.attempt)
        end(analysis, RunState.BROKEN)
        return None
    analysis.state, analysis.attempt, analysis.beat_at = RunState.RUNNING, analysis.attempt + 1, timezone.now()
    analysis.steps_done, analysis.steps = 0, len(programme_of(analysis).rules) + 1
    analysis.previous = before(analysis)
    analysis.save(update_fields=["state", "attempt", "beat_at", "steps_done", "steps", "previous"])
    return analysis


def before(analysis: RiskAnalysis) -> RiskAnalysis | None:
    """Return the newest finished analysis of the same programme."""
    rows = RiskAnalysis.objects.of(analysis.clinic).filter(programme=analysis.programme, state=RunState.DONE)
    found: RiskAnalysis | None = rows.order_by("-asked_at", "-pk").first()
    return found


def newest(analysis: RiskAnalysis) -> RiskAnalysis:
    """Return the newest finished analysis of the same programme: itself, or one that has come since."""
    return before(analysis) or analysis


def programme_of(analysis: RiskAnalysis) -> Programme:
    """Return the programme as it was when the analysis was asked for. Raises ProgrammeError."""
    return programme(analysis.definition, f"analysis {analysis.pk}")


def attempt(analysis: RiskAnalysis, now: datetime) -> None:
    """Take the steps, a transaction each. Raises Superseded when another worker has begun anew."""
    wanted = programme_of(analysis)
    for group, rule in wanted.rules:
        with transaction.atomic():
            hold(analysis)
            risk_tables.take_memory()
            risk_tables.insert_evidence(analysis, group, rule)
            tell(analysis)
    with transaction.atomic():
        hold(analysis)
        risk_tables.take_memory()
        risk_tables.insert_people(analysis, wanted)
        risk_tables.refresh_statistics()
        risk_tables.raise_marks(analysis, now)
        analysis.counts = risk_tables.summary(analysis)
        analysis.save(update_fields=["counts"])
        tell(analysis)
        end(analysis, RunState.DONE)


def hold(analysis: RiskAnalysis) -> None:
    """Lock the analysis for a step. Raises Superseded when it is no longer this worker's."""
    rows = RiskAnalysis.objects.select_for_update().filter(
        pk=analysis.pk, attempt=analysis.attempt, state=RunState.RUNNING
    )
    if rows.first() is None:
        raise Superseded


def tell(analysis: RiskAnalysis) -> None:
    """Write how far it has come, and that somebody works on it."""
    analysis.steps_done, analysis.beat_at = analysis.steps_done + 1, timezone.now()
    analysis.save(update_fields=["steps_done", "beat_at"])


def end(analysis: RiskAnalysis, state: RunState) -> None:
    """Write how it ended, unless another worker has begun anew."""
    mine = RiskAnalysis.objects.filter(pk=analysis.pk, attempt=analysis.attempt, state__in=IN_HAND)
    mine.update(state=state, finished_at=timezone.now())
