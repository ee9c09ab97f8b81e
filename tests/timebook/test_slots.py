"""Which starts a patient is offered: pure, without a database (spec D14, K2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinics.hours import Schedule
from clinics.models import Practitioner
from timebook.slots import Openings

OSLO = ZoneInfo("Europe/Oslo")
ALWAYS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
DOCTOR = Practitioner(pk=1, name="Haugen")


def starts(day: date, opens: str, closes: str, minutes: int, *, bounds: object = ALWAYS, **closed: object) -> list[str]:
    """Return the clock times that are offered on the day."""
    hours = {day.weekday(): (time.fromisoformat(opens), time.fromisoformat(closes))} if opens else {}
    openings = Openings([DOCTOR], timedelta(minutes=minutes), Schedule(OSLO, hours, **closed), *bounds)
    found = list(openings.spans(day))
    assert all(openings.offers(DOCTOR, start) for start, _end in found)
    assert not any(openings.offers(DOCTOR, start + timedelta(minutes=1)) for start, _end in found)
    assert not any(openings.offers(Practitioner(pk=2), start) for start, _end in found)
    return [f"{start.astimezone(OSLO):%H:%M}" for start, _end in found]


@pytest.mark.parametrize(
    ("day", "opens", "closes", "minutes", "expected"),
    [
        (date(2026, 11, 24), "08:00", "09:50", 30, ["08:00", "08:30", "09:00"]),  # the last one ends before closing
        (date(2026, 11, 24), "08:15", "08:45", 30, ["08:15"]),
        (date(2026, 11, 24), "08:00", "08:20", 30, []),
        (date(2026, 11, 24), "", "", 30, []),  # no opening hours registered: nothing is offered
        (date(2026, 3, 29), "01:00", "04:00", 60, ["01:00", "03:00"]),  # an hour is skipped
        (date(2026, 10, 25), "01:00", "04:00", 60, ["01:00", "02:00", "02:00", "03:00"]),  # and one comes twice
    ],
)
def test_opening_hours_are_cut_in_steps(day, opens, closes, minutes, expected):
    assert starts(day, opens, closes, minutes) == expected


def test_closed_days_too_soon_and_too_far_ahead_are_not_offered():
    day = date(2026, 11, 24)
    first, last = (datetime(2026, 11, 24, hour, minute, tzinfo=OSLO) for hour, minute in ((8, 30), (9, 0)))

    assert starts(day, "08:00", "10:00", 30, bounds=(first, last)) == ["08:30", "09:00"]
    assert starts(day, "08:00", "10:00", 30, closed={day: "Planlegging"}) == []
