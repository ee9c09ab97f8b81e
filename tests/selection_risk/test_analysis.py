"""What an analysis keeps, what has changed since the last one, and how it is run (spec H1)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError
from django.utils import timezone

from clinics.models import AuditEvent
from patients.models import CodeSystem, EntryType, JournalEntry
from selection import risk_runs, risk_tables
from selection.risk_models import Change, RiskAnalysis, RiskEvidence, RiskPerson, RunState, Weight
from selection.risk_reading import offered, offered_one
from selection.tasks import run_analyses
from tests.factories import ClinicFactory, PatientFactory
from tests.selection_risk.conftest import MONDAY


def change_of(analysis, patient):
    """Return what the analysis says has changed for the patient."""
    return RiskPerson.objects.get(analysis=analysis, patient=patient).change


def test_evidence_has_code_text_newest_date_and_number_of_entries(analyse, enter, kari):
    enter(kari, "T90", text="Diabetes type 2", starts_on=date(2020, 1, 2))
    enter(kari, "T90", text="Diabetes type 2", starts_on=date(2026, 3, 4))

    row = analyse().evidence.get(patient=kari)

    shown = (row.group, row.system, row.code, row.text, row.on, row.entries, row.value)
    assert shown == ("diabetes", "icpc2", "T90", "Diabetes type 2", date(2026, 3, 4), 2, None)


def test_a_measurement_is_kept_with_value_and_unit(analyse, enter, kari):
    enter(kari, "BMI", type=EntryType.OBSERVATION, system="other", value=Decimal("37.5"), unit="kg/m2")

    row = analyse().evidence.get(patient=kari)

    assert (row.value, row.unit, row.on) == (Decimal("37.5"), "kg/m2", date(2026, 1, 5))


def test_a_person_has_the_weight_of_the_strongest_evidence(analyse, enter, kari, ola):
    for code in ("R99", "R95", "P70"):
        enter(kari, code)
    for code in ("P70", "R99"):
        enter(ola, code)

    weights = dict(RiskPerson.objects.filter(analysis=analyse()).values_list("patient", "weight"))

    assert weights == {kari.pk: Weight.CERTAIN, ola.pk: Weight.WEAK}


def test_the_result_keeps_criteria_date_and_who(analyse, staff):
    analysis = analyse()

    assert (analysis.day, analysis.asked_by, analysis.version) == (MONDAY, staff, "2026-27.1")
    assert analysis.definition == offered_one("influenza", MONDAY).definition


def test_the_result_stands_when_the_journal_changes(analyse, enter, kari):
    enter(kari, "T90")
    analysis = analyse()

    JournalEntry.objects.all().delete()

    assert analysis.evidence.get().code == "T90"


def test_another_clinics_journal_is_not_read(analyse, enter, kari):
    enter(PatientFactory(clinic=ClinicFactory(), birth_date=date(1940, 1, 1)), "T90")

    assert analyse().counts["persons"] == 0


def test_a_vaccine_this_season_makes_done(analyse, enter, kari):
    enter(kari, "T90")
    enter(kari, "J07BB02", type=EntryType.VACCINE, system=CodeSystem.ATC, starts_on=date(2026, 10, 1))

    assert RiskPerson.objects.get(analysis=analyse()).done_on == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("programme", "system", "code", "day", "is_done"),
    [
        ("influenza", "atc", "J07BB02", date(2026, 7, 1), True),
        ("influenza", "atc", "J07BB02", date(2026, 6, 30), False),
        ("influenza", "sysvak", "AII02", date(2026, 10, 1), True),
        ("influenza", "icpc2", "J07BB02", date(2026, 10, 1), False),
        ("influenza", "atc", "J07AL01", date(2026, 10, 1), False),
        ("influenza", "atc", "J07BB02", MONDAY + timedelta(days=1), False),
        ("covid19", "atc", "J07BN01", date(2026, 10, 1), True),
        ("covid19", "sysvak", "BNT03", date(2026, 10, 1), True),
        ("pneumococcus", "atc", "J07AL01", date(2020, 11, 24), True),
        ("pneumococcus", "atc", "J07AL01", date(2020, 11, 23), False),
    ],
)
def test_which_vaccines_make_done(analyse, enter, kari, programme, system, code, day, is_done):
    enter(kari, "T90")
    enter(kari, code, type=EntryType.VACCINE, system=system, starts_on=day)

    assert bool(RiskPerson.objects.get(analysis=analyse(programme)).done_on) is is_done


def test_covid_takes_adults_of_the_groups_and_everyone_of_75(analyse, enter, clinic, kari):
    old = PatientFactory(clinic=clinic, birth_date=date(1951, 11, 23))
    PatientFactory(clinic=clinic, birth_date=date(1951, 11, 24))
    child = PatientFactory(clinic=clinic, birth_date=date(2010, 1, 1))
    for patient in (kari, child):
        enter(patient, "T90")

    people = RiskPerson.objects.filter(analysis=analyse("covid19"))

    assert set(people.values_list("patient", flat=True)) == {kari.pk, old.pk}


def test_pneumococcus_takes_those_without_a_spleen(found, enter, kari):
    enter(kari, "Q89.0", system="icd10")

    assert found(kari, "pneumococcus") == ["high-risk-icd10", "immunity-icd10"]


def test_the_first_analysis_compares_with_nothing(analyse, enter, kari):
    enter(kari, "T90")

    assert change_of(analyse(), kari) == Change.FIRST


def test_new_kept_changed_and_gone_since_last_time(analyse, enter, clinic, kari, ola):
    eva, per = PatientFactory(clinic=clinic), PatientFactory(clinic=clinic)
    for patient in (kari, ola, per):
        enter(patient, "T90")
    analyse()
    enter(ola, "R95")
    enter(eva, "T89")
    JournalEntry.objects.filter(patient=per).delete()

    analysis = analyse()

    assert {patient: change_of(analysis, patient) for patient in (kari, ola, eva)} == {
        kari: Change.KEPT,
        ola: Change.CHANGED,
        eva: Change.NEW,
    }
    assert [person.patient for person in risk_tables.gone(analysis)] == [per]
    assert analysis.counts | {"new": 1, "kept": 1, "changed": 1, "gone": 1} == analysis.counts


def test_less_evidence_is_a_change_too(analyse, enter, kari):
    enter(kari, "T90")
    enter(kari, "R95")
    analyse()
    JournalEntry.objects.filter(code="R95").delete()

    assert change_of(analyse(), kari) == Change.CHANGED


def test_the_same_code_written_again_is_no_change(analyse, enter, kari):
    enter(kari, "T90")
    analyse()
    enter(kari, "T90", starts_on=MONDAY)

    assert change_of(analyse(), kari) == Change.KEPT


def test_a_new_measurement_is_a_change(analyse, enter, kari):
    weigh = {"type": EntryType.OBSERVATION, "system": "other"}
    enter(kari, "BMI", value=Decimal(40), **weigh)
    analyse()
    enter(kari, "BMI", value=Decimal(41), starts_on=MONDAY, **weigh)

    assert change_of(analyse(), kari) == Change.CHANGED


def test_another_programme_is_not_compared_with(analyse, enter, kari):
    enter(kari, "T90")
    analyse("covid19")

    assert change_of(analyse(), kari) == Change.FIRST


def test_the_figures_agree_with_the_rows(analyse, enter, clinic, kari, ola):
    enter(kari, "T90")
    enter(kari, "T89")
    enter(ola, "P70")
    enter(ola, "J07BB02", type=EntryType.VACCINE, system="atc", starts_on=MONDAY)
    PatientFactory(clinic=clinic, birth_date=date(1940, 1, 1))

    counts = analyse().counts

    assert counts["groups"] == {"age": 1, "diabetes": 1, "neuro": 1}
    known = {"persons": 3, "weight_certain": 2, "weight_weak": 0, "weight_review": 1, "vaccinated": 1, "first": 3}
    assert counts | known == counts


def test_two_presses_make_one_analysis(clinic, staff, django_capture_on_commit_callbacks):
    wanted = offered_one("influenza", MONDAY)

    asked = [risk_runs.ask(clinic, wanted, by=staff) for _press in range(2)]

    assert asked[0] == asked[1]
    assert AuditEvent.objects.filter(action="risk").count() == 1


def test_two_clinics_and_two_programmes_do_not_wait_for_each_other(clinic, staff):
    asked = [risk_runs.ask(at, one, by=staff) for at in (clinic, ClinicFactory()) for one in offered(MONDAY)]

    assert len({analysis.pk for analysis in asked}) == 6


def test_the_tick_finds_what_waits(clinic, staff, enter, kari):
    enter(kari, "T90")
    asked = risk_runs.ask(clinic, offered_one("influenza", MONDAY), by=staff)

    run_analyses()

    asked.refresh_from_db()
    assert (asked.state, asked.counts["persons"], asked.steps_done) == (RunState.DONE, 1, asked.steps)


def test_a_finished_analysis_is_not_run_again(analyse):
    assert risk_runs.carry_out(analyse().pk, timezone.now()) is False


def test_an_analysis_that_somebody_works_on_is_left_alone(clinic, staff):
    asked = risk_runs.ask(clinic, offered_one("influenza", MONDAY), by=staff)
    risk_runs.claim(asked.pk, timezone.now())

    assert risk_runs.unattended(timezone.now()) == []
    assert risk_runs.carry_out(asked.pk, timezone.now()) is False


class Killed(BaseException):
    """A worker's sudden death."""


