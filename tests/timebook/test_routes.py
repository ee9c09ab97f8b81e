"""Whatever route an appointment is saved by, the patient is told (design, section 2)."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from notifications.kinds import Kind
from tests.factories import AppointmentFactory, PractitionerFactory
from tests.timebook.conftest import news
from timebook import booking
from timebook.models import Appointment


def test_saving_the_object_again_later_starts_the_wait_from_then(kari, set_up, email, pass_time):
    """spec D3: whatever route an appointment is saved by."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=30)
    email.sent.clear()
    appointment.starts_at += timedelta(hours=1)
    appointment.ends_at += timedelta(hours=1)
    appointment.save()

    pass_time(minutes=4, seconds=59)

    assert email.sent == []


def test_an_appointment_saved_without_the_service_is_notified_too(kari, kind, email, pass_time):
    """design, section 2: shell, tasks and admin are safe."""
    AppointmentFactory(patient=kari, type=kind, starts_at=timezone.now() + timedelta(days=7))

    pass_time(minutes=5)

    assert len(email.sent) == 1


def test_a_later_save_of_the_same_object_is_not_the_patients(kari, kind, clinic, clock, pass_time):
    """spec D4: who did it is said anew each time."""
    start = timezone.now() + timedelta(days=7)
    appointment = booking.book(
        patient=kari,
        practitioner=PractitionerFactory(clinic=clinic),
        place=None,
        type=kind,
        starts_at=start,
        ends_at=start + timedelta(minutes=30),
    )
    pass_time(minutes=5)
    appointment.status = "cancelled"
    appointment.save()

    assert news()[-1].kind == Kind.APPOINTMENT_CANCELLED


def test_fixtures_describe_the_past_and_tell_nothing(kari, set_up, clock):
    """design, section 2."""
    appointment = Appointment.objects.get(pk=set_up(kari, days=7).pk)
    count = len(news())
    appointment.starts_at += timedelta(days=1)
    appointment.ends_at += timedelta(days=1)
    appointment.save_base(raw=True)

    assert len(news()) == count
