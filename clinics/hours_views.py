"""The manager's page of opening hours and closed days."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.hours import ClosedDay, OpeningHours
from clinics.hours_forms import ClosedDayForm, WeekForm, seen
from clinics.models import AuditAction, Clinic
from clinics.views import edited

PAGE = "clinics:hours"


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_PRACTITIONERS)
def hours(request: StaffRequest) -> HttpResponse:
    """Show the week and the closed days to come, and save the week."""
    form = WeekForm(request.POST or None, clinic=request.clinic)
    if request.method == "POST" and form.is_valid() and saved(request, form):
        toasts.say(request, _("Lagret"))
        return redirect(PAGE)
    context = {
        "form": form,
        "closed": ClosedDay.objects.of(request.clinic).filter(day__gte=today(request)),
        "is_unset": not OpeningHours.objects.of(request.clinic).exists(),
    }
    return render(request, "clinics/hours.html", context, status=422 if form.is_bound else 200)


def saved(request: StaffRequest, form: WeekForm) -> bool:
    """Put the week that was typed in the place of the one looked at; a colleague's later one is shown instead."""
    with transaction.atomic():
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=request.clinic.pk)
        if form.week == {row.weekday: (row.opens, row.closes) for row in OpeningHours.objects.of(clinic)}:
            return True  # so already, also when pressed twice
        if seen(clinic) != form.cleaned_data["as_seen"]:
            form.add_error(
                None, _("En annen har endret åpningstidene imens. Åpne siden på nytt og gjør endringen der.")
            )
            return False
        OpeningHours.objects.of(clinic).delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(clinic=clinic, weekday=weekday, opens=opens, closes=closes)
            for weekday, (opens, closes) in form.week.items()
        )
        what = f"opening hours: {', '.join(form.changed_data)}"
        audit.record(AuditAction.SETTING, clinic=clinic, actor=request.user, what=what)
    return True


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_PRACTITIONERS)
def closed_day_new(request: StaffRequest) -> HttpResponse:
    """Close a day."""
    form = ClosedDayForm(request.POST or None, clinic=request.clinic)
    return edited(request, form, title=_("Steng en dag"), back=PAGE)


@require_POST
@needs(Right.MANAGE_PRACTITIONERS)
def closed_day_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Open the day again."""
    with transaction.atomic():
        row = row_or_404(request, ClosedDay, pk)
        row.delete()
        audit.record(AuditAction.SETTING, clinic=request.clinic, actor=request.user, what=f"closedday {pk}: removed")
    toasts.say(request, _("Dagen følger vanlig åpningstid igjen"))
    return redirect(PAGE)


def today(request: StaffRequest) -> date:
    """Return the day at the clinic."""
    return timezone.now().astimezone(request.clinic.zone).date()
