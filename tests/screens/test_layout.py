"""Layout and clock of the timebook: pure (spec D14)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from timebook import calendar, wall_clock
from timebook.calendar import Box, Hours, Span

OSLO = ZoneInfo("Europe/Oslo")
DAY = Hours(8, 16)


def placed(*spans: tuple[int, int]) -> list[tuple[int, int, int, bool]]:
    """Lay out minutes after eight; return row, rows, lane and whether it is the last lane."""
    boxes: list[Box] = calendar.lay_out([Span(480 + a, 480 + b, None) for a, b in spans], DAY)
    return [(box.row, box.rows, box.lane, box.is_last) for box in boxes]


LAYOUTS = [
    ([(0, 30)], [(1, 2, 1, True)]),
    ([(0, 5)], [(1, 1, 1, True)]),
    ([(0, 30), (30, 60)], [(1, 2, 1, True), (3, 2, 1, True)]),
    ([(0, 45), (15, 30)], [(1, 3, 1, False), (2, 1, 2, True)]),
    ([(0, 5), (5, 10)], [(1, 1, 1, False), (1, 1, 2, True)]),
    ([(0, 60), (0, 15), (15, 60)], [(1, 1, 1, False), (1, 4, 2, True), (2, 3, 1, False)]),
]


@pytest.mark.parametrize(("spans", "expected"), LAYOUTS)
def test_what_overlaps_stands_side_by_side(
    spans: list[tuple[int, int]], expected: list[tuple[int, int, int, bool]]
) -> None:
    assert placed(*spans) == expected


def test_the_grid_grows_with_what_stands_outside() -> None:
    assert calendar.hours([]) == Hours(8, 16)
    assert calendar.hours([Span(400, 430, None), Span(1000, 1261, None)]) == Hours(6, 22)


def test_what_crosses_midnight_is_cut_at_the_day() -> None:
    start, end = datetime(2026, 11, 24, 23, 0, tzinfo=OSLO), datetime(2026, 11, 25, 1, 0, tzinfo=OSLO)

    first = calendar.span(None, start, end, date(2026, 11, 24), OSLO)
    second = calendar.span(None, start, end, date(2026, 11, 25), OSLO)

    assert (first.start, first.end, second.start, second.end) == (1380, 1440, 0, 60)


def test_the_now_line_is_today_and_in_the_shown_hours() -> None:
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    assert calendar.now_row(now, date(2026, 11, 24), DAY, OSLO) == 8
    assert calendar.now_row(now, date(2026, 11, 25), DAY, OSLO) is None
    assert calendar.now_row(datetime(2026, 11, 24, 19, tzinfo=UTC), date(2026, 11, 24), DAY, OSLO) is None


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 24), 24)]
)
def test_a_day_is_as_long_as_the_clock_makes_it(day: date, hours: int) -> None:
    start, end = wall_clock.day_bounds(day, 1, OSLO)

    assert (end - start).total_seconds() == hours * 3600


def test_clock_times_are_resolved() -> None:
    assert wall_clock.resolve(date(2026, 7, 1), time(10), OSLO) == datetime(2026, 7, 1, 8, tzinfo=UTC)
    with pytest.raises(ValidationError, match="finnes ikke"):
        wall_clock.resolve(date(2026, 3, 29), time(2, 30), OSLO)
    with pytest.raises(ValidationError, match="to ganger"):
        wall_clock.resolve(date(2026, 10, 25), time(2, 30), OSLO)


@pytest.mark.parametrize(("hour", "which"), [(0, "first"), (1, "second"), (3, "")])
def test_a_moment_knows_which_of_two_it_is(hour: int, which: str) -> None:
    assert wall_clock.which_of(datetime(2026, 10, 25, hour, 30, tzinfo=UTC), OSLO) == which
