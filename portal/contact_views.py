"""The patient changes e-mail and mobile: a code is sent there, and comes back (spec B1, K3)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from patients import receiving
from patients.contact import change_contact_as_person
from patients.forms import take_errors
from patients.models import Patient
from portal import codes
from portal.code_models import Field
from portal.forms import CodeForm, NewValueForm
from portal.gate import PatientRequest, own_card_or_404, patient_page


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def change(request: PatientRequest, field: str) -> HttpResponse:
    """Take the new value, and send a code to it."""
    which, card = Field(field), own_card_or_404(request)
    form = NewValueForm(which, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            codes.ask(request.portal.person, which, form.cleaned_data["value"], card=card, now=timezone.now())
            return redirect(f"portal:{which}_code")
        except ValidationError as error:
            take_errors(form, ValidationError({"value": error.messages}))
    removal = reverse(f"portal:{which}_remove")
    context = {"form": form, "field": which, "shown": shown(card, which), "removal": removal}
    return TemplateResponse(request, "portal/contact.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def confirm(request: PatientRequest, field: str) -> HttpResponse:
    """Take the code, and let the value count."""
    which, now = Field(field), timezone.now()
    waiting = codes.waiting(request.portal.person, which, now)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            codes.confirm(request.portal.person, which, form.cleaned_data["code"], now=now)
            request.portal.tell(_("%(what)s er endret.") % {"what": which.label})
            return redirect("portal:profile")
        except ValidationError as error:
            take_errors(form, ValidationError({"code": error.messages}))
            waiting = codes.waiting(request.portal.person, which, now)
    context = {"form": form, "field": which, "waiting": waiting, "address": f"portal:{which}"}
    return TemplateResponse(request, "portal/contact_code.html", context, status=422 if form.errors else 200)


@require_POST
@patient_page
def remove(request: PatientRequest, field: str) -> HttpResponse:
    """Take the value off all of the person's cards."""
    which = Field(field)
    change_contact_as_person(request.portal.person, now=timezone.now(), **{which: ""})
    request.portal.tell(_("%(what)s er fjernet.") % {"what": which.label})
    return redirect("portal:profile")


def shown(card: Patient, field: Field) -> str:
    """Return the person's own value as people write it, wherever the card's notices go."""
    receiving.carry(card, receiving.own_values(card))
    return card.email if field == Field.EMAIL else card.mobile_shown
