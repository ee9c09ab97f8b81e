"""The nightly reconcile: plans what is missing, and nothing else (design, section 2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from clinics.models import Clinic
from notifications.kinds import State
from notifications.models import Notification
from tests.factories import AppointmentFactory
from tests.timebook.conftest import reminders
from timebook import drift
from timebook.models import Appointment, AppointmentType, Source, Status


@pytest.fixture
def left_out(kari, kind, clock):
    """An appointment whose planning was lost in a bulk change."""

    def make(**ahead):
        row = AppointmentFactory(patient=kari, type=kind, starts_at=timezone.now() + timedelta(**ahead))
        Notification.objects.filter(subject_id=row.pk).delete()
        return row

    return make


def test_a_missing_reminder_is_planned(left_out):
    """spec D6."""
    row = left_out(days=7)

    mended = drift.mend(timezone.now())

    assert mended == 1
    assert [(item.subject_id, item.due_at) for item in reminders()] == [(row.pk, row.starts_at - timedelta(hours=48))]


@pytest.mark.parametrize(("hours", "expected"), [(48, 1), (47, 0)])
def test_mending_keeps_the_48_hours(hours, expected, left_out):
    """spec D6."""
    left_out(hours=hours)

    assert drift.mend(timezone.now()) == expected


def test_mending_twice_plans_once(left_out):
    """design, section 2."""
    left_out(days=7)
    drift.mend(timezone.now())

    assert drift.mend(timezone.now()) == 0
    assert len(reminders()) == 1


def test_what_is_planned_is_left_alone(told_of):
    """design, section 2."""
    before = list(Notification.objects.values())

    assert drift.mend(timezone.now()) == 0
    assert list(Notification.objects.values()) == before


def test_a_move_in_bulk_gets_a_reminder_of_the_new_start(told_of):
    """spec D7."""
    later = told_of.starts_at + timedelta(days=1)
    Appointment.objects.update(starts_at=later, ends_at=later + timedelta(minutes=30))

    drift.mend(timezone.now())

    assert later - timedelta(hours=48) in {row.due_at for row in reminders(state=State.WAITING)}


@pytest.mark.parametrize("what", ["type off", "module off", "cancelled", "helsenorge", "digicare"])
def test_what_gets_no_reminder_is_not_mended(what, left_out):
    """spec A3, D9, D13."""
    left_out(days=7)
    match what:
        case "type off":
            AppointmentType.objects.update(notices=False)
        case "module off":
            Clinic.objects.update(timebook_notices=False)
        case "cancelled":
            Appointment.objects.update(status=Status.CANCELLED)
        case _:
            Appointment.objects.update(source=Source(what))

    assert drift.mend(timezone.now()) == 0
    assert reminders() == []


def test_no_confirmation_is_ever_mended(left_out):
    """spec D8."""
    left_out(days=7)
    drift.mend(timezone.now())

    assert Notification.objects.count() == len(reminders())


def test_a_barred_start_stays_barred(left_out):
    """spec D11."""
    row = left_out(hours=47)
    Appointment.objects.update(barred_start=row.starts_at)

    assert drift.mend(timezone.now()) == 0