def dies_at(step, monkeypatch):
    """Let the worker die at a step, once."""
    steps, insert = [], risk_tables.insert_evidence

    def maybe(*args):
        steps.append(args)
        if len(steps) == step:
            raise Killed
        insert(*args)

    monkeypatch.setattr(risk_tables, "insert_evidence", maybe)


@pytest.mark.parametrize("step", [1, 10, 45])
def test_a_killed_worker_leaves_an_analysis_that_begins_anew(clinic, staff, enter, kari, ola, clock, monkeypatch, step):
    enter(kari, "T90")
    enter(ola, "R95")
    asked = risk_runs.ask(clinic, offered_one("influenza", MONDAY), by=staff)
    dies_at(step, monkeypatch)
    with pytest.raises(Killed):
        risk_runs.carry_out(asked.pk, timezone.now())
    assert risk_runs.unattended(timezone.now()) == []
    clock.shift(risk_runs.STALLED + timedelta(seconds=1))
    JournalEntry.objects.filter(patient=kari).delete()

    run_analyses()

    asked.refresh_from_db()
    assert (asked.state, asked.attempt) == (RunState.DONE, 2)
    assert [person.patient for person in asked.people.all()] == [ola]


def test_a_worker_that_wakes_late_writes_nothing(clinic, staff, enter, kari, clock):
    enter(kari, "T90")
    asked = risk_runs.ask(clinic, offered_one("influenza", MONDAY), by=staff)
    late = risk_runs.claim(asked.pk, timezone.now())
    clock.shift(risk_runs.STALLED + timedelta(seconds=1))
    run_analyses()
    before = list(RiskEvidence.objects.values())

    with pytest.raises(risk_runs.Superseded):
        risk_runs.attempt(late, timezone.now())
    risk_runs.end(late, RunState.BROKEN)

    asked.refresh_from_db()
    assert (asked.state, list(RiskEvidence.objects.values())) == (RunState.DONE, before)


