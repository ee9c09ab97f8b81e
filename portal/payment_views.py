"""What the patient owes and has paid (spec K2, F4)."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from economy.models import BillingCard, State
from portal.gate import PatientRequest, patient_page


@require_safe
@patient_page
def payments(request: PatientRequest) -> HttpResponse:
    """List what is owed and what is paid, newest first."""
    rows = BillingCard.objects.filter(patient=request.portal.card).order_by("-service_date", "-number")
    owed, paid = rows.filter(state=State.OPEN), rows.filter(state=State.PAID)
    return TemplateResponse(request, "portal/payments.html", {"owed": owed, "paid": paid[:50]})
