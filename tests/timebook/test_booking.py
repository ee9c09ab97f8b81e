"""Setting up, moving and cancelling: refusals, double booking, two editors, others' appointments (spec B3, D12–D14)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from notifications import history, reach
from notifications.kinds import External, Kind, Reason, State
from notifications.models import Notification
from patients.models import Consent, Patient, PushSubscription
from tests.factories import (
    AppointmentFactory,
    AppointmentTypeFactory,
    PatientFactory,
    PersonFactory,
    PlaceFactory,
    PractitionerFactory,
)
from tests.timebook.conftest import news, reminders
from timebook import booking
from timebook.booking import Conflict
from timebook.models import Appointment, Source

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("consent", [Consent.WITHDRAWN, Consent.NOT_ASKED])
def test_no_new_appointment_without_consent(consent, kari, set_up):
    """spec B3, D12: not asked counts as none."""
    Patient.objects.update(consent=consent)

    with pytest.raises(ValidationError, match="samtykket"):
        set_up(kari, days=7)


def test_without_consent_appointments_may_be_changed_and_give_no_notice(told_of, move, cancel, pass_time, email):
    """spec B3."""
    Patient.objects.update(consent=Consent.WITHDRAWN)
    move(told_of, hours=1)
    pass_time(minutes=5)
    cancel(told_of)
    pass_time(minutes=5)

    assert email.sent == []
    assert [row.reason for row in news()[1:]] == [Reason.CONSENT_WITHDRAWN] * 2


def test_restoring_needs_consent(told_of, cancel, undo):
    """spec B3: it stands anew."""
    cancel(told_of)
    Patient.objects.update(consent=Consent.WITHDRAWN)

    with pytest.raises(ValidationError, match="samtykket"):
        undo(told_of)


@pytest.mark.parametrize(
    ("fields", "is_blocked"),
    [
        ({}, False),
        ({"email": ""}, False),
        ({"mobile": ""}, False),
        ({"email": "", "mobile": ""}, True),
        ({"email": "", "is_landline": True}, True),
        ({"email": "", "mobile_dead": "not_in_service"}, True),
        ({"mobile": "", "email_dead": "hard_bounce"}, True),
        ({"email_dead": "hard_bounce"}, False),
        ({"email_dead": "hard_bounce", "mobile_dead": "opted_out"}, True),
        ({"email": "", "mobile": "+46701234567"}, True),  # the clinic sends no SMS abroad
    ],
)
def test_staff_are_warned_when_neither_email_nor_sms_is_possible(fields, is_blocked, clinic):
    """spec D12."""
    patient = PatientFactory(clinic=clinic, **fields)

    assert bool(reach.blocked(patient)) is is_blocked


def test_push_does_not_lift_the_warning(clinic):
    """spec C2, D12: e-mail and mobile only."""
    person = PersonFactory()
    PushSubscription.objects.create(person=person, endpoint="https://push.example/1", p256dh="k", auth="a")
    patient = PatientFactory(clinic=clinic, person=person, email="", mobile="")

    assert reach.blocked(patient)


def test_staff_can_go_on_without_contact_information(clinic, set_up, pass_time):
    """spec D12: the appointment stands, and the history says why nothing went."""
    appointment = set_up(PatientFactory(clinic=clinic, email="", mobile=""), days=7)

    pass_time(minutes=5)

    assert Appointment.objects.get(pk=appointment.pk).is_booked
    assert (news()[0].state, news()[0].reason) == (State.SUPPRESSED, Reason.NO_CONTACT)


@pytest.mark.parametrize(("source", "who"), [("helsenorge", "Helsenorge"), ("digicare", "DigiCare")])
def test_others_appointments_are_notified_by_them(source, who, kari, kind, cancel, email, sms, pass_time):
    """spec D13: nothing is sent, and the history says who does."""
    appointment = AppointmentFactory(patient=kari, type=kind, source=source, starts_at=timezone.now() + 7 * 24 * HOUR)
    pass_time(minutes=5)
    cancel(appointment)
    pass_time(days=6)

    rows = history.rows(history.of_patient(kari))
    assert email.sent == sms.sent == []
    assert {row.channels[0].word for row in rows} == {f"Varsles av {who}"}
    assert {row.notification.kind for row in rows} == {Kind.APPOINTMENT_SET_UP, Kind.APPOINTMENT_CANCELLED}
    assert set(Notification.objects.values_list("external", flat=True)) <= set(External.values)


def test_an_imported_appointment_is_our_own_to_notify(kari, kind, clock):
    """spec D11, D13."""
    AppointmentFactory(patient=kari, type=kind, source=Source.IMPORT)

    assert [row.state for row in reminders()] == [State.WAITING]


@pytest.mark.parametrize("length", [timedelta(0), timedelta(minutes=-1)])
def test_end_must_come_after_start(length, told_of, change):
    """spec D14."""
    with pytest.raises(ValidationError, match="Slutt må være etter start"):
        change(told_of, ends_at=told_of.starts_at + length)


@pytest.mark.parametrize(("seconds", "is_refused"), [(-1, True), (0, False)])
def test_no_start_in_the_past(seconds, is_refused, kari, set_up):
    """spec D14."""
    if is_refused:
        with pytest.raises(ValidationError, match="passert"):
            set_up(kari, seconds=seconds)
    else:
        assert set_up(kari, seconds=seconds).pk


def test_no_move_into_the_past(told_of, move):
    """spec D14."""
    with pytest.raises(ValidationError, match="passert"):
        move(told_of, days=-8)


def book_like(appointment, patient, **step):
    """Book as the patient, at the same practitioner's, so much later."""
    start = appointment.starts_at + timedelta(**step)
    return booking.book(
        patient=patient,
        practitioner=appointment.practitioner,
        place=None,
        type=appointment.type,
        starts_at=start,
        ends_at=start + timedelta(minutes=30),
    )