def test_an_analysis_that_kills_every_worker_is_given_up(clinic, staff, clock):
    asked = risk_runs.ask(clinic, offered_one("influenza", MONDAY), by=staff)
    for _attempt in range(risk_runs.ATTEMPTS):
        risk_runs.claim(asked.pk, timezone.now())
        clock.shift(risk_runs.STALLED + timedelta(seconds=1))

    run_analyses()

    asked.refresh_from_db()
    assert asked.state == RunState.BROKEN


def test_an_error_is_told_and_another_can_be_asked_for(clinic, staff, monkeypatch):
    def broken(*args):
        raise DatabaseError

    monkeypatch.setattr(risk_tables, "insert_people", broken)
    wanted = offered_one("influenza", MONDAY)
    asked = risk_runs.ask(clinic, wanted, by=staff)

    risk_runs.carry_out(asked.pk, timezone.now())

    asked.refresh_from_db()
    assert asked.state == RunState.BROKEN
    assert risk_runs.ask(clinic, wanted, by=staff) != asked


def test_a_broken_analysis_is_not_compared_with(analyse, enter, kari, clinic, staff):
    enter(kari, "T90")
    first = analyse()
    RiskAnalysis.objects.create(
        clinic=clinic, programme="influenza", version="1", day=MONDAY, asked_by=staff, state=RunState.BROKEN
    )

    assert analyse().previous == first


def test_the_number_of_queries_does_not_follow_the_number_of_patients(
    clinic, analyse, enter, django_assert_max_num_queries
):
    for _patient in range(3):
        enter(PatientFactory(clinic=clinic), "T90")
    with django_assert_max_num_queries(1_000) as few:
        analyse()
    for _patient in range(30):
        enter(PatientFactory(clinic=clinic), "T90")

    with django_assert_max_num_queries(len(few)):
        analyse()
