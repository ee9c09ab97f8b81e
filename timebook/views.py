"""The timebook's week and day, and a patient's appointments."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from clinics import days
from clinics.access import Right
from clinics.gate import StaffRequest, needs
from clinics.models import Practitioner
from patients import card
from timebook import book, calendar
from timebook.models import Appointment, AppointmentType

MOST = 12  # columns in a day; a clinic with more chooses whom to see
FRIDAY = 5  # as ISO numbers the days
LATEST = 200  # appointments on a card


@require_GET
@needs(Right.READ_CARD)
def week(request: StaffRequest) -> HttpResponse:
    """Show a practitioner's week; at the weekend the coming one, unless a day is asked for."""
    on, everyone = days.asked_for(request), in_use(request)
    if "dag" not in request.GET and on.isoweekday() > FRIDAY:
        on = calendar.week_of(on) + timedelta(weeks=1)
    monday = calendar.week_of(on)
    who = chosen(request, everyone) or (own(request, everyone) if everyone else None)
    grid = book.week(request.clinic, who, monday, timezone.now()) if who else None
    last = grid.columns[-1].day if grid else monday
    context = {"view": "week", "title": book.week_words(monday, last), "number": monday.isocalendar().week}
    context |= common(request, on, everyone, who) | {"grid": grid, "step": 7}
    context |= {"previous": on - timedelta(days=7), "next": on + timedelta(days=7)}
    return render(request, "timebook/book.html", context)


@require_GET
@needs(Right.READ_CARD)
def day(request: StaffRequest) -> HttpResponse:
    """Show a day, one column for each practitioner."""
    on, everyone = days.asked_for(request), in_use(request)
    who = chosen(request, everyone)
    grid = book.day(request.clinic, [who] if who else everyone[:MOST], on, timezone.now()) if everyone else None
    context = {"view": "day", "grid": grid} | common(request, on, everyone, who)
    context |= {"previous": on - timedelta(days=1), "next": on + timedelta(days=1)}
    return render(request, "timebook/book.html", context)


@require_GET
@needs(Right.READ_CARD)
def of_patient(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the card's tab Timer: coming first, then past and cancelled."""
    patient = card.opened(request, pk)
    now = timezone.now()
    rows = Appointment.objects.of(request.clinic).filter(patient=patient)
    rows = rows.select_related("type", "practitioner", "place")
    coming = list(rows.coming(now).order_by("starts_at", "pk"))
    rest = list(rows.exclude(pk__in=[row.pk for row in coming]).order_by("-starts_at", "-pk")[:LATEST])
    context = {"patient": patient, "coming": coming, "rest": rest, "tab": "appointments"}
    return render(request, "timebook/of_patient.html", context)


def in_use(request: StaffRequest) -> list[Practitioner]:
    """Return the practitioners whose books are kept."""
    return list(Practitioner.objects.of(request.clinic).filter(is_active=True))


def chosen(request: StaffRequest, everyone: list[Practitioner]) -> Practitioner | None:
    """Return the practitioner in the address; one of another clinic is unknown. Raises Http404."""
    pk = request.GET.get("behandler", "")
    if not pk:
        return None
    known = next((one for one in everyone if str(one.pk) == pk), None)
    return known or get_object_or_404(Practitioner.objects.of(request.clinic), pk=pk if pk.isdecimal() else None)


def own(request: StaffRequest, everyone: list[Practitioner]) -> Practitioner:
    """Return the user's own book, or the first."""
    return next((one for one in everyone if one.user_id == request.user.pk), everyone[0])


def common(request: StaffRequest, on: date, everyone: list[Practitioner], who: Practitioner | None) -> dict[str, Any]:
    """Return what both views show around the grid."""
    return {
        "on": on,
        "today": timezone.now().astimezone(request.clinic.zone).date(),
        "everyone": everyone if not who or who in everyone else [*everyone, who],
        "who": who,
        "types": AppointmentType.objects.of(request.clinic).filter(is_active=True),
    }
