"""The patient's dialogs with the clinic (spec K2)."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from portal.gate import PatientRequest, patient_page
from post.models import Dialog


@require_safe
@patient_page
def messages(request: PatientRequest) -> HttpResponse:
    """List the dialogs, newest first."""
    rows = Dialog.objects.filter(patient=request.portal.card).order_by("-last_message_at", "-pk")
    return TemplateResponse(request, "portal/messages.html", {"dialogs": rows[:50]})
