"""What a change means to the patient: tables over the pure module (spec D2–D6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.kinds import Kind
from timebook import events
from timebook.events import Event, Waiting
from timebook.models import ActorKind, Appointment, Status

START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")
STAFF, PATIENT = ActorKind.STAFF, ActorKind.PATIENT


def appointment(status=Status.BOOKED, **fields):
    """Return an unsaved appointment."""
    given = {
        "practitioner_id": 1,
        "place_id": 1,
        "type_id": 1,
        "starts_at": START,
        "ends_at": START + timedelta(hours=1),
    }
    return Appointment(status=status, **(given | fields))


BOOKED, CANCELLED = appointment(), appointment(Status.CANCELLED)
MOVED = appointment(starts_at=START + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("before", "after", "happened"),
    [
        (None, BOOKED, Event.SET_UP),
        (None, CANCELLED, Event.NOTHING),
        (BOOKED, BOOKED, Event.NOTHING),
        (BOOKED, MOVED, Event.CHANGED),
        (BOOKED, CANCELLED, Event.CANCELLED),
        (BOOKED, None, Event.CANCELLED),  # deleting counts as cancelling
        (CANCELLED, None, Event.NOTHING),
        (CANCELLED, CANCELLED, Event.NOTHING),
        (CANCELLED, BOOKED, Event.RESTORED),
    ],
)
def test_two_states_make_an_event(before, after, happened):
    """spec D2–D5."""
    assert events.event(before, after) == happened


@pytest.mark.parametrize(
    ("changed", "happened"),
    [
        ({"starts_at": START - timedelta(minutes=5)}, Event.CHANGED),
        ({"ends_at": START + timedelta(minutes=61)}, Event.CHANGED),
        ({"practitioner_id": 2}, Event.CHANGED),
        ({"place_id": 2}, Event.CHANGED),
        ({"place_id": None}, Event.CHANGED),
        ({"type_id": 2}, Event.CHANGED),
        ({"remark": "ringte, litt forkjølet"}, Event.NOTHING),
        ({"starts_at": START.astimezone(OSLO)}, Event.NOTHING),  # the same moment, written otherwise
        ({"version": 7, "sequence": 3}, Event.NOTHING),
        ({"external_id": "77"}, Event.NOTHING),
    ],
)
def test_a_change_is_what_the_patient_would_see(changed, happened):
    """spec D3."""
    assert events.event(BOOKED, appointment(**changed)) == happened


@pytest.mark.parametrize(
    ("happened", "actor", "kind"),
    [
        (Event.SET_UP, STAFF, Kind.APPOINTMENT_SET_UP),
        (Event.SET_UP, PATIENT, Kind.APPOINTMENT_BOOKED),
        (Event.CHANGED, STAFF, Kind.APPOINTMENT_CHANGED),
        (Event.CHANGED, PATIENT, Kind.APPOINTMENT_CHANGED),
        (Event.CANCELLED, STAFF, Kind.APPOINTMENT_CANCELLED),
        (Event.CANCELLED, PATIENT, Kind.APPOINTMENT_CALLED_OFF),
        (Event.RESTORED, STAFF, Kind.APPOINTMENT_SET_UP),
    ],
)
def test_news_when_nothing_waits(happened, actor, kind):
    """spec D2, D3, D4."""
    found = events.news(happened, before=BOOKED, after=MOVED, actor=actor, waiting=None)

    assert found.kind == kind


def test_nothing_happened_is_no_news():
    """spec D3."""
    assert events.news(Event.NOTHING, before=BOOKED, after=BOOKED, actor=STAFF, waiting=None) is None


KNOWN = {"known": events.snapshot(BOOKED)}


def owed(kind):
    """Return the baseline of a patient who has been told nothing yet."""
    return {"owed": kind}


@pytest.mark.parametrize(
    ("waits", "baseline", "happened", "after", "kind"),
    [
        (Kind.APPOINTMENT_SET_UP, owed(Kind.APPOINTMENT_SET_UP), Event.CHANGED, MOVED, Kind.APPOINTMENT_SET_UP),
        (Kind.APPOINTMENT_BOOKED, owed(Kind.APPOINTMENT_BOOKED), Event.CHANGED, MOVED, Kind.APPOINTMENT_BOOKED),
        (Kind.APPOINTMENT_CHANGED, KNOWN, Event.CHANGED, MOVED, Kind.APPOINTMENT_CHANGED),
        (
            Kind.APPOINTMENT_SET_UP,
            owed(Kind.APPOINTMENT_SET_UP),
            Event.CANCELLED,
            CANCELLED,
            Kind.APPOINTMENT_CANCELLED,
        ),
        (Kind.APPOINTMENT_CHANGED, KNOWN, Event.CANCELLED, CANCELLED, Kind.APPOINTMENT_CANCELLED),
        (Kind.APPOINTMENT_CANCELLED, KNOWN, Event.RESTORED, BOOKED, None),
        (Kind.APPOINTMENT_CALLED_OFF, KNOWN, Event.RESTORED, BOOKED, None),
        (Kind.APPOINTMENT_CANCELLED, KNOWN, Event.RESTORED, MOVED, Kind.APPOINTMENT_CHANGED),
        (
            Kind.APPOINTMENT_CANCELLED,
            owed(Kind.APPOINTMENT_BOOKED),
            Event.RESTORED,
            BOOKED,
            Kind.APPOINTMENT_BOOKED,
        ),
    ],
)
def test_news_that_replaces_what_waits(waits, baseline, happened, after, kind):
    """spec D5."""
    found = events.news(happened, before=BOOKED, after=after, actor=STAFF, waiting=Waiting(waits, baseline))

    assert found.kind == kind
    assert found.baseline == baseline


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(hours=48, seconds=1), True),
        (timedelta(hours=48), True),  # exactly is not less
        (timedelta(hours=48, microseconds=-1), False),
        (timedelta(hours=47, minutes=59, seconds=59), False),
    ],
)
def test_a_reminder_needs_48_hours(ahead, expected):
    """spec D6."""
    assert events.gets_reminder(START, START - ahead) is expected


@pytest.mark.parametrize(
    ("start", "reminded"),
    [  # both DST weekends of 2026: 48 elapsed hours, so the clock shows one hour off
        (datetime(2026, 3, 30, 10, 0, tzinfo=OSLO), datetime(2026, 3, 28, 9, 0, tzinfo=OSLO)),
        (datetime(2026, 3, 31, 2, 30, tzinfo=OSLO), datetime(2026, 3, 29, 1, 30, tzinfo=OSLO)),
        (datetime(2026, 3, 31, 10, 0, tzinfo=OSLO), datetime(2026, 3, 29, 10, 0, tzinfo=OSLO)),
        (datetime(2026, 10, 26, 10, 0, tzinfo=OSLO), datetime(2026, 10, 24, 11, 0, tzinfo=OSLO)),
        (datetime(2026, 10, 27, 2, 30, tzinfo=OSLO), datetime(2026, 10, 25, 2, 30, tzinfo=OSLO, fold=1)),
        (datetime(2026, 10, 27, 10, 0, tzinfo=OSLO), datetime(2026, 10, 25, 10, 0, tzinfo=OSLO)),
        (datetime(2026, 11, 26, 10, 0, tzinfo=OSLO), datetime(2026, 11, 24, 10, 0, tzinfo=OSLO)),  # sources: Thu → Tue
    ],
)
def test_reminder_is_due_48_elapsed_hours_before(start, reminded):
    """spec D6."""
    assert events.reminder_due(start) == reminded.astimezone(UTC)


def test_the_slot_of_a_start_does_not_depend_on_how_it_is_written():
    """spec D6: one reminder per start."""
    assert events.reminder_slot(START) == events.reminder_slot(START.astimezone(OSLO))