@pytest.mark.parametrize("minutes", [-29, -15, 0, 29])
def test_the_patient_never_double_books(minutes, told_of, kari):
    """spec D14."""
    with pytest.raises(ValidationError, match="ikke lenger ledig"):
        book_like(told_of, PatientFactory(clinic=kari.clinic), minutes=minutes)


@pytest.mark.parametrize("minutes", [-30, 30])
def test_the_patient_books_next_to_another_appointment(minutes, told_of, kari):
    """spec D14: touching is not overlapping."""
    assert book_like(told_of, kari, minutes=minutes).pk


def test_the_patient_books_where_another_was_cancelled(told_of, kari, cancel):
    """spec D14."""
    cancel(told_of)

    assert book_like(told_of, kari).pk


def test_the_patient_cannot_move_on_top_of_another(told_of, kari):
    """spec D14."""
    mine = book_like(told_of, kari, hours=2)

    with pytest.raises(ValidationError, match="ikke lenger ledig"):
        booking.reschedule(mine, version=mine.version, by=None, starts_at=told_of.starts_at, ends_at=told_of.ends_at)


def test_staff_may_double_book(told_of, kari, set_up):
    """spec D14."""
    assert set_up(PatientFactory(clinic=kari.clinic), days=7, minutes=-5).pk


def test_the_same_appointment_is_not_set_up_twice(kari, set_up, cancel, email, pass_time):
    """A second press of «Sett opp», overlap accepted or not, is one appointment and one confirmation."""
    first = set_up(kari, days=7)
    with pytest.raises(ValidationError, match="den er satt opp"):
        set_up(kari, days=7)
    pass_time(minutes=5)
    assert (Appointment.objects.count(), len(email.sent)) == (1, 1)

    cancel(first)
    again = set_up(kari, days=7, minutes=-5)
    assert again.starts_at == first.starts_at


@pytest.mark.parametrize("act", ["reschedule", "cancel", "restore"])
def test_the_second_of_two_editors_is_told(act, told_of, staff, move):
    """design: the version that was looked at must be the one that stands."""
    seen = told_of.version
    move(told_of, hours=1)
    changes = {"remark": "x"} if act == "reschedule" else {}

    with pytest.raises(Conflict) as conflict:
        getattr(booking, act)(told_of, version=seen, by=staff, **changes)

    assert conflict.value.current.version == seen + 1


def test_a_remark_raises_the_version_and_not_the_sequence(told_of, change):
    """RFC 5546: SEQUENCE rises when the patient would see it."""
    changed = change(told_of, remark="Ønsker tolk")
    changed.refresh_from_db()

    assert (changed.version, changed.sequence) == (told_of.version + 1, told_of.sequence)


@pytest.mark.parametrize("part", ["patient", "practitioner", "place", "type"])
def test_parts_of_another_clinic_are_refused(part, clinic, staff, kari, kind):
    """spec A7."""
    parts = {
        "patient": kari,
        "practitioner": PractitionerFactory(clinic=clinic),
        "place": PlaceFactory(clinic=clinic),
        "type": kind,
    }
    others = {
        "patient": PatientFactory,
        "practitioner": PractitionerFactory,
        "place": PlaceFactory,
        "type": AppointmentTypeFactory,
    }
    start = timezone.now() + 24 * HOUR

    with pytest.raises(ValidationError, match="klinikken"):
        booking.set_up(
            clinic=clinic, **{**parts, part: others[part]()}, starts_at=start, ends_at=start + HOUR, by=staff
        )


@pytest.mark.parametrize(("passed", "is_refused"), [(29, False), (30, True)])
def test_an_appointment_that_is_over_cannot_be_cancelled(passed, is_refused, kari, set_up, cancel, clock):
    """spec D4."""
    appointment = set_up(kari, minutes=10)
    clock.shift(timedelta(minutes=10 + passed))

    if is_refused:
        with pytest.raises(ValidationError, match="over"):
            cancel(appointment)
    else:
        assert not cancel(appointment).is_booked


@pytest.mark.parametrize("act", ["cancel", "move"])
def test_a_cancelled_appointment_is_neither_cancelled_nor_moved(act, told_of, cancel, request):
    """spec D4."""
    cancel(told_of)

    with pytest.raises(ValidationError, match="avlyst"):
        request.getfixturevalue(act)(told_of)
