"""Whether the patient can be written to, as staff are told while they write and again at Send (spec B3, E3). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from notifications.reach import blocked, consent_problem

if TYPE_CHECKING:
    from patients.models import Patient


@dataclass(frozen=True, slots=True)
class Standing:
    """What is missing, in words; nothing means the message may go. Whether the module is on plays no part."""

    consent: str = ""
    contact: str = ""

    @property
    def is_blocked(self) -> bool:
        """Whether sending is refused."""
        return bool(self.consent or self.contact)

    @property
    def words(self) -> str:
        """Everything that is missing, as sentences."""
        return " ".join(part for part in (self.consent, self.contact) if part)


def standing(patient: Patient) -> Standing:
    """Judge the card as it is now; push does not count (spec C2). Needs the patient's clinic."""
    problem = consent_problem(patient)
    return Standing(consent=f"{problem.label}." if problem else "", contact=blocked(patient))


def refusal(patient: Patient) -> str:
    """Return why the message may not go, in words with what to do; nothing when it may."""
    found = standing(patient)
    if not found.is_blocked:
        return ""
    todo = _("Meldingen er ikke sendt, men beholdt. Rett det på pasientkortet, og send igjen.")
    return f"{_('Pasientvarsel ikke mulig.')} {found.words} {todo}"
