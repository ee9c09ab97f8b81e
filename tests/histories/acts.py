"""What people do to appointments, and how a history begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.histories.draws import (
    AHEAD,
    HOUR,
    MANY,
    MINUTE,
    SEASONS,
    chosen,
    crashes,
    doctors,
    picks,
    sides,
    starts,
    types,
    who,
)
from tests.histories.facts import (
    Cancelled,
    Changed,
    Placed,
    Restored,
    Terms,
)
from tests.histories.history import History
from tests.histories.house import CARDS, PRACTITIONERS, TYPES
from timebook import booking
from timebook.models import Appointment


class Acts(History):
    """Set up, import, move, cancel, undo."""

    @initialize(season=st.sampled_from(SEASONS), name=who, ahead=st.sampled_from(AHEAD[:8]), by=sides)
    def begin(self, season: datetime, name: str, ahead: timedelta, by: str) -> None:
        """Start the clock, and set up an appointment, so that there is something to tell."""
        self.facts = list(self.beginning)
        self.coordinates = self.house.open(season)
        self.is_open = True
        self.set_up(name, TYPES[0], PRACTITIONERS[0], ahead, 30, by, False)

    @precondition(lambda self: len(self.house.appointments) < MANY)
    @rule(name=who, kind=types, doctor=doctors, when=starts, minutes=st.sampled_from([30, 2]), by=sides, crash=crashes)
    def set_up(self, name: str, kind: str, doctor: str, when: object, minutes: int, by: str, crash: bool) -> None:
        """Staff set an appointment up, or the patient books it."""
        clinic = CARDS[name][0]
        start = self.moment(when, clinic)
        terms = Terms(kind, start, start + minutes * MINUTE, doctor)
        rows = self.house.rows
        values = {
            "patient": self.house.patient(name),
            "practitioner": rows[clinic, doctor],
            "place": None,
            "type": self.house.type(clinic, kind),
            "starts_at": start,
            "ends_at": terms.end,
        }

        def make() -> Appointment:
            if by == "patient":
                return booking.book(**values)
            return booking.set_up(clinic=self.house.clinic(clinic), by=self.house.staff[clinic], **values)

        refused = not self.log.consents(name, self.last) or start < self.now
        refused = refused or self.has_it(name, terms) or (by == "patient" and self.overlaps(clinic, terms))
        made = self.tried(make, refused=refused, crash=crash)
        if made:
            self.house.appointments.append(made.pk)
            self.facts.append(Placed(self.now, len(self.house.appointments), clinic, name, terms, by))

    @precondition(lambda self: len(self.house.appointments) < MANY)
    @rule(name=who, kind=types, doctor=doctors, when=starts)
    def bring_in(self, name: str, kind: str, doctor: str, when: object) -> None:
        """An appointment is imported from another system (spec D11)."""
        clinic = CARDS[name][0]
        start = self.moment(when, clinic)
        terms = Terms(kind, start.replace(microsecond=0), start + 30 * MINUTE, doctor)
        pk = self.house.bring_in(name, kind, terms.start, terms.end, by_doctor=doctor, now=self.now)
        self.house.appointments.append(pk)
        self.facts.append(Placed(self.now, len(self.house.appointments), clinic, name, terms, "import"))

    def change(self, number: int, new: Terms, *, by: str = "staff", crash: bool = False) -> None:
        """Change an appointment that stands."""
        clinic, old, row = self.log.birth(number).clinic, self.terms(number), self.house.appointment(number)
        changes = {
            "starts_at": new.start,
            "ends_at": new.end,
            "practitioner": self.house.rows[clinic, new.practitioner],
            "type": self.house.type(clinic, new.type),
        }
        user = self.house.staff[clinic] if by == "staff" else None
        moved = (new.start, new.end) != (old.start, old.end)
        refused = moved and (new.start < self.now or new.end <= new.start)
        refused = refused or (by == "patient" and self.overlaps(clinic, new, but=number))
        done = self.tried(
            lambda: booking.reschedule(row, version=row.version, by=user, remark=f"{self.now}", **changes),
            refused=refused,
            crash=crash,
        )
        if done and new != old:
            self.facts.append(Changed(self.now, number, new))

    @precondition(lambda self: self.numbers(standing=True))
    @rule(pick=picks, when=starts, by=sides, crash=crashes)
    def move(self, pick: int, when: object, by: str, crash: bool) -> None:
        """An appointment gets another start."""
        number = chosen(self.numbers(standing=True), pick)
        old, start = self.terms(number), self.moment(when, self.log.birth(number).clinic)
        self.change(number, replace(old, start=start, end=start + (old.end - old.start)), by=by, crash=crash)

    @precondition(lambda self: self.numbers(standing=True))
    @rule(pick=picks, which=picks)
    def move_back(self, pick: int, which: int) -> None:
        """An appointment gets a start that it has had."""
        number = chosen(self.numbers(standing=True), pick)
        old = self.terms(number)
        had = [self.log.terms(number, place).start for place in self.log.own(number)]
        start = chosen(had, which)
        self.change(number, replace(old, start=start, end=start + (old.end - old.start)))

    @precondition(lambda self: self.numbers(standing=True))
    @rule(pick=picks, kind=types, doctor=doctors, longer=st.sampled_from([0, 0, 10, -40]))
    def rearrange(self, pick: int, kind: str, doctor: str, longer: int) -> None:
        """An appointment gets another type, practitioner or end; or an internal remark only, which is no change."""
        number = chosen(self.numbers(standing=True), pick)
        old = self.terms(number)
        self.change(number, replace(old, type=kind, practitioner=doctor, end=old.end + longer * MINUTE))

    @precondition(lambda self: self.numbers(standing=True))
    @rule(pick=picks, by=sides, crash=crashes)
    def cancel(self, pick: int, by: str, crash: bool) -> None:
        """An appointment is cancelled."""
        number = chosen(self.numbers(standing=True), pick)
        row, clinic = self.house.appointment(number), self.log.birth(number).clinic
        user = self.house.staff[clinic] if by == "staff" else None
        refused = self.terms(number).end <= self.now
        if self.tried(lambda: booking.cancel(row, version=row.version, by=user), refused=refused, crash=crash):
            self.facts.append(Cancelled(self.now, number, by))

    @precondition(lambda self: self.numbers(standing=False))
    @rule(pick=picks, crash=crashes)
    def restore(self, pick: int, crash: bool) -> None:
        """Staff undo a cancellation."""
        number = chosen(self.numbers(standing=False), pick)
        row, birth = self.house.appointment(number), self.log.birth(number)
        user = self.house.staff[birth.clinic]
        refused = self.terms(number).start <= self.now or not self.log.consents(birth.patient, self.last)
        if self.tried(lambda: booking.restore(row, version=row.version, by=user), refused=refused, crash=crash):
            self.facts.append(Restored(self.now, number))

    @precondition(lambda self: self.numbers(standing=True))
    @rule(pick=picks, by=sides, near=st.booleans(), seconds=st.sampled_from([240, 60, 0, 299, 300]), runs=st.booleans())
    def cancel_and_undo(self, pick: int, by: str, near: bool, seconds: int, runs: bool) -> None:
        """An appointment is cancelled, and that is undone about when its notice or its reminder is due."""
        if near:
            start = self.terms(chosen(self.numbers(standing=True), pick)).start
            self.coordinates.move_to(max(start - 48 * HOUR - 2 * MINUTE, self.now), tick=False)
        self.cancel(pick, by, False)
        self.wait(seconds)
        if runs:
            self.tick("")
        if self.numbers(standing=False):
            self.restore(0, False)
