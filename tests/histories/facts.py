"""What can happen in a history: the facts of the event log, each with its moment (aware, UTC)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Fact:
    """Something that happened, and when."""

    at: datetime


@dataclass(frozen=True)
class Module(Fact):
    """Support switched the clinic's Timebok module."""

    clinic: str
    on: bool


@dataclass(frozen=True)
class Type(Fact):
    """The clinic switched the notices of an appointment type."""

    clinic: str
    type: str
    on: bool


@dataclass(frozen=True)
class Consent(Fact):
    """The patient's consent at this clinic was given or withdrawn."""

    patient: str
    given: bool


@dataclass(frozen=True)
class Preference(Fact):
    """Staff chose a preferred method: "" (nothing chosen), "email", "sms" or "both"."""

    patient: str
    method: str


@dataclass(frozen=True)
class Contact(Fact):
    """The card's value on a channel is another one from now on; "" is none."""

    patient: str
    channel: str
    value: str


@dataclass(frozen=True)
class App(Fact):
    """The patient's person allowed push."""

    patient: str


@dataclass(frozen=True)
class Terms:
    """What of an appointment the patient would see (spec D3)."""

    type: str
    start: datetime
    end: datetime
    practitioner: str


@dataclass(frozen=True)
class Placed(Fact):
    """An appointment came to be: set up by "staff", booked by the "patient", or by "import"."""

    appointment: int
    clinic: str
    patient: str
    terms: Terms
    how: str


@dataclass(frozen=True)
class Changed(Fact):
    """An appointment got other terms."""

    appointment: int
    terms: Terms


@dataclass(frozen=True)
class Cancelled(Fact):
    """An appointment was cancelled by "staff" or the "patient"."""

    appointment: int
    by: str


@dataclass(frozen=True)
class Restored(Fact):
    """Staff undid a cancellation."""

    appointment: int


@dataclass(frozen=True)
class Tick(Fact):
    """The engine ran: what was due was judged and handed over."""


Notice = tuple[int, str, datetime]  # appointment, kind, due (UTC): no two notices share them


@dataclass(frozen=True)
class Report(Fact):
    """A provider's report about the hop of a notice; `dead` when it says that the address does not work."""

    notice: Notice
    channel: str
    address: str
    failed: bool
    dead: bool
