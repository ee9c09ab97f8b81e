"""Consent to be contacted and booked through the platform: the card, its log and the audit line (spec B3)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from clinics import audit
from clinics.models import AuditAction, User
from patients.models import Consent, ConsentChange, Patient

ANSWERS = {Consent.GIVEN, Consent.WITHDRAWN}


def record(patient: Patient, consent: str, *, how: str, by: User | None, now: datetime) -> bool:
    """Write the patient's answer; returns False, and writes no line, when it is what the card says already.

    `now` is aware. `by` is None when the patient answers in the portal. Raises ValidationError for anything but given
    and withdrawn: an answer cannot be made unasked (spec B3).
    """
    if consent not in ANSWERS:
        raise ValidationError("Velg om samtykket er gitt eller trukket.", code="consent")
    with transaction.atomic():
        card = Patient.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=patient.pk)
        changed: bool = card.consent != consent
        if changed:
            write(card, consent, how=how, by=by, now=now)
    patient.consent = consent
    if changed:
        patient.consent_at = now
    return changed


def write(card: Patient, consent: str, *, how: str, by: User | None, now: datetime) -> None:
    """Write the card, the log line and the audit line. Needs the card's row lock."""
    Patient.objects.filter(pk=card.pk).update(consent=consent, consent_at=now)
    ConsentChange.objects.create(clinic=card.clinic, patient=card, consent=consent, how=how, by=by, at=now)
    source = "portal" if how == ConsentChange.How.PORTAL else "web"
    audit.record(
        AuditAction.CONSENT, clinic=card.clinic, actor=by, patient_id=card.pk, what=f"{consent} {how}", source=source
    )
