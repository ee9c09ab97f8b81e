"""When the clinic is open: hours of each weekday, and days it is closed. Clock times are the clinic's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.scope import ClinicRow

if TYPE_CHECKING:
    from clinics.models import Clinic


class OpeningHours(ClinicRow):
    """One weekday's hours, as the clinic's clock shows them; a weekday without a row is closed."""

    weekday = models.PositiveSmallIntegerField(_("ukedag"))  # 0 = Monday
    opens = models.TimeField(_("åpner"))
    closes = models.TimeField(_("stenger"))

    class Meta:
        verbose_name = _("åpningstid")
        verbose_name_plural = _("åpningstider")
        ordering: ClassVar = ["weekday"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "weekday"], name="opening_hours_once"),
            models.CheckConstraint(condition=models.Q(opens__lt=models.F("closes")), name="opening_hours_forwards"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}–{self.closes:%H:%M}"


class ClosedDay(ClinicRow):
    """A day the clinic is closed, whatever weekday it is."""

    day = models.DateField(_("dato"))
    text = models.CharField(_("grunn"), max_length=60)

    class Meta:
        verbose_name = _("stengt dag")
        verbose_name_plural = _("stengte dager")
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "day"], name="closed_day_once")]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A clinic's opening hours. Without hours for any weekday none are registered: open but on closed days."""

    zone: ZoneInfo
    hours: Mapping[int, tuple[time, time]] = field(default_factory=dict)  # weekday → opens, closes
    closed: Mapping[date, str] = field(default_factory=dict)

    def of_day(self, day: date) -> tuple[time, time] | None:
        """Return the day's hours; None when it is closed all day."""
        if day in self.closed:
            return None
        if not self.hours:
            return time.min, time.max
        return self.hours.get(day.weekday())


def of(clinic: Clinic, first: date, days: int) -> Schedule:
    """Return the clinic's schedule with the closed days among so many from `first`. Two queries."""
    hours = {row.weekday: (row.opens, row.closes) for row in OpeningHours.objects.of(clinic)}
    closed = ClosedDay.objects.of(clinic).filter(day__gte=first, day__lt=first + timedelta(days=days))
    return Schedule(clinic.zone, hours, dict(closed.values_list("day", "text")))


def is_open(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the clinic is open from start to end (aware): what its clock shows counts, on both DST nights too."""
    start, end = starts_at.astimezone(schedule.zone), ends_at.astimezone(schedule.zone)
    last = max(start, end - timedelta(microseconds=1)).date()
    days = range((last - start.date()).days + 1)
    return all(covers(schedule, start.date() + timedelta(days=number), start, end) for number in days)


def covers(schedule: Schedule, day: date, start: datetime, end: datetime) -> bool:
    """Whether the part of the span that falls on the day lies within the day's hours. Times are the clinic's."""
    hours = schedule.of_day(day)
    first = start.time() if start.date() == day else time.min
    last = end.time() if end.date() == day else time.max
    return hours is not None and hours[0] <= first and last <= hours[1]
