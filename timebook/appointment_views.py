"""Set up, look at, change, cancel and restore one appointment (spec D2–D5, D12, D14)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.models import AuditAction
from notifications import history
from notifications.kinds import SubjectType
from notifications.models import Notification
from patients import card, picking
from patients.models import Patient
from timebook import booking
from timebook.differences import differences
from timebook.forms import ChangeForm, NewForm
from timebook.models import Appointment
from timebook.standing import standing

RELATED = ("clinic", "patient__person", "patient__clinic", "type", "practitioner", "place", "created_by")


@require_http_methods(["GET", "POST"])
@needs(Right.BOOK)
def new(request: StaffRequest) -> HttpResponse:
    """Set up an appointment: choose the patient, then when; in a dialog with htmx, as a page without."""
    if request.method == "GET":
        return show_new(request, NewForm(initial=asked_for(request), clinic=request.clinic))
    if picking.is_asked(request):
        return choose_patient(request)
    form = NewForm(request.POST, clinic=request.clinic)
    if form.is_valid() and (appointment := set_up(request, form)):
        toasts.say(request, _("Timen er satt opp"))
        return go(request, book_url(appointment))
    return show_new(request, form, status=422)


def asked_for(request: StaffRequest) -> dict[str, Any]:
    """Return what the address fills in: day, time, practitioner, patient. Numbers only, never names."""
    local = timezone.now().astimezone(request.clinic.zone)
    asked = {
        "patient": request.GET.get("pasient", ""),
        "practitioner": request.GET.get("behandler", ""),
        "date": request.GET.get("dag", f"{local:%d.%m.%Y}"),
        "time": request.GET.get("kl", ""),
    }
    parts = asked["date"].split("-")
    if len(parts) == 3:
        asked["date"] = ".".join(reversed(parts))
    return asked


def choose_patient(request: StaffRequest) -> HttpResponse:
    """Search for a patient, or take the one that was pressed; everything typed stays."""
    choice = picking.choose(request, NewForm.base_fields)
    return show_new(request, NewForm(initial=choice.initial, clinic=request.clinic), **choice.shown)


def set_up(request: StaffRequest, form: NewForm) -> Appointment | None:
    """Try to set it up; refusals go to their fields."""
    patient = form.cleaned_data["patient"]
    form.refuse_unknown(Appointment(clinic=request.clinic, patient=patient, **form.values))
    if form.errors:
        return None
    try:
        return booking.set_up(clinic=request.clinic, patient=patient, by=request.user, **form.values)
    except ValidationError as error:
        form.take(error)
        return None


def show_new(request: StaffRequest, form: NewForm, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the form with what is known of the patient (spec D12)."""
    value = str(form["patient"].value() or "")
    patient = None
    if value.isdecimal():
        found = Patient.objects.of(request.clinic).filter(pk=value).select_related("clinic").first()
        patient = card.with_activity(found) if found else None
    template = "timebook/_new_form.html" if request.htmx else "timebook/new.html"
    context = {"form": form, "patient": patient, "standing": standing(patient) if patient else None, **more}
    return render(request, template, context, status=status)


