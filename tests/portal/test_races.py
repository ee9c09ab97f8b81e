"""Patients at the same moment, on PostgreSQL: the one holds its locks, the other is seen to wait."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinics.hours import OpeningHours
from notifications.models import Notification
from tests.factories import AppointmentTypeFactory, ClinicFactory, PractitionerFactory
from tests.lock_waits import begun
from tests.portal.visitors import logged_in, person_with
from timebook import booking
from timebook.models import Appointment

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # 08.00


@time_machine.travel(NOW, tick=False)
def test_of_two_who_press_on_the_same_free_slot_one_gets_it_and_the_other_is_shown_free_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """spec D14: the second presses while the first is being booked, and is told so; nothing is planned for them."""
    clinic = ClinicFactory()
    OpeningHours.objects.create(clinic=clinic, weekday=2, opens=time(8), closes=time(10))
    kind = AppointmentTypeFactory(clinic=clinic, minutes=30, self_booking=True)
    doctor = PractitionerFactory(clinic=clinic)
    address = f"{reverse('portal:book_slot')}?type={kind.pk}&behandler={doctor.pk}&start={WEDNESDAY:%Y%m%dT%H%MZ}"
    first, second = (logged_in(person_with(clinic)) for _one in range(2))
    answers: list[Any] = []
    others: list[threading.Thread] = []
    refuse = booking.refuse_double_booking

    def press(phone: Client) -> None:
        answers.append(phone.post(address))

    def second_presses_after(appointment: Appointment, *, by: None) -> None:
        refuse(appointment, by=by)
        if not others:
            others.append(threading.current_thread())
            others[0] = begun(lambda: press(second))

    monkeypatch.setattr(booking, "refuse_double_booking", second_presses_after)
    press(first)
    others[0].join()

    row = Appointment.objects.get()
    mine, theirs = answers
    assert (mine.status_code, mine["Location"]) == (302, reverse("portal:appointment", args=[row.pk]))
    assert (theirs.status_code, "Noen andre fikk timen" in theirs.content.decode()) == (409, True)
    near = [slot.starts_at for slot, _address in theirs.context["near"]]
    assert near
    assert min(near) >= row.ends_at
    assert set(Notification.objects.values_list("patient", flat=True)) == {row.patient_id}
