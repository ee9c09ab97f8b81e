"""Two analyses, a person of each kind and a mark raised again, for the browser's tests. Run by seed.py."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from clinics.models import Clinic, User
from patients.models import JournalEntry, Patient
from selection import false_positives, risk_runs
from selection.risk_models import FalseReason, RiskPerson
from selection.risk_reading import offered_one

NAMES = ("Astri Bakken", "Knut Loe", "Randi Haug", "Odd Kvam", "Solveig Eide", "Unni Rustad")


def risks(clinic: Clinic, patients: dict[str, Patient], by: User) -> dict[str, int]:
    """Write entries and analyse twice; returns the ids that addresses need."""
    certain, marked, raised, weak, over, review = [patients[name] for name in NAMES]
    for patient in (certain, marked, raised, over):
        enter(patient, "R96", "Astma")
    first = analysed(clinic, by)
    for patient in (marked, raised):
        person = RiskPerson.objects.get(analysis=first, patient=patient)
        reason, now = FalseReason.MILD, timezone.now()
        false_positives.mark(person, reason=reason, text="Bare sesongplager", by=by, now=now)
    JournalEntry.objects.filter(patient=over, code="R96").delete()
    enter(raised, "T90", "Diabetes type 2")
    enter(certain, "BMI", "Kroppsmasseindeks", type="observation", system="other", value=Decimal("37.5"), unit="kg/m2")
    enter(certain, "J07BB02", "Vaxigrip", type="vaccine", system="atc")
    enter(weak, "R99", "Sykdom i luftveier IKA")
    enter(review, "R03AC02", "Salbutamol", type="medicine", system="atc")
    second = analysed(clinic, by)
    person = RiskPerson.objects.get(analysis=second, patient=certain)
    return {"analysis": second.pk, "older_analysis": first.pk, "risk_person": person.pk}


def enter(patient: Patient, code: str, text: str, **fields: object) -> None:
    """Write one entry of a week ago."""
    known: dict[str, object] = {"type": "diagnosis", "system": "icpc2"}
    week_ago = timezone.localdate() - timedelta(days=7)
    about = {"clinic": patient.clinic, "patient": patient, "starts_on": week_ago}
    JournalEntry.objects.create(**about, code=code, text=text, **(known | fields))


def analysed(clinic: Clinic, by: User) -> risk_runs.RiskAnalysis:
    """Carry out an analysis."""
    wanted = offered_one("influenza", timezone.localdate())
    assert wanted
    asked = risk_runs.ask(clinic, wanted, by=by)
    risk_runs.carry_out(asked.pk, timezone.now())
    asked.refresh_from_db()
    return asked
