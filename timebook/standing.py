"""Whether a patient can get appointments and notices, as staff are told while they choose (spec B3, D12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.reach import blocked, consent_problem

if TYPE_CHECKING:
    from patients.models import Patient


@dataclass(frozen=True, slots=True)
class Standing:
    """`refused`: no appointment without consent. `impossible`: it may be set up, and no notice goes."""

    refused: str = ""
    impossible: str = ""


def standing(patient: Patient) -> Standing:
    """Judge the patient as the card is now."""
    problem = consent_problem(patient)
    return Standing(refused=str(problem.label) if problem else "", impossible=blocked(patient))
