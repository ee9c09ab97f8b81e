"""What Helsenorge and Besøklegen tell of an e-contact that they have taken (spec I4, I5, E4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bulk_send import reported
from clinics.models import Clinic
from integrations.events import Apply, Refused, register
from integrations.neighbour_models import Neighbour, Why
from integrations.reading import Malformed, Reader

Act = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Report:
    """One report, by our reference."""

    neighbour: Neighbour
    reference: UUID
    act: Act

    def apply(self, clinic: Clinic, now: datetime) -> Mapping[str, Any]:
        """Carry it out. Raises Refused."""
        try:
            self.act(clinic, self.neighbour, self.reference, now=now)
        except reported.Unknown:
            raise Refused(Why.UNKNOWN_REFERENCE) from None
        except reported.Ended:
            raise Refused(Why.ENDED) from None
        return {"result": "done"}


def reader(act: Act) -> Callable[[Neighbour, Reader], Apply]:
    """Return what reads the reports that `act` carries out."""

    def read(neighbour: Neighbour, said: Reader) -> Apply:
        return Report(neighbour, read_reference(said), act).apply

    return read


def read_reference(said: Reader) -> UUID:
    """Read our reference. Raises Malformed."""
    found = as_reference(said.text("reference", 36))
    if found is None:
        raise Malformed("data.reference")
    return found


def as_reference(text: str) -> UUID | None:
    """Return the reference, None for what is none as we write it."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


for one in (Neighbour.HELSENORGE, Neighbour.BESOKLEGEN):
    register(one, "econtact.delivered", reader(reported.delivered))
    register(one, "econtact.read", reader(reported.read))
    register(one, "econtact.refused", reader(reported.refused))
