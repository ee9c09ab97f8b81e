"""The day list, a patient's cards and receipts, and what receipts say of the clinic."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics import audit, days, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs
from clinics.models import AuditAction, Practitioner
from economy import day as day_list
from economy.forms import IssuerForm
from economy.kinds import State
from economy.models import BillingCard
from economy.payment import issuer_of
from patients import card as patient_cards

PAGE = 100
LATEST = 200  # cards on a patient's tab


@require_GET
@needs(Right.READ_CARD)
def day(request: StaffRequest) -> HttpResponse:
    """Show a day's cards with their sums, by status and practitioner; the address holds ids and words of ours only."""
    on = days.asked_for(request)
    state, who = request.GET.get("status", ""), request.GET.get("behandler", "")
    rows = day_list.cards(request.clinic, on, state=state, practitioner=who)
    pages = Paginator(rows.select_related("patient", "practitioner"), PAGE)
    page = pages.get_page(request.GET.get("side"))
    log_list(request, on, len(page.object_list))
    chosen = {"dag": f"{on:%Y-%m-%d}", "status": state, "behandler": who}
    context = {
        "on": on,
        "today": timezone.now().astimezone(request.clinic.zone).date(),
        "previous": on - timedelta(days=1),
        "next": on + timedelta(days=1),
        "page": page,
        "pages": list(pages.get_elided_page_range(page.number)),
        "query": urlencode({name: value for name, value in chosen.items() if value}) + "&",
        "sums": day_list.sums(rows),
        "states": State.choices,
        "state": state,
        "everyone": Practitioner.objects.of(request.clinic),
        "who": who,
        "is_narrowed": bool(state or who),
    }
    return render(request, "economy/day.html", context)


def log_list(request: StaffRequest, on: date, count: int) -> None:
    """Log that a day's cards were looked at, and how many."""
    what = f"day {on}: {count} cards"
    audit.record(AuditAction.CARD, clinic=request.clinic, actor=request.user, what=what)


@require_GET
@needs(Right.READ_CARD)
def of_patient(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the patient card's tab Økonomi: cards and receipts, newest first."""
    patient = patient_cards.opened(request, pk)
    rows = BillingCard.objects.of(request.clinic).filter(patient=patient).select_related("practitioner", "receipt")
    unpaid = rows.filter(state=State.OPEN)
    context = {
        "patient": patient,
        "tab": "economy",
        "rows": rows.order_by("-service_date", "-number")[:LATEST],
        "unpaid_ore": sum(unpaid.order_by().values_list("patient_ore", flat=True)),
    }
    return render(request, "economy/of_patient.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_PRACTITIONERS)
def issuer(request: StaffRequest) -> HttpResponse:
    """Show and change what coming receipts say of the clinic; issued ones stay as they are (spec F5)."""
    form = IssuerForm(request.POST or None, instance=issuer_of(request.clinic))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            what = f"issuer: {', '.join(form.changed_data)}"
            audit.record(AuditAction.SETTING, clinic=request.clinic, actor=request.user, what=what)
        toasts.say(request, _("Opplysningene er lagret"))
        return redirect("economy:issuer")
    context = {
        "form": form,
        "title": _("Opplysninger på kvitteringer"),
        "explanation": _("Står på kvitteringer fra nå av. Kvitteringer som er utstedt, endres ikke."),
        "back": reverse("economy:day"),
    }
    return render(request, "components/form_page.html", context, status=422 if form.is_bound else 200)
