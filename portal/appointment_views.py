"""The patient's appointments: the list, one of them, its calendar entry, and calling it off (spec K2, D4)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.gate import PatientRequest, patient_page
from timebook import invitation, self_booking, terms
from timebook.booking import Conflict
from timebook.models import Appointment, AppointmentQuerySet

PAST = 30  # shown of what has been
RELATED = ("clinic", "practitioner", "place", "type")


@require_safe
@patient_page
def appointments(request: PatientRequest) -> HttpResponse:
    """List what comes, earliest first, and what has been or is cancelled, newest first."""
    mine, now = rows_of(request), timezone.now()
    coming = mine.booked().filter(ends_at__gt=now).order_by("starts_at", "pk")
    past = mine.exclude(pk__in=coming.values("pk")).order_by("-starts_at", "-pk")[:PAST]
    context = {"coming": coming, "past": past, "may_book": bool(self_booking.types(request.portal.clinic))}
    return TemplateResponse(request, "portal/appointments.html", context)


@require_safe
@patient_page
def appointment(request: PatientRequest, pk: int) -> HttpResponse:
    """Show when, where and with whom; and whether it can be moved or cancelled here, or why not."""
    return show(request, appointment_or_404(request, pk))


def show(request: PatientRequest, row: Appointment, *, status: int = 200, **more: object) -> HttpResponse:
    """Show the appointment as it is now, with what stands in the way."""
    own, now = terms.of(row.clinic), timezone.now()
    context = {
        "row": row,
        "why_fixed": self_booking.why_fixed(row, own, now),
        "why_not_moved": self_booking.why_not_moved(row, own, now),
        "is_over": row.ends_at <= now,
    }
    return TemplateResponse(request, "portal/appointment.html", context | more, status=status)


@require_safe
@patient_page
def calendar(request: PatientRequest, pk: int) -> HttpResponse:
    """Give the entry for the phone's calendar; its UID is that of the e-mail's, so there is one of it."""
    entry = invitation.published(appointment_or_404(request, pk), now=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="time.ics"'}
    return HttpResponse(entry, content_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def cancel(request: PatientRequest, pk: int) -> HttpResponse:
    """Ask, then call it off; a version that is gone shows the appointment as it is now."""
    row = appointment_or_404(request, pk)
    if request.method != "POST":
        if self_booking.why_fixed(row, terms.of(row.clinic), timezone.now()):
            return redirect("portal:appointment", pk)
        return TemplateResponse(request, "portal/appointment_cancel.html", {"row": row})
    try:
        self_booking.cancel(row, person=request.portal.person, version=version_of(request), now=timezone.now())
    except Conflict as conflict:
        return show(request, conflict.current, status=409, is_conflict=True)
    except ValidationError as error:
        return show(request, appointment_or_404(request, pk), status=422, refused=error.messages)
    request.portal.tell(_("Timen er avbestilt."))
    return redirect("portal:appointment", pk)


def rows_of(request: PatientRequest) -> AppointmentQuerySet:
    """Return the chosen card's appointments with what a page shows."""
    rows: AppointmentQuerySet = Appointment.objects.filter(patient=request.portal.card).select_related(*RELATED)
    return rows


def appointment_or_404(request: PatientRequest, pk: int) -> Appointment:
    """Return the chosen card's appointment; another's is as unknown as one that does not exist. Raises Http404."""
    row: Appointment | None = rows_of(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def version_of(request: PatientRequest) -> int:
    """Return the posted version; without one nothing matches."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
