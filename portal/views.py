"""Where a link in a notice leads: one and the same page for every token (spec C5)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from clinics.gate import anyone


@require_safe
@anyone
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for log-in at level 4. Looks nothing up, so it can reveal and consume nothing (threat 11)."""
    return TemplateResponse(request, "portal/landing.html", headers={"Referrer-Policy": "no-referrer"})
