"""What the gateway of an e-contact provider must answer, and which one serves a provider (spec A6, I5).

The channel is at security level 4: here, and only here, the text leaves the house (spec C4). It stands in no log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from clinics.models import Clinic, EContactProvider
from notifications.providers.base import Outcome


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-contact to hand over. `reference` is ours, and the same at every attempt: the gateway takes it once."""

    reference: UUID
    national_number: str = field(repr=False)  # 11 digits; empty for who has none
    local_number: str = field(repr=False)  # the clinic's own, for who has no national one
    subject: str = field(repr=False)
    text: str = field(repr=False)
    clinic: int  # pk
    sender: str  # the clinic's name as patients know it
    sent_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Found:
    """The gateway has the e-contact with this reference."""

    reference: UUID


class Gateway(Protocol):
    """One provider's gateway. Only `integrations` knows its dialect."""

    is_real: bool  # False: the sandbox; only then may demo data be handed over

    def send(self, batch: Sequence[Letter]) -> Sequence[Outcome]:
        """Hand over every letter; one outcome each, in order. Accepted means delivered to the gateway (spec I4).

        Never raises for a single letter.
        """
        ...

    def lookup(self, reference: UUID) -> Found | None:
        """Ask whether it has the reference; None when it certainly has not. Raises LookupFailed."""
        ...


LastAsked = Callable[[Clinic], datetime | None]
ASKED: list[LastAsked] = []
STALE = timedelta(days=2)  # the marks are asked for every night
MAKERS: dict[str, Callable[[], Gateway]] = {}


class Marks(NamedTuple):
    """How fresh the marks of who is active at the clinic's provider are (spec I3)."""

    asked_at: datetime | None
    is_stale: bool


def tell_marks(last_asked: LastAsked) -> None:
    """Say who knows when the provider was last asked about everyone."""
    ASKED[:] = [last_asked]


def marks(clinic: Clinic, now: datetime) -> Marks | None:
    """Return how fresh the marks are, None for a clinic without a provider."""
    if not clinic.econtact_provider:
        return None
    asked_at = next((ask(clinic) for ask in ASKED), None)
    return Marks(asked_at, is_stale=asked_at is None or now - asked_at > STALE)


class NoGateway(Exception):
    """No gateway is registered for the provider."""


def register(provider: EContactProvider, make: Callable[[], Gateway]) -> None:
    """Say how to get the provider's gateway; called at every use, so that settings are read late."""
    MAKERS[provider] = make


def gateway_for(provider: str) -> Gateway:
    """Return the provider's gateway. Raises NoGateway."""
    if provider not in MAKERS:
        raise NoGateway(provider)
    return MAKERS[provider]()
