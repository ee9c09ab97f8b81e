"""Moves, cancellations, types and calendars: what peers got wrong about appointments."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest

from notifications.kinds import Kind, State
from notifications.models import Notification
from timebook.models import Appointment, AppointmentType

CANARY = "Kanarifugl i lungene"


def waiting_reminders() -> list[tuple[int, object]]:
    """Return what waits: appointment and hour."""
    rows = Notification.objects.filter(kind=Kind.APPOINTMENT_REMINDER, state=State.WAITING)
    return list(rows.values_list("subject_id", "due_at"))


@pytest.mark.parametrize("days", [-3, -1, 1, 30])
def test_a_moved_appointment_is_reminded_of_at_its_new_hour_only(days, kari, set_up, move, email, pass_time):
    """peers 1, RDV: the queued job kept its run time, so the old hour was reminded of too. spec D7."""
    appointment = set_up(kari, days=10)
    pass_time(minutes=5)
    moved = move(appointment, days=days)
    pass_time(minutes=5)
    email.sent.clear()

    for _ in range(45):
        pass_time(days=1)

    assert [message.subject.split(" ")[0] for message in email.sent] == ["Påminnelse"]
    sent = Notification.objects.get(kind=Kind.APPOINTMENT_REMINDER, state=State.DISPATCHED)
    assert sent.due_at == moved.starts_at - timedelta(hours=48)


def test_nothing_follows_a_cancellation(told_of, cancel, email, sms, push, pass_time):
    """peers 2.6: reminders still went after the cancellation (cal.diy#6973, #15453). spec D7."""
    cancel(told_of)
    pass_time(minutes=5)
    sent = len(email.sent)

    for _ in range(8):
        pass_time(days=1)

    assert (len(email.sent), sms.sent, push.sent) == (sent, [], [])


@pytest.mark.parametrize("hours", [0.2, 1, 24, 47, 47.99])
def test_booked_inside_48_hours_there_is_no_reminder_at_once(hours, kari, set_up, email, pass_time):
    """peers 2.7: the reminder fired although booked inside its window (cal.diy#26942, #10749). spec D6."""
    set_up(kari, hours=hours)

    for _ in range(50):
        pass_time(hours=1)

    assert not [message for message in email.sent if message.subject.startswith("Påminnelse")]


@pytest.mark.parametrize(
    "changes",
    [{"name": "Nytt navn"}, {"minutes": 45}, {"is_active": False}, {"colour": 3}],
    ids=lambda changes: next(iter(changes)),
)
def test_editing_a_type_loses_no_reminder(changes, told_of, kind):
    """peers 2.8: editing a rule silently lost reminders (Cal-ID#790). spec D3, D10."""
    before = waiting_reminders()
    fresh = AppointmentType.objects.get(pk=kind.pk)
    for name, value in changes.items():
        setattr(fresh, name, value)

    fresh.save()

    assert len(before) == 1
    assert waiting_reminders() == before


def test_the_calendar_entry_carries_no_notes_and_no_numbers(kari, set_up, change, email, pass_time):
    """peers 1, Easy!Appointments: the .ics carried both parties' address, phone and notes. spec C4."""
    appointment = set_up(kari, days=7)
    change(appointment, remark=CANARY)
    pass_time(minutes=5)

    [mail] = email.sent
    [event] = icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")
    told = mail.calendar.replace("\r\n ", "")
    assert str(event["description"]) == f"Behandler: {appointment.practitioner.name}"
    for secret in (CANARY, appointment.type.name, kari.mobile, kari.given_name, kari.family_name, kari.local_number):
        assert secret not in told


def test_every_ending_takes_the_entry_out_of_the_calendar(kari, set_up, cancel, email, pass_time):
    """peers 2.11: a cancellation sent as REQUEST leaves the event in the calendar (cal.diy#29706); E!A sent none."""
    cancelled, deleted = set_up(kari, days=7), set_up(kari, days=8)
    pass_time(minutes=5)
    asked = {entry(mail)["uid"]: entry(mail)["sequence"] for mail in email.sent}
    email.sent.clear()

    cancel(cancelled)
    Appointment.objects.get(pk=deleted.pk).delete()
    pass_time(minutes=5)

    ended = [icalendar.Calendar.from_ical(mail.calendar) for mail in email.sent]
    assert [str(document["method"]) for document in ended] == ["CANCEL", "CANCEL"]
    assert {entry(mail)["uid"] for mail in email.sent} == set(asked)
    assert all(entry(mail)["sequence"] > asked[entry(mail)["uid"]] for mail in email.sent)


def entry(mail: object) -> icalendar.Event:
    """Return the one event of a mail's calendar."""
    [event] = icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")
    return event
