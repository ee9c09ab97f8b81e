"""What the timebook shows: a span's appointments with their marks, laid out by day or by practitioner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.formats import date_format

from clinics import hours
from clinics.models import Clinic, Practitioner
from notifications.reach import blocked
from patients.models import PortalAccount
from timebook import calendar, wall_clock
from timebook.models import Appointment, AppointmentQuerySet

WEEKDAYS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """An appointment with what the grid marks: exceptions only."""

    appointment: Appointment
    starts: datetime  # in the clinic's zone
    ends: datetime
    is_silent: bool  # the type, or the module, gives no notices
    is_impossible: bool  # notices are on, and cannot reach the patient


@dataclass(frozen=True, slots=True)
class Column:
    """One day, or one practitioner's day."""

    day: date
    practitioner: Practitioner
    boxes: Sequence[calendar.Box]
    count: int
    is_today: bool
    now: int | None
    shut: Sequence[tuple[int, int]] = ()  # rows outside opening hours: the first, and how many
    closed: str = ""  # why the day is closed, when it is one of the clinic's closed days

    @property
    def lanes(self) -> int:
        """How many appointments stand side by side at most."""
        return min(calendar.lanes_of(self.boxes), calendar.MOST_LANES)


@dataclass(frozen=True, slots=True)
class Grid:
    """The hours and the columns."""

    hours: calendar.Hours
    columns: Sequence[Column]


def appointments(clinic: Clinic, first: date, days: int) -> AppointmentQuerySet:
    """Return everything on the days, cancelled ones too, with what a grid shows."""
    start, end = wall_clock.day_bounds(first, days, clinic.zone)
    rows: AppointmentQuerySet = Appointment.objects.of(clinic).between(start, end)
    logged_in = PortalAccount.objects.filter(person=OuterRef("patient__person"))
    rows = rows.select_related("patient__clinic", "type", "practitioner", "place")
    shown: AppointmentQuerySet = rows.annotate(is_active_user=Exists(logged_in))
    return shown


def entry(appointment: Appointment, clinic: Clinic) -> Entry:
    """Return the appointment with its marks."""
    patient = appointment.patient
    is_silent = not (appointment.type.notices and clinic.timebook_notices)
    return Entry(
        appointment=appointment,
        starts=appointment.starts_at.astimezone(clinic.zone),
        ends=appointment.ends_at.astimezone(clinic.zone),
        is_silent=is_silent,
        is_impossible=not is_silent and bool(not patient.has_consent or blocked(patient)),
    )


def week(clinic: Clinic, practitioner: Practitioner, monday: date, now: datetime) -> Grid:
    """Return a practitioner's week; Saturday and Sunday only when the clinic is open or something stands there."""
    rows = appointments(clinic, monday, 7).filter(practitioner=practitioner)
    entries = [entry(row, clinic) for row in rows]
    schedule = hours.of(clinic, monday, 7)
    used = (one.starts.date().toordinal() - monday.toordinal() for one in entries)
    last = max([WEEKDAYS - 1, *schedule.hours, *used])
    days = [monday + timedelta(days=number) for number in range(min(last, 6) + 1)]
    return grid(clinic, [(day, practitioner, entries) for day in days], schedule, now)


def day(clinic: Clinic, practitioners: Sequence[Practitioner], on: date, now: datetime) -> Grid:
    """Return a day, one column for each practitioner."""
    entries = [entry(row, clinic) for row in appointments(clinic, on, 1).filter(practitioner__in=practitioners)]
    own = {one.pk: [each for each in entries if each.appointment.practitioner_id == one.pk] for one in practitioners}
    return grid(clinic, [(on, one, own[one.pk]) for one in practitioners], hours.of(clinic, on, 1), now)


def grid(
    clinic: Clinic,
    columns: Sequence[tuple[date, Practitioner, Sequence[Entry]]],
    schedule: hours.Schedule,
    now: datetime,
) -> Grid:
    """Lay every column out on the same hours: the opening hours, and what stands outside them."""
    spans = [[on_day(one, day, clinic) for one in entries if overlaps(one, day)] for day, _who, entries in columns]
    open_spans = [calendar.Span(*calendar.minutes(schedule.hours[day]), None) for day in schedule.hours]
    shown = calendar.hours([*open_spans, *(one for column in spans for one in column)])
    return Grid(
        shown,
        [
            with_hours(column(clinic, day, who, mine, shown, now), schedule, shown)
            for (day, who, _), mine in zip(columns, spans, strict=True)
        ],
    )


def with_hours(one: Column, schedule: hours.Schedule, shown: calendar.Hours) -> Column:
    """Return the column with what is outside opening hours."""
    shut = calendar.shut(schedule.of_day(one.day), shown)
    return replace(one, shut=shut, closed=schedule.closed.get(one.day, ""))


def column(
    clinic: Clinic,
    day: date,
    practitioner: Practitioner,
    spans: Sequence[calendar.Span],
    shown: calendar.Hours,
    now: datetime,
) -> Column:
    """Return one laid-out column."""
    return Column(
        day=day,
        practitioner=practitioner,
        boxes=calendar.lay_out(spans, shown),
        count=sum(one.item.appointment.is_booked for one in spans),
        is_today=now.astimezone(clinic.zone).date() == day,
        now=calendar.now_row(now, day, shown, clinic.zone),
    )


def overlaps(one: Entry, day: date) -> bool:
    """Whether any of it falls on the day; what ends at midnight does not reach into the next one."""
    return one.starts.date() <= day <= (one.ends - timedelta(microseconds=1)).date()


def on_day(one: Entry, day: date, clinic: Clinic) -> calendar.Span:
    """Return the part that falls on the day."""
    return calendar.span(one, one.starts, one.ends, day, clinic.zone)


def week_words(first: date, last: date) -> str:
    """Return the week in words: «23.–27. november 2026»."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}.–{date_format(last, 'j. F Y')}"
    return f"{date_format(first, 'j. F')} – {date_format(last, 'j. F Y')}"
