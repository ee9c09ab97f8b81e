"""What every provider must answer: accepted, refused for good, try later, unknown, or wrong set-up. Nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.http import HttpRequest

from notifications.kinds import Channel, DeliveryState, Reason


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to hand over. `token` is the attempt's 128 random bits; it comes back in receipts."""

    token: str
    recipient: str  # E.164 number or e-mail address; the subscription's id for push
    text: str
    expires_at: datetime  # UTC; the provider is told not to deliver later than this
    subject: str = ""
    html: str = ""
    calendar: str = ""  # .ics with its METHOD
    sender: str = ""  # alphanumeric SMS sender, or the name shown before the e-mail address
    recipients: Sequence[object] = ()  # push: every subscription of the person
    link: str = ""  # push: the notice's token, by which the app opens what it is about (spec C5)


class Verdict(StrEnum):
    """How the provider answered."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good; the other channel may be tried
    LATER = "later"  # certainly not sent: connection refused, 429
    UNKNOWN = "unknown"  # anything after the first byte: never treated as failed
    SETUP = "setup"  # bad credentials or sender: pauses the channel, fails nobody


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one message."""

    verdict: Verdict
    reason: Reason | None = None
    provider_id: str = ""
    code: str = ""  # the provider's own code, as given
    retry_after: timedelta | None = None  # 429: the whole channel rests this long

    @classmethod
    def accepted(cls, provider_id: str) -> Outcome:
        """The provider has taken the message over."""
        return cls(Verdict.ACCEPTED, provider_id=provider_id)

    @classmethod
    def refused(cls, reason: Reason, code: str = "") -> Outcome:
        """The provider will never take it."""
        return cls(Verdict.REFUSED, reason, code=code)

    @classmethod
    def later(cls, reason: Reason, code: str = "", retry_after: timedelta | None = None) -> Outcome:
        """Certainly not sent; try again."""
        return cls(Verdict.LATER, reason, code=code, retry_after=retry_after)

    @classmethod
    def unknown(cls, reason: Reason, code: str = "") -> Outcome:
        """It may have been sent."""
        return cls(Verdict.UNKNOWN, reason, code=code)

    @classmethod
    def setup(cls, code: str = "") -> Outcome:
        """Our credentials or sender are wrong."""
        return cls(Verdict.SETUP, Reason.PROVIDER_SETUP, code=code)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One status report, in our vocabulary. `token` or `provider_id` says which attempt."""

    provider: str
    token: str
    provider_id: str
    status: str  # as the provider spelled it, ≤ 24 characters
    state: DeliveryState
    reason: Reason | None = None
    code: str = ""


class LookupFailed(Exception):
    """The provider could not be asked, or the answer could not be read; ask again later."""


class InvalidSignature(Exception):
    """The callback is not from the provider."""


@dataclass(frozen=True, slots=True)
class Sought:
    """An attempt whose fate is asked for: by `provider_id` when known, else by recipient, text and time."""

    token: str
    recipient: str
    text: str
    started_at: datetime  # UTC
    provider_id: str = ""
    subject: str = ""
    taken: frozenset[str] = field(default_factory=frozenset)  # provider ids that belong to other deliveries


class Provider(Protocol):
    """One dialect. Only this package knows it."""

    name: str
    channel: Channel
    has_receipts: bool  # False: accepted is all we will ever know
    is_real: bool  # False: the sandbox; only then may demo data be handed over

    def send(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Hand over every message; one outcome each, in order. Never raises for a single message."""
        ...

    def lookup(self, sought: Sought) -> Receipt | None:
        """Ask what became of an attempt; None when the provider has never heard of it. Raises LookupFailed."""
        ...

    def parse_receipt(self, request: HttpRequest, path: Mapping[str, str]) -> Sequence[Receipt]:
        """Verify a status callback and translate it. Raises InvalidSignature."""
        ...
