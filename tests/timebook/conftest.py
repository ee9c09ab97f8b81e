"""The engine's frozen world, with appointments in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from notifications.kinds import Kind
from notifications.models import Notification
from tests.engine.conftest import (  # noqa: F401 - fixtures
    clinic,
    clock,
    email,
    kari,
    kind,
    pass_time,
    promise,
    providers,
    push,
    set_up,
    sms,
    staff,
    told,
)
from timebook import booking
from timebook.models import Appointment


@pytest.fixture
def change(staff: object) -> Callable[..., Appointment]:  # noqa: F811
    """Change an appointment as staff; what is not said stays."""

    def make(appointment: Appointment, **changes: object) -> Appointment:
        fresh = Appointment.objects.get(pk=appointment.pk)
        return booking.reschedule(fresh, version=fresh.version, by=staff, **changes)

    return make


@pytest.fixture
def move(change: Callable[..., Appointment]) -> Callable[..., Appointment]:
    """Move an appointment, as staff, by so much."""

    def make(appointment: Appointment, **by: float) -> Appointment:
        fresh = Appointment.objects.get(pk=appointment.pk)
        step = timedelta(**by)
        return change(fresh, starts_at=fresh.starts_at + step, ends_at=fresh.ends_at + step)

    return make


@pytest.fixture
def cancel(staff: object) -> Callable[..., Appointment]:  # noqa: F811
    """Cancel an appointment as staff."""

    def make(appointment: Appointment) -> Appointment:
        fresh = Appointment.objects.get(pk=appointment.pk)
        return booking.cancel(fresh, version=fresh.version, by=staff)

    return make


@pytest.fixture
def call_off() -> Callable[..., Appointment]:
    """Call an appointment off as the patient."""

    def make(appointment: Appointment) -> Appointment:
        fresh = Appointment.objects.get(pk=appointment.pk)
        return booking.cancel(fresh, version=fresh.version, by=None)

    return make


@pytest.fixture
def undo(staff: object) -> Callable[..., Appointment]:  # noqa: F811
    """Undo a cancellation as staff."""

    def make(appointment: Appointment) -> Appointment:
        fresh = Appointment.objects.get(pk=appointment.pk)
        return booking.restore(fresh, version=fresh.version, by=staff)

    return make


@pytest.fixture
def told_of(kari: object, set_up: Callable, pass_time: Callable, email: object) -> Appointment:  # noqa: F811
    """An appointment whose confirmation has gone."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=5)
    email.sent.clear()
    return Appointment.objects.get(pk=appointment.pk)


def reminders(**where: object) -> list[Notification]:
    """Return the reminders, oldest first."""
    return list(Notification.objects.filter(kind=Kind.APPOINTMENT_REMINDER, **where).order_by("pk"))


def news(**where: object) -> list[Notification]:
    """Return the news, oldest first."""
    return list(Notification.objects.exclude(kind=Kind.APPOINTMENT_REMINDER).filter(**where).order_by("pk"))
