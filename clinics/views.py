"""Which clinic one acts for, how pages look, and the manager's practitioners and places."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import audit, toasts
from clinics.access import Right
from clinics.context import SCHEME_COOKIE, SCHEMES
from clinics.forms import ClinicForm, PlaceForm, PractitionerForm
from clinics.gate import StaffRequest, anyone, needs, row_or_404, signed_in
from clinics.models import AuditAction, Membership, Place, Practitioner
from clinics.redirects import safe_next

A_YEAR = 365 * 24 * 60 * 60


@require_POST
@signed_in
def act_for(request: StaffRequest, pk: int) -> HttpResponse:
    """Act for another of the user's clinics from now on (spec A7). `pk` is the clinic's."""
    mine = Membership.objects.filter(user=request.user, is_active=True, clinic__is_active=True)
    if not mine.filter(clinic=pk).exists():
        raise Http404
    request.session.cycle_key()
    request.session["clinic"] = pk
    return redirect("overview:home")


@require_POST
@anyone
def appearance(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie, and go back."""
    scheme = request.POST.get("scheme", "")
    response = redirect(safe_next(request, reverse("overview:home")))
    if scheme in SCHEMES:
        response.set_cookie(
            SCHEME_COOKIE,
            scheme,
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@require_GET
@needs(Right.MANAGE_PRACTITIONERS)
def practitioners(request: StaffRequest) -> HttpResponse:
    """List those whom patients have appointments with."""
    rows = Practitioner.objects.of(request.clinic).order_by("-is_active", "name", "pk")
    return render(request, "clinics/practitioners.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_PRACTITIONERS)
def practitioner_new(request: StaffRequest) -> HttpResponse:
    """Add a practitioner."""
    form = PractitionerForm(request.POST or None, clinic=request.clinic)
    return edited(request, form, title=_("Ny behandler"), back="clinics:practitioners")


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_PRACTITIONERS)
def practitioner_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a practitioner, or take them out of use."""
    row = row_or_404(request, Practitioner, pk)
    form = PractitionerForm(request.POST or None, instance=row, clinic=request.clinic)
    return edited(request, form, title=_("Endre behandler"), back="clinics:practitioners")


@require_GET
@needs(Right.MANAGE_PRACTITIONERS)
def places(request: StaffRequest) -> HttpResponse:
    """List where appointments take place."""
    rows = Place.objects.of(request.clinic).order_by("-is_active", "name", "pk")
    return render(request, "clinics/places.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_PRACTITIONERS)
def place_new(request: StaffRequest) -> HttpResponse:
    """Add a place."""
    form = PlaceForm(request.POST or None, clinic=request.clinic)
    return edited(request, form, title=_("Nytt sted"), back="clinics:places")


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_PRACTITIONERS)
def place_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a place, or take it out of use."""
    row = row_or_404(request, Place, pk)
    form = PlaceForm(request.POST or None, instance=row, clinic=request.clinic)
    return edited(request, form, title=_("Endre sted"), back="clinics:places")


def edited(request: StaffRequest, form: ClinicForm, *, title: str, back: str) -> HttpResponse:
    """Show the form, or save it, log which fields changed, and go back to the list."""
    if request.method == "POST" and form.is_valid():
        row = form.save()
        what = f"{row._meta.model_name} {row.pk}: {', '.join(form.changed_data)}"
        audit.record(AuditAction.SETTING, clinic=request.clinic, actor=request.user, what=what)
        toasts.say(request, _("Lagret"))
        return redirect(back)
    context: dict[str, Any] = {"form": form, "title": title, "back": reverse(back)}
    return render(request, "components/form_page.html", context, status=422 if form.is_bound else 200)
