"""One recipient whose turn has come, with what decides about them now."""

from __future__ import annotations

from typing import NamedTuple


class Turn(NamedTuple):
    """A recipient (pk), the patient (pk), why not if so, and what texts, cards and gateways need to know."""

    recipient: int
    patient: int
    why: str
    given_name: str
    general_practitioner: int | None
    has_econtact: bool
