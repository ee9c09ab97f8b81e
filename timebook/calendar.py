"""Where each appointment stands in a column of quarters, side by side where they overlap. Pure layout."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

QUARTER = 15  # minutes a row
DAY = 24 * 60
OPENS, CLOSES = 8, 16  # hours that are always shown
MOST_LANES = 8  # as many classes as timebook-rows.css has


@dataclass(frozen=True, slots=True)
class Span:
    """Something that takes time within one day, in minutes after midnight."""

    start: int
    end: int
    item: Any


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours a grid shows: from `first` until `last`."""

    first: int
    last: int

    @property
    def labels(self) -> list[str]:
        """The clock hours down the left side."""
        return [f"{hour:02}" for hour in range(self.first, self.last)]

    @property
    def rows(self) -> int:
        """How many quarters the grid has."""
        return (self.last - self.first) * 60 // QUARTER


@dataclass(frozen=True, slots=True)
class Box:
    """One placed item: its first row and how many, its lane, and whether it stretches to the column's edge."""

    item: Any
    row: int
    rows: int
    lane: int
    is_last: bool


def span(item: Any, starts_at: datetime, ends_at: datetime, day: date, zone: ZoneInfo) -> Span:
    """Return the part of an item that falls on the day, as the clock on the wall shows it."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    first = 0 if start.date() < day else start.hour * 60 + start.minute
    last = DAY if end.date() > day else end.hour * 60 + end.minute
    return Span(first, max(last, first + 1), item)


def hours(spans: Iterable[Span]) -> Hours:
    """Return the hours to show: 08–16, and more when something stands outside (spec D14)."""
    found = list(spans)
    first = min([OPENS, *(one.start // 60 for one in found)])
    last = max([CLOSES, *(math.ceil(one.end / 60) for one in found)])
    return Hours(first, last)


def minutes(hours_of_day: tuple[time, time]) -> tuple[int, int]:
    """Return when a day opens and closes, in minutes after midnight as the clock shows it."""
    opens, closes = hours_of_day
    return opens.hour * 60 + opens.minute, closes.hour * 60 + math.ceil(closes.minute + closes.second / 60)


def shut(open_at: tuple[time, time] | None, shown: Hours) -> list[tuple[int, int]]:
    """Return the shown rows outside the day's hours, as first row (from 1) and how many; None is closed all day."""
    if open_at is None:
        return [(1, shown.rows)]
    opens, closes = minutes(open_at)
    before = min(shown.rows, max(0, (opens - shown.first * 60) // QUARTER))
    after = min(shown.rows, max(0, math.ceil((closes - shown.first * 60) / QUARTER)))
    spans = [(1, before), (after + 1, shown.rows - after)]
    return [(row, rows) for row, rows in spans if rows > 0]


def lay_out(spans: Sequence[Span], shown: Hours) -> list[Box]:
    """Place the spans: those that share a row stand side by side, in the order they begin."""
    boxes: list[Box] = []
    for cluster in clusters(spans, shown):
        lanes = assign(cluster)
        count = max(lanes) + 1
        for (one, top, bottom), lane in zip(cluster, lanes, strict=True):
            boxes.append(Box(one.item, top + 1, bottom - top, min(lane, MOST_LANES - 1) + 1, lane == count - 1))
    return boxes


Placed = tuple[Span, int, int]  # with first row and the row after the last, from 0


def clusters(spans: Sequence[Span], shown: Hours) -> list[list[Placed]]:
    """Group spans that hang together by shared rows."""
    groups: list[list[Placed]] = []
    reach = -1
    for one in sorted(spans, key=lambda each: (each.start, each.end)):
        top = (one.start - shown.first * 60) // QUARTER
        bottom = max(top + 1, math.ceil((one.end - shown.first * 60) / QUARTER))
        if top >= reach:
            groups.append([])
        groups[-1].append((one, top, bottom))
        reach = max(reach, bottom)
    return groups


def assign(cluster: Sequence[Placed]) -> list[int]:
    """Return a lane for each: the leftmost that is free."""
    free_from: list[int] = []
    lanes = []
    for _one, top, bottom in cluster:
        lane = next((number for number, row in enumerate(free_from) if row <= top), len(free_from))
        free_from[lane : lane + 1] = [bottom]
        lanes.append(lane)
    return lanes


def lanes_of(boxes: Sequence[Box]) -> int:
    """Return how many lanes a column needs."""
    return max([1, *(box.lane for box in boxes)])


def now_row(now: datetime, day: date, shown: Hours, zone: ZoneInfo) -> int | None:
    """Return the now-line's row, or None when the day is another or the hour is not shown."""
    local = now.astimezone(zone)
    if local.date() != day or not shown.first <= local.hour < shown.last:
        return None
    return round(((local.hour - shown.first) * 60 + local.minute) / QUARTER)


def week_of(day: date) -> date:
    """Return the Monday of the day's week."""
    return day - timedelta(days=day.weekday())
