"""The manager's page of appointment types, and their notice switch (spec D1, D8–D10)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.hours import OpeningHours
from clinics.views import edited
from timebook import foresight, terms
from timebook.forms import TermsForm, TypeForm
from timebook.models import Appointment, AppointmentType
from timebook.switching import Changed, switch_type
from timebook.terms import BookingTerms


@require_GET
@needs(Right.SWITCH_TYPES)
def types(request: StaffRequest) -> HttpResponse:
    """List the clinic's types."""
    rows = AppointmentType.objects.of(request.clinic).order_by("-is_active", "name", "pk")
    is_closed = not OpeningHours.objects.of(request.clinic).exists()
    context = {"rows": rows, "terms": terms.of(request.clinic), "is_closed": is_closed}
    return render(request, "timebook/types.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.SWITCH_TYPES)
def type_new(request: StaffRequest) -> HttpResponse:
    """Add a type; it is born with notices off (spec D1)."""
    form = TypeForm(request.POST or None, clinic=request.clinic)
    return edited(request, form, title=_("Ny timetype"), back="timebook:types")


@require_http_methods(["GET", "POST"])
@needs(Right.SWITCH_TYPES)
def type_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a type, or stop offering it; renaming it tells no patient anything (spec D3)."""
    row = row_or_404(request, AppointmentType, pk)
    form = TypeForm(request.POST or None, instance=row, clinic=request.clinic)
    return edited(request, form, title=_("Endre timetype"), back="timebook:types")


@require_http_methods(["GET", "POST"])
@needs(Right.SWITCH_TYPES)
def booking_terms(request: StaffRequest) -> HttpResponse:
    """Say how early and how late patients book, move and cancel in the portal (spec K2)."""
    if request.method == "POST":
        BookingTerms.objects.get_or_create(clinic=request.clinic)  # two managers' first times meet in one row
    form = TermsForm(request.POST or None, instance=terms.of(request.clinic), clinic=request.clinic)
    return edited(request, form, title=_("Bestilling i portalen"), back="timebook:types")


@require_http_methods(["GET", "POST"])
@needs(Right.SWITCH_TYPES)
def type_notices(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what the switch would do, then throw it: what is made is what was shown (spec D8, D9)."""
    row = row_or_404(request, AppointmentType, pk, select_related=("clinic",))
    on, now = request.POST.get("notices") == "on", timezone.now()
    if request.method == "POST":
        try:
            switch_type(row, on=on, by=request.user, now=now, seen=request.POST.get("seen"))
        except Changed:
            return ask_about_switch(request, row, now, has_changed=True)
        toasts.say(request, _("Varsling er slått på") if on else _("Varsling er slått av"))
        return redirect("timebook:types")
    return ask_about_switch(request, row, now)


def ask_about_switch(
    request: StaffRequest, row: AppointmentType, now: datetime, *, has_changed: bool = False
) -> HttpResponse:
    """Show what switching would do now; whose names are shown is written down."""
    seen = None if row.notices else foresight.of_type(row, now)
    if seen:
        named = {one.patient_id for one in seen.first_at_once} | {
            one.patient_id for one, _reason in seen.first_unreachable
        }
        audit.record_search(clinic=request.clinic, actor=request.user, patient_ids=named)
    context = {
        "type": row,
        "coming": Appointment.objects.of(request.clinic).filter(type=row).coming(now).count(),
        "seen": seen,
        "has_changed": has_changed,
        "back": reverse("timebook:types"),
    }
    return render(request, "timebook/type_notices.html", context, status=409 if has_changed else 200)
