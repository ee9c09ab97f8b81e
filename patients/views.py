"""Find a patient, open a new card, and change what the card says."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
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
from clinics.redirects import safe_next
from patients import card, consent, preference
from patients.contact import change_contact
from patients.forms import ContactForm, PersonalForm, RegisterForm, SearchForm, contact_of, take_errors
from patients.models import ConsentChange, Patient
from patients.picking import FEW, LONGEST, hits
from patients.registration import register as open_card

MANY = 50  # hits on the page


@require_http_methods(["GET", "POST"])
@needs(Right.READ_CARD)
def find(request: StaffRequest) -> HttpResponse:
    """Search for patients; posted, so that no name or number ever stands in an address (spec G1)."""
    form = SearchForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "limit": MANY}
    if request.method == "POST" and form.is_valid():
        context |= {"text": form.cleaned_data["q"], "hits": hits(request, form.cleaned_data["q"], MANY)}
    return render(request, "patients/search.html", context)


@require_POST
@needs(Right.READ_CARD)
def quick(request: StaffRequest) -> HttpResponse:
    """Return the drop-down under the search field, for htmx."""
    form = SearchForm(request.POST)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = hits(request, text, FEW) if text else []
    return render(request, "patients/_quick.html", {"text": text, "hits": found})


@require_POST
@needs(Right.BOOK)
def pick(request: StaffRequest) -> HttpResponse:
    """Return hits as buttons that choose a patient in a form, for htmx."""
    text = request.POST.get("patient_text", "")[:LONGEST].strip()
    found = hits(request, text, FEW) if text else []
    return render(request, "patients/_pick.html", {"text": text, "hits": found})


@require_http_methods(["GET", "POST"])
@needs(Right.EDIT_CARD)
def register(request: StaffRequest) -> HttpResponse:
    """Open a new card; what was typed stays when something is refused (spec B5)."""
    form = RegisterForm(request.POST or None, clinic=request.clinic)
    if request.method == "POST" and form.is_valid():
        try:
            patient = open_card(request.clinic, by=request.user, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            take_errors(form, error)
        else:
            toasts.say(request, _("Pasientkortet er opprettet"))
            return redirect("notifications:card", patient.pk)
    return render(request, "patients/register.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.EDIT_CARD)
def personal(request: StaffRequest, pk: int) -> HttpResponse:
    """Show and change Personalia: names, sex and general practitioner."""
    patient = row_or_404(request, Patient, pk)
    initial = {field: getattr(patient, field) for field in PersonalForm.base_fields}
    form = PersonalForm(request.POST or None, initial=initial, clinic=request.clinic)
    if request.method == "POST" and form.is_valid():
        save_personal(request, patient, form)
        toasts.say(request, _("Personalia er lagret"))
        return redirect("patients:personal", pk)
    context = {"patient": card.opened(request, pk), "form": form, "tab": "personal"}
    return render(request, "patients/personal.html", context, status=422 if form.is_bound else 200)


@transaction.atomic
def save_personal(request: StaffRequest, patient: Patient, form: PersonalForm) -> None:
    """Write the changed fields, and log their names."""
    changed = form.changed_data
    for field in changed:
        setattr(patient, field, form.cleaned_data[field])
    if not changed:
        return
    patient.save(update_fields=changed)
    audit.record(
        AuditAction.PERSONAL, clinic=request.clinic, actor=request.user, patient_id=patient.pk, what=", ".join(changed)
    )


@require_http_methods(["GET", "POST"])
@needs(Right.EDIT_CARD)
def contact(request: StaffRequest, pk: int) -> HttpResponse:
    """Change e-mail and phone, in place with htmx and as a page without (spec B1, B5)."""
    back = safe_next(request, reverse("notifications:card", args=[pk]))
    patient = card.find(request, pk)
    form = ContactForm(request.POST or None, initial=contact_of(patient))
    if request.method == "POST" and form.is_valid() and saved_contact(request, patient, form):
        toasts.say(request, _("Kontaktopplysninger er lagret"))
        return HttpResponseClientRedirect(back) if request.htmx else redirect(back)
    template = "patients/_contact_form.html" if request.htmx else "patients/contact.html"
    context = {"patient": card.opened(request, pk), "form": form, "back": back}
    return render(request, template, context, status=422 if form.is_bound else 200)


def saved_contact(request: StaffRequest, patient: Patient, form: ContactForm) -> bool:
    """Try to save; a refused value is explained at its field."""
    try:
        change_contact(patient, by=request.user, now=timezone.now(), **form.cleaned_data)
    except ValidationError as error:
        take_errors(form, error)
    return not form.errors


@require_POST
@needs(Right.EDIT_CARD)
def method(request: StaffRequest, pk: int) -> HttpResponse:
    """Save the preferred method at once; it holds at this clinic only (spec B2)."""
    patient = card.find(request, pk)
    try:
        preference.choose(patient, request.POST.get("method", "?"), by=request.user, now=timezone.now())
        toasts.say(request, _("Foretrukket varslingsmetode er lagret"))
    except ValidationError as error:
        toasts.say(request, error.messages[0])
    return redirect("notifications:card", pk)


@require_POST
@needs(Right.RECORD_CONSENT)
def give_consent(request: StaffRequest, pk: int) -> HttpResponse:
    """Record consent given or withdrawn on the patient's behalf (spec B3)."""
    patient = card.find(request, pk)
    answer, how = request.POST.get("consent", ""), ConsentChange.How.STAFF
    try:
        consent.record(patient, answer, how=how, by=request.user, now=timezone.now())
        toasts.say(request, _("Samtykke er lagret"))
    except ValidationError as error:
        toasts.say(request, error.messages[0])
    return redirect(safe_next(request, reverse("overview:card", args=[pk])))


@require_GET
@needs(Right.RECORD_CONSENT)
def consent_question(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask before consent is withdrawn: what waits is stopped (spec B3)."""
    patient = card.opened(request, pk)
    back = safe_next(request, reverse("overview:card", args=[pk]))
    return render(request, "patients/withdraw.html", {"patient": patient, "back": back})
