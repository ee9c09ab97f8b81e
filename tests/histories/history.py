"""The state of one history: its log, its clock, and what the log says now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis.stateful import RuleBasedStateMachine

from tests.histories.draws import DAY
from tests.histories.facts import Fact, Terms
from tests.histories.house import ZONES, House
from tests.histories.log import Log


class History(RuleBasedStateMachine):
    """One history: everything done to the product is written to the log that the model reads."""

    house: House
    beginning: list[Fact]

    def teardown(self) -> None:
        """Undo everything."""
        if getattr(self, "is_open", False):
            self.house.close()

    # What the log says

    @property
    def now(self) -> datetime:
        """The frozen clock."""
        return datetime.now(UTC)

    @property
    def log(self) -> Log:
        """The log so far."""
        return Log(self.facts, ZONES)

    @property
    def last(self) -> int:
        """The place of the last fact."""
        return len(self.facts) - 1

    def numbers(self, *, standing: bool) -> list[int]:
        """Return the appointments that stand, or those that do not, the latest first."""
        everything = range(len(self.house.appointments), 0, -1)
        return [number for number in everything if self.log.stands(number, self.last) == standing]

    def terms(self, number: int) -> Terms:
        """Return an appointment's terms now."""
        return self.log.terms(number, self.last)

    def moment(self, when: object, clinic: str) -> datetime:
        """Return the start that a drawn value means."""
        if isinstance(when, timedelta):
            return self.now + when
        days, clock = when
        today = self.now.astimezone(ZONES[clinic]).date()
        local = datetime.combine(today + days * DAY, clock, tzinfo=ZONES[clinic])
        return local.astimezone(UTC)

    def overlaps(self, clinic: str, terms: Terms, but: int = 0) -> bool:
        """Tell whether the practitioner has another appointment then."""
        others = [number for number in self.numbers(standing=True) if number != but]
        return any(
            self.log.birth(number).clinic == clinic
            and self.terms(number).practitioner == terms.practitioner
            and self.terms(number).start < terms.end
            and self.terms(number).end > terms.start
            for number in others
        )

    def has_it(self, name: str, terms: Terms) -> bool:
        """Tell whether the patient has that very appointment: with the practitioner, at the time."""
        return any(
            self.log.birth(number).patient == name
            and (self.terms(number).practitioner, self.terms(number).start) == (terms.practitioner, terms.start)
            for number in self.numbers(standing=True)
        )

    def tried(self, what: object, *, refused: bool, crash: bool) -> object:
        """Do it, and see to it that it is refused when it should be. Returns nothing when it left no trace."""
        if not refused:
            return self.house.attempt(what, crash=crash)
        with pytest.raises(ValidationError):
            self.house.attempt(what, crash=crash)
        return None
