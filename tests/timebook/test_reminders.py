"""Reminders: 48 elapsed hours before, once per appointment and start, moved and removed with it (spec D6, D7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from notifications.kinds import Kind, Reason, State
from notifications.models import Delivery
from tests.factories import PractitionerFactory
from tests.timebook.conftest import reminders
from timebook.models import Appointment

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(hours=47, minutes=59, seconds=59), 0),
        (timedelta(hours=48), 1),
        (timedelta(hours=48, seconds=1), 1),
        (timedelta(days=300), 1),
    ],
)
def test_less_than_48_hours_ahead_has_no_reminder(ahead, expected, kari, set_up):
    """spec D6: exactly 48 hours is not less."""
    set_up(kari, seconds=ahead.total_seconds())

    assert len(reminders()) == expected


@pytest.mark.parametrize("hours", [1, 47])
def test_confirmation_goes_as_usual_without_a_reminder(hours, kari, set_up, email, pass_time):
    """spec D6."""
    set_up(kari, hours=hours)

    pass_time(minutes=5)

    assert len(email.sent) == 1


def test_reminder_goes_to_the_second(told_of, email, pass_time):
    """spec D6."""
    until = told_of.starts_at - timedelta(hours=48) - timezone.now()

    pass_time(seconds=until.total_seconds() - 1)
    early = len(email.sent)
    pass_time(seconds=1)

    assert (early, len(email.sent)) == (0, 1)
    assert "Påminnelse" in email.sent[0].subject


@pytest.mark.parametrize(
    ("start", "goes"),
    [
        (datetime(2026, 3, 30, 10, 0, tzinfo=OSLO), datetime(2026, 3, 28, 9, 0, tzinfo=OSLO)),
        (datetime(2026, 10, 26, 10, 0, tzinfo=OSLO), datetime(2026, 10, 24, 11, 0, tzinfo=OSLO)),
    ],
)
def test_reminder_over_a_dst_weekend_is_48_elapsed_hours(start, goes, kari, set_up, clock, email, pass_time):
    """spec D6: the clock shows one hour off, and the text the hour of the start."""
    clock.move_to(goes.astimezone(UTC) - timedelta(days=3), tick=False)
    set_up(kari, seconds=(start.astimezone(UTC) - timezone.now()).total_seconds())
    pass_time(minutes=5)
    email.sent.clear()

    pass_time(days=3, minutes=-5, seconds=-1)
    early = len(email.sent)
    pass_time(seconds=1)

    assert (early, len(email.sent)) == (0, 1)
    assert "kl. 10.00" in email.sent[0].text


def test_moving_moves_the_reminder(told_of, move, email, pass_time):
    """spec D7."""
    moved = move(told_of, days=1)

    old, new = reminders()

    assert (old.state, old.reason) == (State.REPLACED, Reason.APPOINTMENT_MOVED)
    assert (new.state, new.due_at) == (State.WAITING, moved.starts_at - timedelta(hours=48))


def test_moved_to_less_than_48_hours_ahead_has_no_reminder(told_of, move):
    """spec D6."""
    move(told_of, days=-5, seconds=-1)

    assert [row.state for row in reminders()] == [State.REPLACED]


def test_moved_to_exactly_48_hours_ahead_has_one(told_of, move):
    """spec D6."""
    move(told_of, days=-5, minutes=5)

    assert [row.state for row in reminders()] == [State.REPLACED, State.WAITING]


def test_moved_away_and_back_before_the_reminder_went_sends_one(told_of, move, pass_time):
    """spec D6."""
    move(told_of, days=1)
    pass_time(minutes=1)
    move(told_of, days=-1)

    pass_time(days=6)

    assert [row.due_at for row in reminders(state=State.DISPATCHED)] == [told_of.starts_at - timedelta(hours=48)]


def test_moved_away_and_back_after_the_reminder_went_sends_no_second(told_of, move, pass_time):
    """spec D6: at most one per start, ever."""
    until = told_of.starts_at - timedelta(hours=48) - timezone.now()
    pass_time(seconds=until.total_seconds())
    move(told_of, days=5)
    pass_time(minutes=1)
    move(told_of, days=-5)

    pass_time(hours=47)

    same = [row for row in reminders(state=State.DISPATCHED) if row.slot.endswith(told_of.starts_at.isoformat())]
    assert len(same) == 1


def test_each_new_start_gets_its_own_reminder(told_of, move, email, pass_time):
    """spec D6."""
    pass_time(days=5, minutes=-5)
    move(told_of, days=7)
    pass_time(days=7)

    assert len(reminders(state=State.DISPATCHED)) == 2


def test_changing_the_practitioner_leaves_the_reminder(told_of, change, clinic):
    """spec D7: only moving moves it."""
    before = reminders()
    change(told_of, practitioner=PractitionerFactory(clinic=clinic))

    assert [(row.pk, row.state) for row in reminders()] == [(before[0].pk, State.WAITING)]


def test_changing_the_practitioner_under_48_hours_gives_no_reminder(kari, set_up, change, clinic, pass_time):
    """spec D6."""
    appointment = set_up(kari, hours=47)
    pass_time(minutes=5)
    change(appointment, practitioner=PractitionerFactory(clinic=clinic))
    pass_time(minutes=5)

    assert reminders() == []


def test_cancelling_removes_the_reminder(told_of, cancel):
    """spec D7."""
    cancel(told_of)

    assert [(row.state, row.reason) for row in reminders()] == [(State.CANCELLED, Reason.APPOINTMENT_CANCELLED)]


@pytest.mark.parametrize("wait", [1, 10])
def test_undo_brings_the_reminder_back(wait, told_of, cancel, undo, pass_time):
    """spec D7: inside the wait, and after the news went."""
    cancel(told_of)
    pass_time(minutes=wait)
    undo(told_of)

    waiting = reminders(state=State.WAITING)

    assert [row.due_at for row in waiting] == [told_of.starts_at - timedelta(hours=48)]


def test_undo_inside_the_wait_brings_back_a_reminder_that_fell_due_meanwhile(kari, set_up, cancel, undo, pass_time):
    """spec D5, D7: the cancellation never happened, so the reminder it removed stands, and goes at once."""
    appointment = set_up(kari, hours=48, minutes=10)
    pass_time(minutes=9)
    cancel(appointment)
    pass_time(minutes=2)
    undo(appointment)
    pass_time(seconds=1)

    assert len(reminders(state=State.DISPATCHED)) == 1


def test_undo_after_the_news_went_under_48_hours_has_no_reminder(kari, set_up, cancel, undo, pass_time):
    """spec D6: it is set up again, less than 48 hours ahead."""
    appointment = set_up(kari, hours=48, minutes=10)
    pass_time(minutes=8)
    cancel(appointment)
    pass_time(minutes=6)
    undo(appointment)
    pass_time(hours=1)

    assert reminders(state=State.DISPATCHED) == []


def test_undo_does_not_bring_back_a_reminder_that_an_earlier_cancellation_removed(
    kari, set_up, cancel, undo, pass_time
):
    """spec D6: restored 47 hours ahead it had no reminder, so cancelling and undoing gives none."""
    appointment = set_up(kari, hours=72)
    pass_time(minutes=5)
    cancel(appointment)
    pass_time(hours=25)
    undo(appointment)
    pass_time(minutes=5)
    cancel(appointment)
    pass_time(minutes=1)
    undo(appointment)
    pass_time(minutes=5)

    assert reminders(state=State.DISPATCHED) == []


def test_undo_after_the_reminder_went_sends_no_second(told_of, cancel, undo, pass_time):
    """spec D6."""
    pass_time(days=5)
    cancel(told_of)
    pass_time(minutes=1)
    undo(told_of)
    pass_time(minutes=5)

    assert len(reminders(state=State.DISPATCHED)) == 1


def test_a_move_that_reached_no_signal_kills_the_old_reminder_at_its_hour(told_of, email, pass_time):
    """spec D7: judged again when due."""
    later = told_of.starts_at + timedelta(days=2)
    Appointment.objects.update(starts_at=later, ends_at=later + timedelta(minutes=30))

    pass_time(days=5)

    assert [(row.state, row.reason) for row in reminders()] == [(State.REPLACED, Reason.APPOINTMENT_MOVED)]
    assert email.sent == []


def test_a_cancellation_that_reached_no_signal_stops_the_reminder(told_of, email, pass_time):
    """spec D7."""
    Appointment.objects.update(status="cancelled")

    pass_time(days=5)

    assert [(row.state, row.reason) for row in reminders()] == [(State.CANCELLED, Reason.APPOINTMENT_CANCELLED)]
    assert email.sent == []


def test_a_reminder_held_past_the_start_is_too_late(told_of, email, clock, pass_time):
    """spec D7: For sent."""
    pass_time(days=7)

    assert [(row.state, row.reason) for row in reminders()] == [(State.EXPIRED, Reason.TOO_LATE)]
    assert email.sent == []


def test_a_reminder_held_until_a_second_before_the_start_still_goes(told_of, email, pass_time):
    """spec D7."""
    pass_time(days=7, minutes=-5, seconds=-1)

    assert [row.state for row in reminders()] == [State.DISPATCHED]
    assert len(email.sent) == 1


def test_a_reminder_queued_when_the_appointment_moves_does_not_leave(told_of, email, move, pass_time):
    """spec D7: what was dispatched and waits for its provider is stopped too."""
    from notifications.providers.base import Outcome

    email.answers = lambda message: Outcome.later(Reason.PROVIDER_DOWN)
    pass_time(days=5, minutes=-5)
    move(told_of, days=3)
    email.sent.clear()
    email.answers = None

    pass_time(minutes=4)

    hop = Delivery.objects.get(notification__kind=Kind.APPOINTMENT_REMINDER)
    assert email.sent == []
    assert (hop.state, hop.reason) == ("suppressed", Reason.APPOINTMENT_MOVED)
