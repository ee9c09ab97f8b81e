"""Where a link in a notice leads: one and the same page for every token, and after log-in to what it is about (C5)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinics.gate import anyone
from notifications.kinds import SubjectType
from notifications.models import Notification
from patients.models import Language
from portal import attempts, language, oidc, sessions
from portal.gate import PatientRequest, leave_staff, patient_page
from post.models import Message
from timebook.models import Appointment

PLACES = {
    SubjectType.APPOINTMENT: "portal:appointments",
    SubjectType.CARD: "portal:payments",
}


@require_safe
@anyone
@language.chosen_here
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for log-in at level 4. Does not look the token up, so it can reveal and consume nothing (threat 11)."""
    leave_staff(request)
    if sessions.visit_of(request):
        response: HttpResponse = redirect("portal:open", token)
        response["Referrer-Policy"] = "no-referrer"
        return response
    ways = {"providers": oidc.providers(), "token": token, "languages": Language.choices}
    return TemplateResponse(request, "portal/landing.html", ways, headers={"Referrer-Policy": "no-referrer"})


@require_safe
@patient_page
def open_link(request: PatientRequest, token: str) -> HttpResponse:
    """Go to what the notice is about, on the card it is about; one page for other people's links and for none."""
    mine = Notification.objects.filter(token=token, patient__in=request.portal.cards)
    notice = mine.first() if attempts.is_token(token) else None
    if notice is None:
        return TemplateResponse(request, "portal/not_yours.html", status=404)
    request.portal.keep(card_id=notice.patient_id)
    return redirect(place_of(notice))


def place_of(notice: Notification) -> str:
    """Return the address of what the notice is about; the first page for what has no place of its own.

    An appointment and a dialog have pages of their own while they exist; receipts lead to the overview (spec C5).
    """
    if notice.subject_type == SubjectType.MESSAGE:
        found = Message.objects.filter(pk=notice.subject_id, dialog__patient=notice.patient_id).first()
        return reverse("portal:dialog", args=[found.dialog_id]) if found else reverse("portal:messages")
    if notice.subject_type == SubjectType.APPOINTMENT and (pk := appointment_of(notice)):
        return reverse("portal:appointment", args=[pk])
    return reverse(PLACES.get(SubjectType(notice.subject_type), "portal:home"))


def appointment_of(notice: Notification) -> int | None:
    """Return the appointment that the notice is about; None when it is deleted."""
    rows = Appointment.objects.filter(pk=notice.subject_id, patient=notice.patient_id)
    found: int | None = rows.values_list("pk", flat=True).first()
    return found
