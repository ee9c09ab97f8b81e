"""The portal's first page, and the choice of whose card at which clinic (spec K2)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from patients.models import Consent
from portal import news, push_views
from portal.gate import PatientRequest, card_or_404, patient_page
from timebook.models import Appointment


@require_safe
@patient_page
def home(request: PatientRequest) -> HttpResponse:
    """Show the next appointment and what is new; ask for the consent that nobody has asked for (spec B3)."""
    card = request.portal.card
    coming = Appointment.objects.filter(patient=card).coming(timezone.now())
    rows = coming.select_related("clinic", "practitioner", "place", "type")
    coming_first = rows.order_by("starts_at", "pk").first()
    context = {
        "next": coming_first,
        "news": news.of(card, request.portal.person),
        "asks_consent": request.portal.is_own and card.consent == Consent.NOT_ASKED,
        "offers_push": card.has_consent and push_views.is_offered(request),
    }
    return TemplateResponse(request, "portal/home.html", context)


@require_POST
@patient_page
def choose(request: PatientRequest, pk: int) -> HttpResponse:
    """Look at another of the person's cards. Raises Http404 for anyone else's."""
    request.portal.keep(card=card_or_404(request, pk))
    return redirect("portal:home")
