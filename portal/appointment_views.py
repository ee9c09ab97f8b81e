"""The patient's appointments (spec K2)."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.gate import PatientRequest, patient_page
from timebook.models import Appointment


@require_safe
@patient_page
def appointments(request: PatientRequest) -> HttpResponse:
    """List what comes, earliest first."""
    coming = Appointment.objects.filter(patient=request.portal.card).coming(timezone.now())
    rows = coming.select_related("clinic", "practitioner", "place", "type").order_by("starts_at", "pk")
    return TemplateResponse(request, "portal/appointments.html", {"coming": rows})
