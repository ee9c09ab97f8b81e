"""Sending a notice again, at a colleague's request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from clinics.models import AuditEvent
from notifications import outbox
from notifications.kinds import Channel, DeliveryState, External, Kind, Lane, Reason, State, SubjectType
from notifications.models import Delivery, Notification
from notifications.outbox import CannotResend, Planned
from notifications.providers.base import Outcome
from patients.models import Patient
from timebook.models import Appointment

S = DeliveryState


@pytest.fixture
def sent(kari, promise, email, pass_time):
    """A notice that failed on every channel."""
    row = promise(kari)
    email.answers = lambda message: Outcome.refused(Reason.REJECTED)
    kari.mobile = ""
    kari.save()
    pass_time(seconds=1)
    email.answers = None
    row.refresh_from_db()
    return row


def test_it_is_judged_and_sent_as_any_other(sent, staff, email, pass_time):
    """design, section 3."""
    again = outbox.resend(sent, by=staff)
    pass_time(seconds=1)

    again.refresh_from_db()
    assert (again.state, again.resend_of, again.by) == (State.DISPATCHED, sent, staff)
    assert len(email.sent) == 2


def test_it_leaves_an_audit_line(sent, staff):
    """spec A7."""
    outbox.resend(sent, by=staff)

    assert AuditEvent.objects.filter(action="resend", patient_id=sent.patient_id).count() == 1


def test_it_is_stopped_by_what_holds_now(sent, staff, email, pass_time):
    """spec C1."""
    again = outbox.resend(sent, by=staff)
    Patient.objects.update(consent="withdrawn")
    pass_time(seconds=1)

    again.refresh_from_db()
    assert (again.state, again.reason) == (State.SUPPRESSED, Reason.CONSENT_WITHDRAWN)


def test_pressing_twice_sends_once(sent, staff, email, pass_time):
    """design: idempotent."""
    outbox.resend(sent, by=staff)

    with pytest.raises(CannotResend, match="alt på vei"):
        outbox.resend(sent, by=staff)


@pytest.mark.parametrize(
    "outcome", [Outcome.later(Reason.PROVIDER_DOWN), Outcome.unknown(Reason.NO_ANSWER)], ids=["queued", "unknown"]
)
def test_not_while_the_resend_itself_is_on_its_way(outcome, sent, staff, email, pass_time):
    """design, section 3: an unknown outcome is not a failure."""
    email.answers = lambda message: outcome
    outbox.resend(sent, by=staff)
    pass_time(seconds=1)

    with pytest.raises(CannotResend, match="alt på vei"):
        outbox.resend(sent, by=staff)


@pytest.mark.parametrize(
    "outcome", [Outcome.later(Reason.PROVIDER_DOWN), Outcome.unknown(Reason.NO_ANSWER)], ids=["queued", "unknown"]
)
def test_not_while_the_first_one_is_on_its_way(outcome, kari, promise, staff, email, pass_time):
    """design, section 3."""
    row = promise(kari)
    email.answers = lambda message: outcome
    pass_time(seconds=1)

    with pytest.raises(CannotResend, match="fortsatt på vei"):
        outbox.resend(row, by=staff)


def test_again_after_the_resend_failed_too(sent, staff, email, pass_time):
    """design: each resend has a slot of its own."""
    email.answers = lambda message: Outcome.refused(Reason.REJECTED)
    for _ in range(2):
        outbox.resend(sent, by=staff)
        pass_time(seconds=1)

    assert sent.resends.count() == 2


def test_not_what_still_waits(kari, promise, staff):
    """It has not been sent yet."""
    with pytest.raises(CannotResend, match="ikke sendt ennå"):
        outbox.resend(promise(kari), by=staff)


def test_not_what_others_notify(kari, staff, clock):
    """spec D13."""
    now = timezone.now()
    planned = Planned(
        clinic_id=kari.clinic_id,
        patient_id=kari.pk,
        kind=Kind.DIALOG_RECEIVED,
        subject_type=SubjectType.MESSAGE,
        subject_id=1,
        slot="message",
        event_at=now,
        due_at=now,
    )

    with pytest.raises(CannotResend, match="sendes av andre"):
        outbox.resend(outbox.record_external(planned, External.HELSENORGE), by=staff)


@pytest.mark.parametrize("state", [State.REPLACED, State.CANCELLED])
def test_not_what_no_longer_holds(state, sent, staff):
    """spec D5, D7."""
    Notification.objects.update(state=state)

    with pytest.raises(CannotResend):
        outbox.resend(sent, by=staff)


@pytest.mark.parametrize(("late", "is_refused"), [(-1, False), (0, True)])
def test_not_after_the_appointment_has_started(late, is_refused, kari, set_up, staff, email, pass_time, clock):
    """spec D7."""
    appointment = set_up(kari, days=1)
    pass_time(minutes=5)
    clock.move_to(appointment.starts_at + timedelta(seconds=late), tick=False)
    row = Notification.objects.get()

    if is_refused:
        with pytest.raises(CannotResend, match="begynt"):
            outbox.resend(row, by=staff)
    else:
        assert outbox.resend(row, by=staff).pk


def test_a_confirmation_sent_again_tells_of_the_appointment_as_it_is(kari, set_up, staff, email, pass_time):
    """spec D5."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=5)
    Appointment.objects.filter(pk=appointment.pk).update(place=None)
    outbox.resend(Notification.objects.get(kind=Kind.APPOINTMENT_SET_UP), by=staff)
    pass_time(seconds=1)

    assert "Sted: Fjordbyen legesenter" in email.sent[-1].text


def test_a_resend_does_not_disturb_the_news_that_waits(kari, set_up, staff, email, pass_time):
    """spec D5: slots of their own."""
    from timebook import booking

    appointment = set_up(kari, days=7)
    pass_time(minutes=5)
    appointment.refresh_from_db()
    booking.reschedule(appointment, version=appointment.version, by=staff, place=None)
    outbox.resend(Notification.objects.get(kind=Kind.APPOINTMENT_SET_UP), by=staff)
    pass_time(minutes=5)

    assert len(email.sent) == 3


def test_a_dialog_that_died_may_be_sent_again_with_a_new_lifetime(kari, promise, staff, clock, pass_time, email):
    """design, section 3: 72 hours from now."""
    row = promise(kari)
    pass_time(hours=72)
    row.refresh_from_db()
    again = outbox.resend(row, by=staff)
    pass_time(seconds=1)

    assert row.state == State.EXPIRED
    assert again.expires_at == again.due_at + timedelta(hours=72)
    assert len(email.sent) == 1


def test_an_unknown_bulk_sms_may_be_sent_again_by_a_colleague(kari, bulk_text, promise, staff, sms, pass_time):
    """design, section 3: ukjent, with a button."""
    row = promise(kari, Kind.BULK_SMS, Lane.BULK)
    pass_time(seconds=1)
    Delivery.objects.update(state=S.FAILED_UNKNOWN, reason=Reason.NO_ANSWER)

    outbox.resend(row, by=staff)
    pass_time(seconds=1)

    assert len(sms.sent) == 2
    assert set(Delivery.objects.values_list("channel", flat=True)) == {Channel.SMS}
