"""Open a patient card: find it at the acting clinic, and write who read it (spec A7, threat 34)."""

from __future__ import annotations

from django.utils import timezone

from clinics import audit
from clinics.gate import StaffRequest, row_or_404
from clinics.models import AuditAction
from patients import receiving
from patients.models import Patient, PortalAccount

RELATED = ("person", "general_practitioner", "preferred_by", "clinic")


def find(request: StaffRequest, pk: int) -> Patient:
    """Return the card, for a change that writes its own line. Raises Http404."""
    return row_or_404(request, Patient, pk, select_related=RELATED)


def opened(request: StaffRequest, pk: int) -> Patient:
    """Return the card with `is_active_user`, and add one READ line. Call once for each page shown. Raises Http404."""
    patient = find(request, pk)
    what = request.resolver_match.view_name if request.resolver_match else ""
    audit.record(AuditAction.READ, clinic=request.clinic, actor=request.user, patient_id=patient.pk, what=what)
    return with_activity(patient)


def with_activity(patient: Patient) -> Patient:
    """Add whether the person has ever logged in to the portal or app (spec B4), and who gets the notices instead."""
    logged_in = patient.person_id and PortalAccount.objects.filter(person=patient.person_id).exists()
    patient.is_active_user = bool(logged_in)  # type: ignore[attr-defined]
    patient.receiver = receiving.receivers([patient], timezone.now()).get(patient.pk)  # type: ignore[attr-defined]
    return patient
