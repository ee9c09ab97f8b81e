"""Confirmation, change and cancellation: when they go, what they say, what makes none (spec D1–D4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from notifications.kinds import Kind, State
from notifications.models import Notification
from tests.factories import AppointmentTypeFactory, PatientFactory, PlaceFactory, PractitionerFactory
from tests.timebook.conftest import news
from timebook import booking
from timebook.models import AppointmentType


@pytest.fixture
def book(clinic, kind):
    """Book as the patient, with a practitioner of one's own."""

    def make(patient, **starts_in):
        start = timezone.now() + timedelta(**starts_in)
        return booking.book(
            patient=patient,
            practitioner=PractitionerFactory(clinic=clinic),
            place=None,
            type=kind,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
        )

    return make


def test_new_types_are_born_with_notices_off(clinic):
    """spec D1."""
    assert AppointmentType(clinic=clinic, name="Ny type").notices is False


def test_type_with_notices_off_gives_nothing(kari, set_up, kind, email, sms, pass_time):
    """spec D1."""
    AppointmentType.objects.filter(pk=kind.pk).update(notices=False)
    kind.refresh_from_db()

    set_up(kari, days=7)
    pass_time(minutes=5)

    assert Notification.objects.count() == 0
    assert email.sent == sms.sent == []


@pytest.mark.parametrize("hour", [0, 3, 6, 12, 22, 23])
def test_confirmation_goes_after_five_minutes_at_any_hour(hour, kari, set_up, clock, email, pass_time):
    """spec D2."""
    clock.move_to(datetime(2026, 11, 24, hour, 0, tzinfo=UTC), tick=False)
    set_up(kari, days=7)

    pass_time(minutes=4, seconds=59)
    early = len(email.sent)
    pass_time(seconds=1)

    assert (early, len(email.sent)) == (0, 1)


@pytest.mark.parametrize(
    ("event", "kind_of_news"),
    [
        ("move", Kind.APPOINTMENT_CHANGED),
        ("cancel", Kind.APPOINTMENT_CANCELLED),
        ("call_off", Kind.APPOINTMENT_CALLED_OFF),
    ],
)
def test_change_and_cancellation_go_after_five_minutes(event, kind_of_news, told_of, email, pass_time, request):
    """spec D3, D4."""
    act = request.getfixturevalue(event)
    act(told_of, **({"hours": 1} if event == "move" else {}))

    pass_time(minutes=4, seconds=59)
    early = len(email.sent)
    pass_time(seconds=1)

    assert (early, len(email.sent)) == (0, 1)
    assert news(state=State.DISPATCHED)[-1].kind == kind_of_news


def test_set_up_by_staff_says_so(kari, set_up, email, pass_time):
    """spec D2: satt opp."""
    set_up(kari, days=7)
    pass_time(minutes=5)

    assert news()[0].kind == Kind.APPOINTMENT_SET_UP
    assert "Du har fått time" in email.sent[0].text


def test_booked_by_the_patient_says_so(kari, book, email, pass_time):
    """spec D2: bestilt."""
    book(kari, days=7)
    pass_time(minutes=5)

    assert news()[0].kind == Kind.APPOINTMENT_BOOKED
    assert "Du har bestilt time" in email.sent[0].text


def test_cancelled_by_staff_says_avlyst(told_of, cancel, email, pass_time):
    """spec D4."""
    cancel(told_of)
    pass_time(minutes=5)

    assert "avlyst" in email.sent[0].subject
    assert "Klinikken har avlyst" in email.sent[0].text
    assert "avbestilt" not in email.sent[0].text


def test_called_off_by_the_patient_says_avbestilt(told_of, call_off, email, pass_time):
    """spec D4."""
    call_off(told_of)
    pass_time(minutes=5)

    assert "avbestilt" in email.sent[0].subject
    assert "Du har avbestilt" in email.sent[0].text
    assert "avlyst" not in email.sent[0].text


@pytest.mark.parametrize("field", ["starts_at", "ends_at", "practitioner", "place", "type", "no place"])
def test_what_the_patient_sees_makes_a_change_notice(field, told_of, change, clinic, email, pass_time):
    """spec D3."""
    hour = timedelta(hours=1)
    changes = {
        "starts_at": {"starts_at": told_of.starts_at + timedelta(minutes=5)},
        "ends_at": {"ends_at": told_of.ends_at + hour},
        "practitioner": {"practitioner": PractitionerFactory(clinic=clinic, name="Siri Moen")},
        "place": {"place": PlaceFactory(clinic=clinic)},
        "type": {"type": AppointmentTypeFactory(clinic=clinic)},
        "no place": {"place": None},
    }
    change(told_of, **changes[field])

    pass_time(minutes=5)

    assert [row.kind for row in news(state=State.DISPATCHED)][1:] == [Kind.APPOINTMENT_CHANGED]
    assert len(email.sent) == 1


@pytest.mark.parametrize("what", ["remark", "type", "practitioner", "place", "same values"])
def test_remarks_and_new_names_make_no_notice(what, told_of, change, email, pass_time):
    """spec D3."""
    if what == "remark":
        change(told_of, remark="Ønsker tolk")
    elif what == "same values":
        change(told_of, starts_at=told_of.starts_at, place=told_of.place)
    else:
        part = getattr(told_of, what)
        part.name = "Nytt navn"
        part.save()

    pass_time(minutes=5)

    assert email.sent == []
    assert len(news()) == 1


def test_a_remark_does_not_hold_up_the_waiting_news(kari, set_up, change, email, pass_time):
    """spec D3: an internal remark is no change, so the five minutes do not start again."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=4)
    change(appointment, remark="Ønsker tolk")

    pass_time(minutes=1)

    assert len(email.sent) == 1


def test_the_patient_of_an_appointment_cannot_be_changed(told_of, change, kari):
    """spec D3."""
    with pytest.raises(ValueError, match="patient"):
        change(told_of, patient=kari)


def test_two_patients_with_one_number_get_a_notice_each(kari, set_up, sms, pass_time, clinic):
    """spec B1: parents and care homes share a number."""
    ola = PatientFactory(clinic=clinic, email="", mobile=kari.mobile)
    per = PatientFactory(clinic=clinic, email="", mobile=kari.mobile)
    set_up(ola, days=7)
    set_up(per, days=7)

    pass_time(minutes=5)

    assert [message.recipient for message in sms.sent] == [kari.mobile, kari.mobile]
