"""The event log and the questions the rules ask of it. A place `i` in the log means "just after fact `i`"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.histories.facts import (
    App,
    Cancelled,
    Changed,
    Consent,
    Contact,
    Fact,
    Module,
    Placed,
    Preference,
    Report,
    Restored,
    Terms,
    Tick,
    Type,
)


@dataclass(frozen=True)
class Log:
    """Facts in the order they happened, and the clinics' time zones."""

    facts: Sequence[Fact]
    zones: Mapping[str, ZoneInfo]

    def back(self, i: int) -> Iterator[Fact]:
        """Yield the facts up to `i`, latest first."""
        return (self.facts[place] for place in range(i, -1, -1))

    def module_on(self, clinic: str, i: int) -> bool:
        """Tell whether the clinic's Timebok module was on."""
        return next((f.on for f in self.back(i) if isinstance(f, Module) and f.clinic == clinic), False)

    def type_on(self, clinic: str, name: str, i: int) -> bool:
        """Tell whether the type's notices were on (spec D1: born off)."""
        mine = (f.on for f in self.back(i) if isinstance(f, Type) and (f.clinic, f.type) == (clinic, name))
        return next(mine, False)

    def consents(self, patient: str, i: int) -> bool:
        """Tell whether consent was given (spec B3: not asked counts as none)."""
        return next((f.given for f in self.back(i) if isinstance(f, Consent) and f.patient == patient), False)

    def method(self, patient: str, i: int) -> str:
        """Return the preferred method."""
        return next((f.method for f in self.back(i) if isinstance(f, Preference) and f.patient == patient), "")

    def has_app(self, patient: str) -> bool:
        """Tell whether push is allowed."""
        return any(isinstance(f, App) and f.patient == patient for f in self.facts)

    def address(self, patient: str, channel: str, i: int) -> str:
        """Return the value on the card."""
        mine = (
            f.value for f in self.back(i) if isinstance(f, Contact) and (f.patient, f.channel) == (patient, channel)
        )
        return next(mine, "")

    def is_dead(self, patient: str, channel: str, i: int) -> bool:
        """Tell whether the value on the card was reported dead since it was edited (spec C3)."""
        value = self.address(patient, channel, i)
        for place in range(i, -1, -1):
            fact = self.facts[place]
            if isinstance(fact, Contact) and (fact.patient, fact.channel) == (patient, channel):
                return False
            if self._kills(place, patient, channel, value):
                return True
        return False

    def _kills(self, i: int, patient: str, channel: str, value: str) -> bool:
        report = self.facts[i]
        if not isinstance(report, Report) or (report.channel, report.address) != (channel, value):
            return False
        return report.dead and self.birth(report.notice[0]).patient == patient and self.fails(i)

    def fails(self, i: int) -> bool:
        """Tell whether the report at `i` is the one that fails its hop: a status never steps down (spec J2)."""
        report = self.facts[i]
        if not isinstance(report, Report) or not report.failed:
            return False
        earlier = [
            f
            for f in self.facts[:i]
            if isinstance(f, Report) and (f.notice, f.channel) == (report.notice, report.channel)
        ]
        # An e-mail may bounce after it was reported delivered; a text message that arrived has arrived.
        return not any(f.failed or report.channel == "sms" for f in earlier)

    def possible(self, patient: str, i: int) -> frozenset[str]:
        """Return the channels of the two that could be used (spec C3)."""
        return frozenset(
            channel
            for channel in ("email", "sms")
            if self.address(patient, channel, i) and not self.is_dead(patient, channel, i)
        )

    def channels(self, patient: str, i: int) -> frozenset[str]:
        """Return what the channel table gives (spec C2)."""
        method, possible = self.method(patient, i), self.possible(patient, i)
        if method == "both":
            return possible
        order = ("sms", "email") if method == "sms" else ("email", "sms")
        first = frozenset([channel for channel in order if channel in possible][:1])
        return first | {"push"} if method == "" and self.has_app(patient) else first

    def birth(self, appointment: int) -> Placed:
        """Return the fact an appointment began with."""
        return next(f for f in self.facts if isinstance(f, Placed) and f.appointment == appointment)

    def terms(self, appointment: int, i: int) -> Terms:
        """Return the appointment's terms."""
        return next(f.terms for f in self.back(i) if isinstance(f, Placed | Changed) and f.appointment == appointment)

    def stands(self, appointment: int, i: int) -> bool:
        """Tell whether the appointment stood."""
        for fact in self.back(i):
            if isinstance(fact, Placed | Cancelled | Restored) and fact.appointment == appointment:
                return not isinstance(fact, Cancelled)
        return False

    def own(self, appointment: int) -> list[int]:
        """Return the places of what happened to an appointment."""
        return [
            i
            for i, f in enumerate(self.facts)
            if isinstance(f, Placed | Changed | Cancelled | Restored) and f.appointment == appointment
        ]

    def off(self, appointment: int, i: int) -> frozenset[str]:
        """Return which of module and type had notices off."""
        clinic = self.birth(appointment).clinic
        states = {
            "module off": self.module_on(clinic, i),
            "type off": self.type_on(clinic, self.terms(appointment, i).type, i),
        }
        return frozenset(word for word, on in states.items() if not on)

    def on(self, appointment: int, i: int) -> bool:
        """Tell whether both module and type had notices on."""
        return not self.off(appointment, i)

    def tick(self, after: int, due: datetime) -> int | None:
        """Return the first tick after place `after` that is not before `due`."""
        later = range(after + 1, len(self.facts))
        return next((i for i in later if isinstance(self.facts[i], Tick) and self.facts[i].at >= due), None)
