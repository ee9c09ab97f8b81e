"""Deleting an appointment counts as cancelling it (spec D3)."""

from __future__ import annotations

import icalendar
import pytest

from notifications.kinds import State
from tests.timebook.conftest import reminders
from timebook.models import Appointment, AppointmentType


@pytest.mark.parametrize("route", ["instance", "queryset"])
def test_deleting_tells_the_patient_of_a_cancellation(route, told_of, email, pass_time):
    """spec D3: deleting counts as cancelling."""
    if route == "instance":
        told_of.delete()
    else:
        Appointment.objects.filter(pk=told_of.pk).delete()

    pass_time(minutes=5)

    assert [message.subject for message in email.sent] == ["Timen din 30.11.2026 hos Fjordbyen legesenter er avlyst"]
    assert "Bjørn Haugen" in email.sent[0].text
    assert reminders()[0].state == State.CANCELLED


def test_deleting_before_the_confirmation_went_sends_only_the_cancellation(kari, set_up, email, pass_time):
    """spec D3, D5."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=2)
    appointment.delete()

    pass_time(minutes=5)

    assert ["avlyst" in message.subject for message in email.sent] == [True]


def test_deleting_a_cancelled_appointment_tells_nothing_more(told_of, cancel, email, pass_time):
    """spec D3."""
    cancelled = cancel(told_of)
    pass_time(minutes=5)
    email.sent.clear()

    cancelled.delete()
    pass_time(minutes=5)

    assert email.sent == []


def test_deleting_right_after_cancelling_still_tells_of_the_cancellation(told_of, cancel, email, pass_time):
    """spec D5: a cancellation is always sent."""
    cancel(told_of).delete()

    pass_time(minutes=5)

    assert ["avlyst" in message.subject for message in email.sent] == [True]


def test_the_calendar_entry_of_a_deleted_appointment_is_cancelled(told_of, email, pass_time):
    """spec D3; RFC 5546: same UID, higher SEQUENCE."""
    told_of.delete()

    pass_time(minutes=5)

    document = icalendar.Calendar.from_ical(email.sent[0].calendar)
    event = document.walk("VEVENT")[0]
    assert document["METHOD"] == "CANCEL"
    assert (str(event["UID"]), event["SEQUENCE"]) == (f"{told_of.uid}@pasientvarsel", told_of.sequence + 1)


def test_deleting_an_appointment_of_a_type_switched_off_since_tells_nothing(told_of, email, pass_time):
    """spec C1, D9: the type is looked at when the news is due."""
    told_of.delete()
    AppointmentType.objects.update(notices=False)

    pass_time(minutes=5)

    assert email.sent == []
