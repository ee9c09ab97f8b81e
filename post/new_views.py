"""A new dialog: choose the patient, write, send (spec B3, E1–E3)."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from patients import picking
from patients.forms import take_errors
from patients.models import Patient
from post import composing, writing
from post.dialog_views import kept, number
from post.forms import NewForm
from post.models import Draft
from post.showing import show_new

CARD = ("clinic", "person")


@require_http_methods(["GET", "POST"])
@needs(Right.WRITE_DIALOG)
def new(request: StaffRequest) -> HttpResponse:
    """Write to a patient; what is typed is kept as a draft from the moment the patient is chosen."""
    if request.method == "GET":
        return show_new(request)
    if picking.is_asked(request):
        return choose_patient(request)
    form = NewForm(request.POST, request.FILES, clinic=request.clinic)
    draft = None
    if pk := number(request, "patient"):
        draft = composing.keep(request, row_or_404(request, Patient, pk, select_related=CARD), None)
    try:
        if (action := composing.action_of(request)) and pk:
            if draft:
                composing.carry_out(request, draft, action)
            return redirect(f"{reverse('post:new')}?{urlencode({'pasient': pk})}#id_text")
        if form.is_valid():
            return send(request, form, draft)
    except ValidationError as error:
        form.errors.clear()
        take_errors(form, error)
    return show_new(request, form, status=422)


def choose_patient(request: StaffRequest) -> HttpResponse:
    """Search for a patient, or take the one that was pressed; everything typed stays."""
    choice = picking.choose(request, [name for name in NewForm.base_fields if name != "uploads"])
    is_written = any(choice.initial.get(name, "").strip() for name in ("text", "subject"))
    if choice.patient and not is_written:
        return redirect(f"{reverse('post:new')}?pasient={choice.patient.pk}")
    return show_new(request, NewForm(initial=choice.initial, clinic=request.clinic), **choice.shown)


def send(request: StaffRequest, form: NewForm, draft: Draft | None) -> HttpResponse:
    """Open the dialog; pressing Send twice opens one. Raises ValidationError."""
    if draft:
        composing.attach(draft, request.FILES)
    said = {name: form.cleaned_data[name] for name in ("patient", "subject", "text", "key")}
    try:
        message = writing.start_by_staff(by=request.user, draft=draft, **said)
    except writing.AlreadySent:
        typed = request.POST.copy()
        typed["key"] = str(uuid.uuid4())
        return show_new(request, NewForm(typed, clinic=request.clinic), status=409, conflict="sent")
    toasts.say(request, _("Dialogen er sendt"))
    return redirect("post:dialog", message.dialog_id)


@require_POST
@needs(Right.WRITE_DIALOG)
def keep_draft(request: StaffRequest) -> HttpResponse:
    """Save the draft while it is written, and tell whether it can be sent (spec E3)."""
    patient = row_or_404(request, Patient, number(request, "patient") or 0, select_related=CARD)
    return kept(request, composing.keep(request, patient, None), patient)