@require_GET
@needs(Right.READ_CARD)
def appointment(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one appointment and its notices."""
    row = row_or_404(request, Appointment, pk, select_related=RELATED)
    read(request, row)
    notices = Notification.objects.of(request.clinic).about(SubjectType.APPOINTMENT, row.pk)
    context = {"rows": history.rows(notices.order_by("-due_at", "-pk")[:100])} | about(row)
    return render(request, "timebook/appointment.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.BOOK)
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """Move or change; the second of two editors sees both versions (spec D3, threat 29)."""
    row = row_or_404(request, Appointment, pk, select_related=RELATED)
    form = ChangeForm(request.POST or None, appointment=row)
    if request.method == "POST" and form.is_valid():
        try:
            if changed(request, row, form):
                toasts.say(request, _("Timen er endret"))
                return go(request, reverse("timebook:appointment", args=[pk]))
        except booking.Conflict as conflict:
            return conflicting(request, conflict.current, form)
    read(request, row)
    context = {"form": form} | about(row)
    return render(request, "timebook/change.html", context, status=422 if form.is_bound else 200)


def changed(request: StaffRequest, row: Appointment, form: ChangeForm) -> bool:
    """Try to change it; refusals go to their fields. Raises Conflict."""
    wanted = Appointment(pk=row.pk, clinic=request.clinic, patient=row.patient, **form.values)
    form.refuse_unknown(wanted)
    if form.errors:
        return False
    try:
        booking.reschedule(row, version=form.cleaned_data["version"], by=request.user, **form.values)
    except ValidationError as error:
        form.take(error)
    return not form.errors


def conflicting(request: StaffRequest, current: Appointment, form: ChangeForm) -> HttpResponse:
    """Show what someone else saved beside what was typed; sending again goes on top of theirs."""
    fresh = row_or_404(request, Appointment, current.pk, select_related=RELATED)
    typed = request.POST.copy()
    typed["version"] = str(fresh.version)
    again = ChangeForm(typed, appointment=fresh)
    read(request, fresh)
    context = {"form": again, "differences": differences(fresh, form.values)} | about(fresh)
    return render(request, "timebook/conflict.html", context, status=409)


@require_http_methods(["GET", "POST"])
@needs(Right.BOOK)
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then cancel; the toast undoes it (spec D4, D5)."""
    row = row_or_404(request, Appointment, pk, select_related=RELATED)
    if request.method == "GET":
        read(request, row)
        return render(request, "timebook/cancel.html", about(row))
    try:
        done = booking.cancel(row, version=version_of(request), by=request.user)
    except (booking.Conflict, ValidationError) as error:
        return refused(request, row, error)
    toasts.say(request, _("Timen er avlyst"), undo=reverse("timebook:restore", args=[pk]), version=done.version)
    return go(request, reverse("timebook:appointment", args=[pk]))


@require_POST
@needs(Right.BOOK)
def restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Undo a cancellation (spec D5)."""
    row = row_or_404(request, Appointment, pk, select_related=RELATED)
    try:
        booking.restore(row, version=version_of(request), by=request.user)
    except (booking.Conflict, ValidationError) as error:
        return refused(request, row, error)
    toasts.say(request, _("Avlysningen er angret"))
    return go(request, reverse("timebook:appointment", args=[pk]))


def refused(request: StaffRequest, row: Appointment, error: Exception) -> HttpResponse:
    """Say what happened instead: someone else was first (409), or it cannot be done (422)."""
    fresh = row_or_404(request, Appointment, row.pk, select_related=RELATED)
    read(request, fresh)
    is_conflict = isinstance(error, booking.Conflict)
    words = [str(error)] if is_conflict else getattr(error, "messages", [])
    context = {"words": words} | about(fresh)
    return render(request, "timebook/refused.html", context, status=409 if is_conflict else 422)


def version_of(request: StaffRequest) -> int:
    """Return the posted version; without one nothing matches."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def read(request: StaffRequest, row: Appointment) -> None:
    """Log that the patient's appointment was looked at (threat 34)."""
    what = f"appointment {row.pk}"
    audit.record(AuditAction.READ, clinic=request.clinic, actor=request.user, patient_id=row.patient_id, what=what)


def about(row: Appointment) -> dict[str, Any]:
    """Return what every page about an appointment shows."""
    now = timezone.now()
    return {
        "appointment": row,
        "patient": card.with_activity(row.patient),
        "standing": standing(row.patient),
        "may_cancel": row.is_booked and row.ends_at > now,
        "may_restore": not row.is_booked and row.starts_at > now,
    }


def book_url(row: Appointment) -> str:
    """Return the week the appointment stands in."""
    local = row.starts_at.astimezone(row.clinic.zone)
    return f"{reverse('timebook:week')}?{urlencode({'dag': f'{local:%Y-%m-%d}', 'behandler': row.practitioner_id})}"


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect, also out of a dialog that htmx filled."""
    return HttpResponseClientRedirect(url) if getattr(request, "htmx", False) else redirect(url)
