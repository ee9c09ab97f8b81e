"""Mark a person *falsk positiv*, uphold the mark and take it back; and who is marked now (spec H2, H3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from clinics import audit
from clinics.models import AuditAction, User
from selection.models import Origin, Selection
from selection.risk_models import FalsePositive, FalseReason, KnownEvidence, RiskAnalysis, RiskEvidence, RiskPerson


def among(selection: Selection) -> QuerySet[Any, int]:
    """Return the ids of the clinic's patients who are marked now for the programme that the selection came from.

    Not only its members: the caller intersects, in one statement. Nothing for a selection that came from no risk
    analysis; a new send of what a risk bulk left out asks with the first bulk's selection.
    """
    marks = FalsePositive.objects.of(selection.clinic).standing()
    if selection.origin != Origin.RISK:
        return marks.none().values_list("patient_id", flat=True)
    programme = RiskAnalysis.objects.of(selection.clinic).filter(pk=selection.origin_id).values("programme")[:1]
    return marks.filter(programme=programme).values_list("patient_id", flat=True)


def standing(analysis: RiskAnalysis) -> QuerySet[FalsePositive]:
    """Return the marks that hold now for the analysis' programme."""
    marks: QuerySet[FalsePositive] = FalsePositive.objects.of(analysis.clinic).standing()
    return marks.filter(programme=analysis.programme)


def raised(analysis: RiskAnalysis) -> int:
    """Return how many of the analysis' people are marked, and taken up again on new evidence."""
    marks = standing(analysis).filter(raised_at__isnull=False)
    return RiskPerson.objects.filter(analysis=analysis, patient__in=marks.values("patient")).count()


@transaction.atomic
def mark(person: RiskPerson, *, reason: FalseReason, text: str, by: User, now: datetime) -> tuple[FalsePositive, bool]:
    """Mark the person on what the analysis knows; returns the mark that holds, and whether it is this one.

    A colleague's mark stands as it is: the second sees the first.
    """
    analysis = person.analysis
    known = {"clinic": analysis.clinic, "patient": person.patient, "programme": analysis.programme}
    try:
        with transaction.atomic():
            made: FalsePositive = FalsePositive.objects.create(**known, reason=reason, text=text, by=by, at=now)
    except IntegrityError:  # risk_mark_once
        return standing(analysis).get(patient=person.patient_id), False
    learn(made, person)
    log(made, "set", by)
    return made, True


def learn(made: FalsePositive, person: RiskPerson) -> None:
    """Remember the evidence as known to whoever marks."""
    keys = RiskEvidence.objects.filter(analysis=person.analysis_id, patient=person.patient_id)
    rows = [KnownEvidence(mark=made, key=key) for key in keys.values_list("key", flat=True)]
    KnownEvidence.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def uphold(made: FalsePositive, person: RiskPerson, *, by: User) -> bool:
    """Keep a mark that new evidence has raised: that evidence too is known now. Returns whether it was raised."""
    raised = FalsePositive.objects.standing().filter(pk=made.pk, raised_at__isnull=False)
    if not raised.update(raised_at=None):
        return False
    learn(made, person)
    log(made, "upheld", by)
    return True


@transaction.atomic
def withdraw(made: FalsePositive, *, by: User, now: datetime) -> bool:
    """Take the mark back; returns whether it stood."""
    if not FalsePositive.objects.standing().filter(pk=made.pk).update(withdrawn_at=now, withdrawn_by=by):
        return False
    log(made, "withdrawn", by)
    return True


@transaction.atomic
def restore(made: FalsePositive, *, by: User) -> bool:
    """Undo a withdrawal; returns whether the mark was withdrawn, and nobody has marked the person since."""
    gone = FalsePositive.objects.filter(pk=made.pk, withdrawn_at__isnull=False)
    try:
        with transaction.atomic():
            changed = gone.update(withdrawn_at=None, withdrawn_by=None)
    except IntegrityError:  # risk_mark_once
        return False
    if changed:
        log(made, "restored", by)
    return bool(changed)


def log(made: FalsePositive, what: str, by: User) -> None:
    """Write who did what to whose mark; never the reason's text."""
    audit.record(
        AuditAction.RISK,
        clinic=made.clinic,
        actor=by,
        patient_id=made.patient_id,
        what=f"false positive {made.programme} {what}",
    )
