"""The patient moves an appointment to another free slot (spec D3, K2)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.appointment_views import appointment_or_404, show, version_of
from portal.booking_views import asked_slot, slots_shown, taken
from portal.gate import PatientRequest, patient_page
from timebook import self_booking, terms
from timebook.booking import Conflict, Taken
from timebook.models import Appointment
from timebook.slots import Openings


@require_safe
@patient_page
def move(request: PatientRequest, pk: int) -> HttpResponse:
    """Choose among the free slots; one that cannot be moved here says so on its own page."""
    row = appointment_or_404(request, pk)
    if self_booking.why_not_moved(row, terms.of(row.clinic), timezone.now()):
        return redirect("portal:appointment", pk)
    shown = slots_shown(request, openings_of(row), reverse("portal:move_slot", args=[pk]))
    context = shown | {"row": row, "type": row.type, "back": reverse("portal:appointment", args=[pk])}
    return TemplateResponse(request, "portal/slots.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def move_slot(request: PatientRequest, pk: int) -> HttpResponse:
    """Show from when to when, and move it: the first one who presses gets the slot (spec D14)."""
    row = appointment_or_404(request, pk)
    openings = openings_of(row)
    slot, back = asked_slot(request, openings), reverse("portal:move", args=[pk])
    if slot is None:
        return redirect(back)
    moved = appointment_or_404(request, pk)
    moved.practitioner, moved.starts_at, moved.ends_at = slot.practitioner, slot.starts_at, slot.ends_at
    context = {"row": moved, "before": row, "back": back}
    if request.method != "POST":
        return TemplateResponse(request, "portal/slot.html", context)
    try:
        self_booking.move(
            row,
            person=request.portal.person,
            version=version_of(request),
            practitioner=slot.practitioner,
            starts_at=slot.starts_at,
            now=timezone.now(),
        )
    except Conflict as conflict:
        return show(request, conflict.current, status=409, is_conflict=True)
    except Taken:
        return taken(request, openings, slot, path=request.path, back=back)
    except ValidationError as error:
        return TemplateResponse(request, "portal/slot.html", context | {"refused": error.messages}, status=422)
    request.portal.tell(_("Timen er flyttet."))
    return redirect("portal:appointment", pk)


def openings_of(row: Appointment) -> Openings:
    """Return where the appointment may be moved: as long as it is now, its own time not in the way."""
    return self_booking.openings(row.clinic, row.length, timezone.now(), besides=row.pk)
