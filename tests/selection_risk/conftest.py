"""A clinic with a journal, analysed on a Monday in the influenza season."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.utils import timezone

from clinics.models import Clinic, User
from patients.models import CodeSystem, EntryType, JournalEntry, Patient
from selection import risk_runs
from selection.models import Origin, Selection
from selection.risk_models import FalsePositive, RiskAnalysis, RunState
from selection.risk_reading import offered_one
from tests.factories import ClinicFactory, PatientFactory, UserFactory

MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock on the Monday."""
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def no_collected_files(settings: object) -> None:
    """Let static files come from their folders: tests run without collectstatic."""
    settings.WHITENOISE_AUTOREFRESH = True  # type: ignore[attr-defined]


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


@pytest.fixture
def analyse(clinic: Clinic, staff: User) -> Callable[..., RiskAnalysis]:
    """Ask for an analysis, carry it out as the worker does, and return it."""

    def make(programme: str = "influenza", of: Clinic = clinic) -> RiskAnalysis:
        wanted = offered_one(programme, MONDAY)
        asked = risk_runs.ask(of, wanted, by=staff)
        assert risk_runs.carry_out(asked.pk, timezone.now())
        asked.refresh_from_db()
        assert asked.state == RunState.DONE
        return asked

    return make


@pytest.fixture
def found(analyse: Callable[..., RiskAnalysis]) -> Callable[..., list[str]]:
    """Analyse, and return on which rules the patient was found."""

    def make(patient: Patient, programme: str = "influenza") -> list[str]:
        evidence = analyse(programme, of=patient.clinic).evidence.filter(patient=patient)
        return sorted(evidence.values_list("rule", flat=True))

    return make
