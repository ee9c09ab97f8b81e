"""The manager's page of appointment types, and their notice switch (spec D1, D8–D10)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.views import edited
from timebook.forms import TypeForm
from timebook.models import Appointment, AppointmentType
from timebook.switching import switch_type


@require_GET
@needs(Right.SWITCH_TYPES)
def types(request: StaffRequest) -> HttpResponse:
    """List the clinic's types."""
    rows = AppointmentType.objects.of(request.clinic).order_by("-is_active", "name", "pk")
    return render(request, "timebook/types.html", {"rows": rows})


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
def type_notices(request: StaffRequest, pk: int) -> HttpResponse:
    """Explain what the switch does, then throw it (spec D8, D9)."""
    row = row_or_404(request, AppointmentType, pk)
    if request.method == "POST":
        on = request.POST.get("notices") == "on"
        switch_type(row, on=on, by=request.user)
        toasts.say(request, _("Varsling er slått på") if on else _("Varsling er slått av"))
        return redirect("timebook:types")
    coming = Appointment.objects.of(request.clinic).filter(type=row).coming(timezone.now()).count()
    context = {"type": row, "coming": coming, "back": reverse("timebook:types")}
    return render(request, "timebook/type_notices.html", context)
