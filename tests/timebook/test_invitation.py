"""The calendar entry in an appointment's e-mail, read by a calendar library (RFC 5545, 5546; spec C4)."""

from __future__ import annotations

import icalendar
import pytest

from timebook.models import Appointment


def read(message):
    """Return the calendar and its one event."""
    document = icalendar.Calendar.from_ical(message.calendar)
    events = document.walk("VEVENT")
    assert len(events) == 1
    return document, events[0]


@pytest.fixture
def life(kari, set_up, move, cancel, undo, email, pass_time):
    """Every entry that a life of set up, moved, cancelled and restored sends."""
    appointment = set_up(kari, days=9)
    for act in (lambda row: move(row, hours=1), cancel, undo, None):
        pass_time(minutes=5)
        if act:
            act(appointment)
    return [read(message) for message in email.sent]


def test_the_uid_is_the_same_all_along(life):
    """RFC 5545: or the calendar shows two entries."""
    assert len({str(event["UID"]) for _, event in life}) == 1


def test_two_appointments_have_two_uids(life, kari, set_up, email, pass_time):
    """RFC 5545."""
    set_up(kari, days=9)
    pass_time(minutes=5)

    assert str(read(email.sent[-1])[1]["UID"]) != str(life[0][1]["UID"])


def test_the_sequence_rises_with_each(life):
    """RFC 5546: a calendar ignores an entry whose SEQUENCE has not risen."""
    numbers = [event["SEQUENCE"] for _, event in life]

    assert numbers == sorted(set(numbers))


def test_method_and_status_tell_what_it_is(life):
    """RFC 5546: cancelling with REQUEST leaves the entry in the calendar."""
    assert [(str(document["METHOD"]), str(event["STATUS"])) for document, event in life] == [
        ("REQUEST", "CONFIRMED"),
        ("REQUEST", "CONFIRMED"),
        ("CANCEL", "CANCELLED"),
        ("REQUEST", "CONFIRMED"),
    ]


def test_times_are_utc_and_the_appointments(told_of, move, email, pass_time):
    """spec D14."""
    moved = move(told_of, days=140)  # over a DST change
    pass_time(minutes=5)

    event = read(email.sent[-1])[1]

    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (moved.starts_at, moved.ends_at)
    assert "DTSTART:20270419T090000Z\r\n" in email.sent[-1].calendar


def test_the_reminder_updates_the_same_entry(told_of, email, pass_time):
    """RFC 5546: the same SEQUENCE, so nothing moves in the calendar."""
    pass_time(days=5)

    document, event = read(email.sent[-1])

    assert (str(document["METHOD"]), event["SEQUENCE"]) == ("REQUEST", told_of.sequence)


def test_sms_and_push_carry_no_calendar(kari, set_up, sms, pass_time):
    """design, section 4."""
    kari.preferred_method = "sms"
    kari.save()
    set_up(kari, days=7)
    pass_time(minutes=5)

    assert sms.sent[0].calendar == ""


@pytest.mark.parametrize("name", ["Siri; DROP, TABLE\\n", "A\r\nATTENDEE:mailto:x@example.com", "BEGIN:VALARM"])
def test_names_cannot_add_lines(name, told_of, change, clinic, email, pass_time):
    """RFC 5545: values are escaped."""
    told_of.practitioner.name = name
    told_of.practitioner.save()
    told_of.place.name = name
    told_of.place.save()
    change(told_of, place=None)
    Appointment.objects.update(place=told_of.place)
    pass_time(minutes=5)

    document, event = read(email.sent[-1])

    assert event["ATTENDEE"] == f"mailto:{told_of.patient.email}"
    assert document.walk("VALARM") == []
    assert name.split("\r")[0].split(";")[0] in str(event["DESCRIPTION"])
