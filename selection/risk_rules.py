"""What a risk programme asks of a patient's journal: pure values, no database (spec H1).

Every period is counted back from the analysis' day and includes both ends. Codes are compared from their beginning, so
that T90 also finds the sub-code T90.0001; measurements are compared by the whole code, whatever its system.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta

from patients.journal import CodeSystem, EntryType
from selection.risk_models import Weight

LONG_AGO = date(1, 1, 1)


def months_before(day: date, months: int) -> date:
    """Return the day so many months before; the month's last day where that month is shorter."""
    month = day.year * 12 + day.month - 1 - months
    if month < 12:
        return LONG_AGO
    year, number = month // 12, month % 12 + 1
    return date(year, number, min(day.day, calendar.monthrange(year, number)[1]))


@dataclass(frozen=True, slots=True)
class Ages:
    """An age from so many months, and until (not including) so many; on a given day, or on the analysis' own."""

    from_months: int = 0
    until_months: int | None = None
    on: date | None = None

    def born(self, day: date) -> tuple[date | None, date]:
        """Return the day after which, and the last day on which, someone of these ages was born."""
        at = self.on or day
        after = None if self.until_months is None else months_before(at, self.until_months)
        return after, months_before(at, self.from_months)


@dataclass(frozen=True, slots=True)
class AgeRule:
    """Everyone of an age."""

    key: str
    weight: Weight
    ages: Ages


@dataclass(frozen=True, slots=True)
class CodeRule:
    """A diagnosis, a medicine or a contact with a code that begins like one of these.

    Without `months` what still holds counts. With it, what was recorded, in use or ended so recently counts too: a
    diagnosis by the day it was recorded or ended, a medicine for as long as it has no end.
    """

    key: str
    weight: Weight
    type: EntryType
    system: CodeSystem
    codes: tuple[str, ...]
    but_not: tuple[str, ...] = ()
    months: int | None = None
    lasting_days: int = 0  # from its start to its end, or to the day
    begun_days: int = 0  # its start is at least so long ago
    ended_by: tuple[str, ...] = ()  # a later (or same day's) code of the same type and system
    ages: Ages | None = None

    def since(self, day: date) -> date | None:
        """Return the first day of the period, or None when only what still holds counts."""
        return None if self.months is None else months_before(day, self.months)


@dataclass(frozen=True, slots=True)
class ValueRule:
    """A measurement over or under a limit: the newest one, or two or more with so many days between."""

    key: str
    weight: Weight
    codes: tuple[str, ...]
    months: int
    above: float | None = None
    below: float | None = None
    apart_days: int = 0  # nought: the newest measurement decides
    ages: Ages | None = None

    def since(self, day: date) -> date:
        """Return the first day of the period."""
        return months_before(day, self.months)


Rule = AgeRule | CodeRule | ValueRule


@dataclass(frozen=True, slots=True)
class Group:
    """A risk group: whoever one of its rules finds is in it. What is said not to count alone is in no rule."""

    key: str
    name: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Vaccinated:
    """Which vaccines make a person done: codes by system, since the season began or for so many months."""

    codes: dict[CodeSystem, tuple[str, ...]]
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme for a season. Keys stay the same from version to version: marks and comparisons rest on them."""

    key: str
    name: str
    version: str
    season: str
    first: date
    last: date
    vaccinated: Vaccinated
    groups: tuple[Group, ...]
    sources: tuple[tuple[str, str], ...] = ()  # text, address
    not_in_journal: tuple[str, ...] = ()  # groups that nothing in a journal tells of
    definition: dict[str, object] = field(default_factory=dict, compare=False)

    @property
    def rules(self) -> list[tuple[Group, Rule]]:
        """Every rule with its group, in the programme's order."""
        return [(group, rule) for group in self.groups for rule in group.rules]

    def is_in_season(self, day: date) -> bool:
        """Whether this version is meant for the day."""
        return self.first <= day <= self.last

    def vaccinated_since(self, day: date) -> date:
        """Return the first day a vaccine counts from."""
        months = self.vaccinated.months
        return self.first if months is None else months_before(day, months) + timedelta(days=1)
