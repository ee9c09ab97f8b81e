"""Preferred method of notice, chosen by staff at one clinic (spec B2)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from clinics import audit
from clinics.models import AuditAction, User
from patients.models import Patient, PreferredMethod


def choose(patient: Patient, method: str, *, by: User, now: datetime) -> bool:
    """Write the preferred method with who and when; returns False when it was chosen already.

    `now` is aware; "" goes back to not chosen. Holds at the card's clinic only. Raises ValidationError for a method
    that is not one of the labels (spec B2).
    """
    if method not in PreferredMethod.values:
        raise ValidationError("Velg en av metodene i listen.", code="method")
    with transaction.atomic():
        card = Patient.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=patient.pk)
        changed: bool = card.preferred_method != method
        if changed:
            Patient.objects.filter(pk=card.pk).update(preferred_method=method, preferred_at=now, preferred_by=by)
            audit.record(
                AuditAction.PREFERENCE, clinic=card.clinic, actor=by, patient_id=card.pk, what="preferred_method"
            )
    patient.preferred_method = method
    if changed:
        patient.preferred_at, patient.preferred_by = now, by
    return changed
