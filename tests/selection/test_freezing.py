"""Persons frozen into a selection (spec G4)."""

from __future__ import annotations

import pytest
from django.db import connection

from clinics.models import AuditEvent
from patients.models import Patient
from selection import freezing
from selection.freezing import freeze, freeze_once
from selection.models import Origin
from tests.factories import ClinicFactory, PatientFactory, UserFactory

pytestmark = pytest.mark.django_db


def frozen(clinic, patients):
    return freeze(patients, clinic=clinic, origin=Origin.JOURNAL, name="Diabetes", by=UserFactory(), origin_id=7)


def test_a_selection_holds_the_persons_found_by_name():
    clinic = ClinicFactory()
    ole, anne, eva = (PatientFactory(clinic=clinic, given_name=name) for name in ("Ole", "Anne", "Eva"))

    selection = frozen(clinic, Patient.objects.exclude(pk=eva.pk))

    assert selection.size == 2
    assert [row.patient for row in selection.members.order_by("position")] == [anne, ole]


def test_another_clinics_patients_are_never_frozen():
    PatientFactory()
    clinic = ClinicFactory()
    mine = PatientFactory(clinic=clinic)

    selection = frozen(clinic, Patient.objects.all())

    assert [row.patient for row in selection.members.all()] == [mine]


def test_nobody_makes_an_empty_selection():
    assert frozen(ClinicFactory(), Patient.objects.none()).size == 0


def test_freezing_is_logged_with_the_number():
    selection = frozen(ClinicFactory(), Patient.objects.all())

    assert AuditEvent.objects.get().what == f"selection {selection.pk} journal 7 0"


def test_a_thousand_take_as_many_queries_as_one(django_assert_num_queries):
    clinic = ClinicFactory()
    PatientFactory.create_batch(30, clinic=clinic)
    by = UserFactory()

    with django_assert_num_queries(7):  # savepoint, row, members, count, size, log, release
        freeze(Patient.objects.all(), clinic=clinic, origin=Origin.RISK, name="", by=by)


@pytest.mark.postgres
def test_the_planner_is_told_of_a_large_selection(monkeypatch):
    """Else everyone in it would be looked up one by one when they are moved to the left (spec I7)."""
    monkeypatch.setattr(freezing, "MANY", 3)
    clinic = ClinicFactory()
    PatientFactory.create_batch(3, clinic=clinic)

    selection = frozen(clinic, Patient.objects.all())

    known = "SELECT most_common_vals::text FROM pg_stats WHERE tablename = %s AND attname = 'selection_id'"
    with connection.cursor() as cursor:
        cursor.execute(known, [selection.members.model._meta.db_table])
        assert cursor.fetchone() == (f"{{{selection.pk}}}",)


def test_the_button_pressed_twice_freezes_once():
    clinic, by = ClinicFactory(), UserFactory()
    PatientFactory.create_batch(2, clinic=clinic)
    said = {"clinic": clinic, "origin": Origin.JOURNAL, "name": "Alle", "by": by, "origin_id": 7}

    first = freeze_once(Patient.objects.all(), **said)
    again = freeze_once(Patient.objects.all(), **said)
    PatientFactory(clinic=clinic)
    other = freeze_once(Patient.objects.all(), **said)

    assert again == first
    assert other != first
