"""The clinic's start page, and the first tab of the patient card."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from clinics.access import Right
from clinics.gate import StaffRequest, needs
from notifications import history
from notifications.filters import FOLLOW_UP, failed_since
from patients import card as cards
from patients.models import ConsentChange
from timebook import book
from timebook.models import Appointment, AppointmentType

FEW = 5
TODAY = 200  # appointments shown; the timebook has the rest


@require_GET
@needs(Right.READ_CARD)
def home(request: StaffRequest) -> HttpResponse:
    """Show today's appointments, what failed, and the way to daily work."""
    today = timezone.now().astimezone(request.clinic.zone).date()
    rows = book.appointments(request.clinic, today, 1).booked()
    failed = failed_since(request.clinic, timezone.now() - FOLLOW_UP)
    context = {
        "today": today,
        "entries": [book.entry(row, request.clinic) for row in rows[:TODAY]],
        "failed": history.rows(failed.order_by("-due_at", "-pk")[:FEW]),
        "silent_types": AppointmentType.objects.of(request.clinic).filter(is_active=True, notices=False).count(),
    }
    return render(request, "overview/home.html", context)


@require_GET
@needs(Right.READ_CARD)
def card(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the card's tab Oversikt: appointments, contact values and consent with its log."""
    patient = cards.opened(request, pk)
    now = timezone.now()
    rows = Appointment.objects.of(request.clinic).filter(patient=patient)
    rows = rows.select_related("type", "practitioner", "place")
    context = {
        "patient": patient,
        "tab": "overview",
        "coming": rows.coming(now).order_by("starts_at", "pk")[:FEW],
        "past": rows.filter(starts_at__lte=now).order_by("-starts_at", "-pk")[:FEW],
        "consent_log": ConsentChange.objects.of(request.clinic).filter(patient=patient).select_related("by")[:20],
    }
    return render(request, "overview/card.html", context)
