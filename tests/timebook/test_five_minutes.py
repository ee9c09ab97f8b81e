"""Several events inside five minutes: every sequence of up to four, against a reading of the whole log (spec D5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.kinds import Kind, Reason, State
from tests.factories import PractitionerFactory
from tests.timebook.conftest import news
from timebook.models import Appointment

FROM_BOOKED = ("move", "practitioner", "cancel")
FROM_CANCELLED = ("undo",)
LABEL = "-".join


def sequences(length, *, stands=True):
    """Return every possible sequence of so many events."""
    if length == 0:
        return [()]
    return [
        (event, *rest)
        for event in (FROM_BOOKED if stands else FROM_CANCELLED)
        for rest in sequences(length - 1, stands=event != "cancel")
    ]


NEW = [("set_up", *rest) for length in range(4) for rest in sequences(length)]
STANDING = [events for length in range(1, 5) for events in sequences(length)]


def told(events):
    """Read the whole log and say what the patient is to be told, or None: written from spec D5, not from the code."""
    if events[-1] == "cancel":
        return Kind.APPOINTMENT_CANCELLED  # a cancellation is always sent
    if events[0] == "set_up":
        return Kind.APPOINTMENT_SET_UP  # the confirmation that was still owed
    if {"move", "practitioner"} & set(events):
        return Kind.APPOINTMENT_CHANGED
    return None  # cancelled and undone: nothing changed, nothing sent


@pytest.fixture
def play(kari, set_up, move, change, cancel, undo, pass_time, clinic):
    """Play events, so long apart; every move and practitioner is a new one."""

    def make(events, appointment=None, **gap):
        for number, event in enumerate(events, start=1):
            if number > 1:
                pass_time(**gap)
            match event:
                case "set_up":
                    appointment = set_up(kari, days=7)
                case "move":
                    move(appointment, hours=number)
                case "practitioner":
                    change(appointment, practitioner=PractitionerFactory(clinic=clinic, name=f"Lege {number}"))
                case "cancel":
                    cancel(appointment)
                case "undo":
                    undo(appointment)
        return Appointment.objects.get(pk=appointment.pk)

    return make


def gap(events):
    """Return seconds between events: four fit inside five minutes; fewer come a second before the last one's news."""
    return 75 if len(events) == 4 else 299


@pytest.mark.parametrize("events", NEW, ids=LABEL)
def test_a_new_appointment_gets_one_piece_of_news(events, play, email, pass_time):
    """spec D5: due five minutes after the last event; nothing before."""
    appointment = play(events, seconds=gap(events))

    pass_time(minutes=4, seconds=59)
    early = len(email.sent)
    pass_time(seconds=1)

    gone = [row for row in news() if row.state == State.DISPATCHED]
    assert early == 0
    assert [row.kind for row in gone] == [told(events)]
    assert len(email.sent) == 1
    assert f"Behandler: {appointment.practitioner.name}" in email.sent[0].text  # as it is then
    assert f"{appointment.starts_at.astimezone(appointment.clinic.zone):%H.%M}" in email.sent[0].text


@pytest.mark.parametrize("events", STANDING, ids=LABEL)
def test_a_standing_appointment_gets_the_net_effect(events, told_of, play, email, pass_time):
    """spec D5."""
    play(events, told_of, seconds=gap(events))

    pass_time(minutes=4, seconds=59)
    early = len(email.sent)
    pass_time(seconds=1)

    gone = [row.kind for row in news() if row.state == State.DISPATCHED][1:]
    assert early == 0
    assert gone == [kind for kind in [told(events)] if kind]
    assert len(email.sent) == len(gone)


@pytest.mark.parametrize("events", [events for events in NEW if len(events) > 1], ids=LABEL)
def test_replaced_rows_stay_and_are_linked(events, play, pass_time):
    """spec D5: the history keeps them as erstattet."""
    play(events, minutes=1)

    rows = news()

    assert [row.state for row in rows] == [State.REPLACED] * (len(rows) - 1) + [State.WAITING]
    assert [row.replaced_by for row in rows] == [*rows[1:], None]
    assert {row.reason for row in rows[:-1]} == {Reason.NEWER_NEWS}
    assert len(rows) == len(events)


def test_an_undone_cancellation_stays_in_the_history(told_of, cancel, undo, pass_time):
    """spec D5: nothing is sent, but what happened is seen."""
    cancel(told_of)
    pass_time(minutes=1)
    undo(told_of)

    rows = news()

    assert [(row.kind, row.state, row.reason) for row in rows[1:]] == [
        (Kind.APPOINTMENT_CANCELLED, State.REPLACED, Reason.APPOINTMENT_RESTORED)
    ]


def test_at_most_one_piece_of_news_waits(told_of, play):
    """spec D5."""
    play(("move", "practitioner", "move", "cancel"), told_of, seconds=1)

    assert len(news(state=State.WAITING)) == 1


def test_the_wait_starts_again_from_the_newer_event(kari, set_up, move, pass_time):
    """spec D5."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=3)
    move(appointment, hours=1)

    waiting = news(state=State.WAITING)[0]

    assert waiting.due_at == timezone.now() + timedelta(minutes=5)
    assert waiting.event_at == timezone.now()


def test_an_event_after_the_news_went_is_news_of_its_own(kari, set_up, move, email, pass_time):
    """spec D5: five minutes to the second is not inside the wait."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=5)
    move(appointment, hours=1)
    pass_time(minutes=5)

    assert [row.kind for row in news(state=State.DISPATCHED)] == [Kind.APPOINTMENT_SET_UP, Kind.APPOINTMENT_CHANGED]
    assert len(email.sent) == 2


def test_undo_after_the_cancellation_went_is_a_new_confirmation(told_of, cancel, undo, email, pass_time):
    """spec D5: the patient was told it is off, so must be told it is on."""
    cancel(told_of)
    pass_time(minutes=5)
    undo(told_of)
    pass_time(minutes=5)

    assert [row.kind for row in news(state=State.DISPATCHED)][1:] == [
        Kind.APPOINTMENT_CANCELLED,
        Kind.APPOINTMENT_SET_UP,
    ]
    assert len(email.sent) == 2


@pytest.mark.parametrize(
    ("first", "then", "wording"),
    [
        ("cancel", "call_off", Kind.APPOINTMENT_CALLED_OFF),
        ("call_off", "cancel", Kind.APPOINTMENT_CANCELLED),
    ],
)
def test_the_last_to_cancel_decides_the_wording(first, then, wording, told_of, undo, email, pass_time, request):
    """spec D4, D5."""
    request.getfixturevalue(first)(told_of)
    undo(told_of)
    request.getfixturevalue(then)(told_of)

    pass_time(minutes=5)

    assert [row.kind for row in news(state=State.DISPATCHED)][1:] == [wording]
    assert len(email.sent) == 1


def test_cancelled_before_the_confirmation_went_and_undone_later_confirms(kari, set_up, cancel, undo, pass_time):
    """spec D5: cancelled inside the wait, told of, and set up again later."""
    appointment = set_up(kari, days=7)
    cancel(appointment)
    pass_time(minutes=5)
    undo(appointment)
    pass_time(minutes=5)

    assert [row.kind for row in news(state=State.DISPATCHED)] == [
        Kind.APPOINTMENT_CANCELLED,
        Kind.APPOINTMENT_SET_UP,
    ]
