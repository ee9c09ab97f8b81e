"""Which starts are free: opening hours cut in steps, minus what is taken and what comes too soon or too late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from clinics.hours import Schedule
from clinics.models import Practitioner
from timebook import wall_clock
from timebook.models import Appointment

Span = tuple[datetime, datetime]  # start and end, UTC


@dataclass(frozen=True, slots=True)
class Slot:
    """A free start at a practitioner. Times in UTC."""

    starts_at: datetime
    ends_at: datetime
    practitioner: Practitioner


@dataclass(frozen=True, slots=True)
class Openings:
    """Where to look: whose time, how long an appointment is, and the first and last start that may be chosen (UTC)."""

    practitioners: Sequence[Practitioner]
    length: timedelta
    schedule: Schedule
    earliest: datetime
    latest: datetime
    besides: int = 0  # the appointment that is moved: its own time is free to it

    def of(self, practitioners: Sequence[Practitioner]) -> Openings:
        """Return the same for these practitioners alone."""
        return replace(self, practitioners=practitioners)

    @property
    def first_day(self) -> date:
        """The day of the first start, at the clinic."""
        return self.earliest.astimezone(self.schedule.zone).date()

    @property
    def last_day(self) -> date:
        """The day of the last start, at the clinic."""
        return self.latest.astimezone(self.schedule.zone).date()

    def free(self, first: date, days: int) -> list[Slot]:
        """Return the free slots of so many days, earliest first. One query, however many practitioners."""
        spans = [span for number in range(days) for span in self.spans(first + timedelta(days=number))]
        busy = self.busy(first, days) if spans else {}
        return [
            Slot(start, end, one)
            for start, end in spans
            for one in self.practitioners
            if not any(begins < end and start < ends for begins, ends in busy.get((one.pk, start.date()), ()))
        ]

    def spans(self, day: date) -> Iterator[Span]:
        """Yield every start of the day with its end, taken or not: from opening time, one after the other.

        Counted in elapsed time, so that both DST nights are right. Without registered hours nothing is offered.
        """
        hours = self.schedule.of_day(day) if self.schedule.hours else None
        if hours is None:
            return
        start, closes = (datetime.combine(day, at, self.schedule.zone).astimezone(UTC) for at in hours)
        while start + self.length <= closes:
            if self.earliest <= start <= self.latest:
                yield start, start + self.length
            start += self.length

    def offers(self, practitioner: Practitioner, starts_at: datetime) -> bool:
        """Whether the start is one of those that may be chosen, taken or not. No query."""
        day = starts_at.astimezone(self.schedule.zone).date()
        return practitioner in self.practitioners and any(start == starts_at for start, _end in self.spans(day))

    def busy(self, first: date, days: int) -> Mapping[tuple[int, date], list[Span]]:
        """Return what stands, by practitioner and each UTC day it touches."""
        rows = Appointment.objects.booked().between(*wall_clock.day_bounds(first, days, self.schedule.zone))
        rows = rows.filter(practitioner__in=self.practitioners).exclude(pk=self.besides)
        found: dict[tuple[int, date], list[Span]] = defaultdict(list)
        for pk, begins, ends in rows.values_list("practitioner", "starts_at", "ends_at"):
            for number in range((ends.date() - begins.date()).days + 1):
                # A slot is looked up by the day it starts on, and may reach into the next one.
                found[pk, begins.date() + timedelta(days=number)].append((begins, ends))
            found[pk, begins.date() - timedelta(days=1)].append((begins, ends))
        return found


def nearest(openings: Openings, wanted: datetime, most: int = 6) -> list[Slot]:
    """Return the free slots nearest to the wanted start, earliest first: those of the days around it."""
    day = wanted.astimezone(openings.schedule.zone).date()
    around = openings.free(day - timedelta(days=3), 7)
    return sorted(sorted(around, key=lambda one: abs(one.starts_at - wanted))[:most], key=lambda one: one.starts_at)
