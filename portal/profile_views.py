"""What the patient decides about themselves (spec K3)."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from portal.gate import PatientRequest, patient_page


@require_safe
@patient_page
def profile(request: PatientRequest) -> HttpResponse:
    """Show contact values and log-ins."""
    log_ins = request.portal.person.log_ins.order_by("-at", "-pk")
    return TemplateResponse(request, "portal/profile.html", {"log_ins": log_ins[:20]})
