"""A clinic with a journal, analysed on a Monday in the influenza season."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from clinics.models import Clinic, User
from patients.models import CodeSystem, EntryType, JournalEntry, Patient
from selection.models import Origin, Selection
from selection.risk_models import FalsePositive, RiskAnalysis, RunState
from tests.factories import ClinicFactory, PatientFactory, UserFactory

MONDAY = date(2026, 11, 23)


@pytest.fixture
def clinic(db: None) -> Clinic:
    """The clinic that analyses."""
    return ClinicFactory()


@pytest.fixture
def staff(db: None) -> User:
    """Whoever presses."""
    return UserFactory()


@pytest.fixture
def kari(clinic: Clinic) -> Patient:
    """A patient of forty, in no group by age."""
    return PatientFactory(clinic=clinic, given_name="Kari", birth_date=date(1986, 5, 4))


@pytest.fixture
def ola(clinic: Clinic) -> Patient:
    """Another of forty."""
    return PatientFactory(clinic=clinic, given_name="Ola", birth_date=date(1986, 5, 4))


@pytest.fixture
def enter() -> Callable[..., JournalEntry]:
    """Write a journal entry; a diagnosis in ICPC-2 that still holds unless something else is said."""

    def make(patient: Patient, code: str, **fields: object) -> JournalEntry:
        known = {"type": EntryType.DIAGNOSIS, "system": CodeSystem.ICPC2, "starts_on": date(2026, 1, 5)}
        return JournalEntry.objects.create(clinic=patient.clinic, patient=patient, code=code, **(known | fields))

    return make


@pytest.fixture
def finished(clinic: Clinic, staff: User) -> Callable[..., RiskAnalysis]:
    """Make an analysis that is done and found nobody."""

    def make(programme: str = "influenza", of: Clinic = clinic) -> RiskAnalysis:
        known = {"version": "1", "day": MONDAY, "state": RunState.DONE}
        return RiskAnalysis.objects.create(clinic=of, programme=programme, asked_by=staff, **known)

    return make


@pytest.fixture
def marked(staff: User) -> Callable[..., FalsePositive]:
    """Set a mark past the service."""

    def make(patient: Patient, programme: str = "influenza", **fields: object) -> FalsePositive:
        known = {"reason": "mild", "by": staff}
        return FalsePositive.objects.create(
            clinic=patient.clinic, patient=patient, programme=programme, **(known | fields)
        )

    return make


@pytest.fixture
def selection_from(staff: User) -> Callable[..., Selection]:
    """Make a selection that came from an analysis."""

    def make(analysis: RiskAnalysis, **fields: object) -> Selection:
        known = {"origin": Origin.RISK, "origin_id": analysis.pk, "name": "Influensavaksine", "created_by": staff}
        return Selection.objects.create(clinic=analysis.clinic, **(known | fields))

    return make
