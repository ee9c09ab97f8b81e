"""The way in and out of the portal (spec K1)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from clinics.gate import anyone
from portal import sessions
from portal.gate import leave_staff
from portal.models import LogIn


@require_safe
@anyone
def log_in(request: HttpRequest) -> HttpResponse:
    """Say what log-in is asked for. Looks nothing up."""
    leave_staff(request)
    return TemplateResponse(request, "portal/log_in.html")


@require_POST
@anyone
def log_out(request: HttpRequest) -> HttpResponse:
    """End the patient's session here."""
    leave_staff(request)
    if session := sessions.session_of(request):
        sessions.end(session, LogIn.Ending.LOGGED_OUT)
    response = redirect("portal:log_in")
    sessions.delete_cookie(response)
    return response
