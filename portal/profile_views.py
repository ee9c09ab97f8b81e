"""What the patient decides about themselves, and who has looked at them (spec K3, B3; threat 34)."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from patients import audit_log, consent, receiving
from patients.models import Consent, ConsentChange
from portal.gate import PatientRequest, card_or_404, own_card_or_404, patient_page


@require_safe
@patient_page
def profile(request: PatientRequest) -> HttpResponse:
    """Show contact values, consents and log-ins."""
    log_ins = request.portal.person.log_ins.order_by("-at", "-pk")
    own = own_card_or_404(request) if request.portal.own else None
    relation = receiving.of_card(own) if own else None
    if own and relation:
        receiving.carry(own, relation.kept)
    context = {"log_ins": log_ins[:20], "own": own, "devices": request.portal.person.subscriptions.count()}
    context["goes_to_proxy"] = relation is not None
    return TemplateResponse(request, "portal/profile.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def decide(request: PatientRequest, pk: int) -> HttpResponse:
    """Tell what consent to one clinic means, and take the answer; the same answer twice is one (spec B3).

    Raises Http404 for anyone else's card.
    """
    card = card_or_404(request, pk)
    if card not in request.portal.own:
        raise Http404
    answer = request.POST.get("consent", "")
    if request.method == "POST" and answer in consent.ANSWERS:
        if consent.record(card, answer, how=ConsentChange.How.PORTAL, by=None, now=timezone.now()):
            words = _("Samtykket er gitt.") if answer == Consent.GIVEN else _("Samtykket er trukket.")
            request.portal.tell(words)
        return redirect("portal:profile")
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "portal/consent.html", {"card": card}, status=status)


@require_safe
@patient_page
def readers(request: PatientRequest) -> HttpResponse:
    """List who of the clinic's has read or changed the person's own card, newest first."""
    card = own_card_or_404(request)
    rows = audit_log.narrowed(card.clinic, patient=card.pk)
    page = audit_log.page(rows, request.GET.get("etter", ""), card.clinic)
    return TemplateResponse(request, "portal/readers.html", {"page": page, "card": card})
