"""The column Varsling: what a bulk could reach a patient by, and why not by the rest (spec I3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from notifications.kinds import Reason
from notifications.reach import consent_problem, email_problem, sms_problem
from patients.models import Patient

if TYPE_CHECKING:
    from clinics.models import Clinic


@dataclass(frozen=True, slots=True)
class Mark:
    """Icon and word, and the reason for what is not possible."""

    css: str
    icon: str
    word: str
    reason: str = ""


def mark(patient: Patient, clinic: Clinic) -> Mark:
    """Judge the patient, who carries `is_active_user`; no query.

    SMS needs a mobile number. E-contact needs ePortal or EP-kontakt, and a mobile number or e-mail. Both need consent.
    """
    if problem := consent_problem(patient):
        return Mark("warn", "ban", _("Ikke mulig"), str(problem.label))
    sms = sms_problem(patient, clinic)
    is_active: bool = patient.has_econtact or patient.is_active_user  # type: ignore[attr-defined]
    has_contact = sms is None or email_problem(patient) is None
    if is_active and sms is None:
        return Mark("ok", "circle-check", _("Mulig"))
    if sms is None:
        return Mark("wait", "message-square", _("Bare SMS"), str(Reason.NOT_ELECTRONIC.label))
    if is_active and has_contact:
        return Mark("wait", "mail", _("Bare EP-kontakt"), str(sms.label))
    missing = sms if is_active else Reason.NOT_ELECTRONIC
    return Mark("warn", "ban", _("Ikke mulig"), f"{sms.label}. {missing.label}" if missing != sms else str(sms.label))
