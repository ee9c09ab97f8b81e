"""Late, missing and repeated ticks: nothing is lost, nothing goes twice, nothing goes when it no longer holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import dispatch, receipts, reconcile, sending
from notifications.kinds import Channel, Kind, Lane, Reason, State
from notifications.models import Notification
from tests.engine.conftest import run_engine
from timebook.models import Appointment


def reminded(email):
    """Return the subjects of the reminders that have gone."""
    return [message.subject for message in email.sent if message.subject.startswith("Påminnelse")]


def test_ticks_with_nothing_due_do_nothing(clinic, clock, providers):
    """peers 1, OpenEMR: the runner crashed when nothing was due (openemr#12307)."""
    now = timezone.now()

    worked = [dispatch.run(now, lane) for lane in Lane]
    worked += [sending.run(channel, lane, now) for channel in Channel for lane in Lane]
    worked += [receipts.apply_pending(now), reconcile.reap(now)]

    assert not any(worked)


@pytest.mark.parametrize("hours_late", [0, 1, 2, 23, 47])
def test_a_reminder_survives_ticks_that_were_missed(hours_late, told_of, clock, email):
    """peers 2.4: the window [now+h, now+h+1h) lost reminders for ever (Bahmni; openemr#11907). spec D6, D7."""
    clock.move_to(told_of.starts_at - timedelta(hours=48) + timedelta(hours=hours_late), tick=False)

    run_engine()

    assert len(reminded(email)) == 1


def test_a_reminder_goes_once_however_often_the_ticks_run(told_of, email, pass_time):
    """peers 2.2: the same reminder every hour, because dedupe read the wrong column (openemr#11477). spec D6."""
    pass_time(days=5)

    for _ in range(49):
        pass_time(hours=1)

    assert len(reminded(email)) == 1


def test_each_visit_of_a_series_is_reminded_of_once(kari, set_up, email, pass_time):
    """peers 2.3: recurring visits were deduplicated by series, not by visit (openemr#11480). spec D6."""
    for week in range(1, 5):
        set_up(kari, weeks=week)

    for _ in range(5 * 7):
        pass_time(days=1)

    assert len(reminded(email)) == 4


def test_after_an_outage_only_what_still_holds_goes(kari, set_up, move, cancel, email, sms, clock):
    """peers 2.5: catching up after an outage burst many messages to one patient (openemr#11911). spec D5, D7."""
    for days in (1, 2, 3):  # begun, or over, when the engine wakes
        set_up(kari, days=days)
    standing, called_off = set_up(kari, days=5, hours=1), set_up(kari, days=8)
    for step in (1, 2, 3):
        move(standing, hours=step)
    cancel(called_off)
    clock.shift(timedelta(days=3, hours=12))

    run_engine()

    past = Notification.objects.filter(subject_id__in=Appointment.objects.filter(starts_at__lt=timezone.now()))
    assert {(row.state, row.reason) for row in past} == {(State.EXPIRED, Reason.TOO_LATE)}
    assert len(email.sent) == 2  # the confirmation as the appointment stands, and its reminder
    assert sms.sent == []


def test_a_cancellation_that_waited_out_the_outage_is_still_told(told_of, cancel, email, clock):
    """peers 2.5: what is worth knowing late is told late, and dies after a day. spec D7."""
    cancel(told_of)
    email.sent.clear()
    clock.shift(timedelta(hours=24))

    run_engine()

    assert len(email.sent) == 1
    assert "avlyst" in email.sent[0].text


def test_sending_leaves_the_appointment_alone(told_of, email, pass_time):
    """peers 1, OpenEMR: the sender overwrote the arrival status with 'SMS' (openemr#11479)."""
    before = Appointment.objects.filter(pk=told_of.pk).values().get()

    pass_time(days=5)

    assert len(reminded(email)) == 1
    assert Appointment.objects.filter(pk=told_of.pk).values().get() == before


def test_one_unreachable_patient_stops_no_other(clinic, kari, set_up, email, pass_time):
    """peers 1, Bahmni: `return` inside the loop at the first patient without a phone. spec C2."""
    from tests.factories import PatientFactory

    nobody = PatientFactory(clinic=clinic, email="", mobile="")
    for patient in (kari, nobody, PatientFactory(clinic=clinic, email="siste@example.com")):
        set_up(patient, days=7)
    pass_time(minutes=5)
    email.sent.clear()

    pass_time(days=5)

    assert sorted(message.recipient for message in email.sent) == ["kari@example.com", "siste@example.com"]
    why = Notification.objects.get(patient=nobody, kind=Kind.APPOINTMENT_REMINDER)
    assert (why.state, why.reason) == (State.SUPPRESSED, Reason.NO_CONTACT)
