"""Make a new card: find the patient, then practitioner, day and exemption; as a page, once however often it is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clinics.access import Right
from clinics.gate import StaffRequest, needs
from clinics.models import Practitioner
from economy import billing
from economy.forms import NewForm
from economy.models import BillingCard
from patients import card as patient_cards
from patients import picking
from patients.models import Patient


@require_http_methods(["GET", "POST"])
@needs(Right.MARK_PAID)
def new(request: StaffRequest) -> HttpResponse:
    """Ask for what a card needs, and make the draft."""
    if request.method == "GET":
        return show(request, NewForm(initial=asked_for(request), clinic=request.clinic))
    if picking.is_asked(request):
        return choose_patient(request)
    form = NewForm(request.POST, clinic=request.clinic)
    try:
        if form.is_valid() and (card := made(request, form)):
            return redirect("economy:card", card.pk)
    except billing.AlreadyUsed as used:
        form.add_error(None, str(used))
        form.data = {**request.POST.dict(), "key": str(uuid4())}
    return show(request, form, status=422)


def asked_for(request: StaffRequest) -> dict[str, Any]:
    """Return what can be filled in: the patient of the address, the general practitioner, or the user's own book."""
    pk = request.GET.get("pasient", "")
    patient = patient_of(request, pk)
    own = Practitioner.objects.of(request.clinic).filter(user=request.user, is_active=True).first()
    who = own.pk if own else patient.general_practitioner_id if patient else None
    return {"patient": patient.pk if patient else "", "practitioner": who}


def choose_patient(request: StaffRequest) -> HttpResponse:
    """Search for a patient, or take the one that was pressed; everything typed stays."""
    choice = picking.choose(request, NewForm.base_fields)
    return show(request, NewForm(initial=choice.initial, clinic=request.clinic), **choice.shown)


def made(request: StaffRequest, form: NewForm) -> BillingCard | None:
    """Try to make it; refusals go to their fields."""
    patient, key = form.cleaned_data["patient"], form.cleaned_data["key"]
    try:
        return billing.create_draft(
            clinic=request.clinic, patient=patient, by=request.user, request_key=key, **form.values
        )
    except ValidationError as error:
        form.take(error)
        return None


def show(request: StaffRequest, form: NewForm, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the form with the patient who is chosen."""
    patient = patient_of(request, str(form["patient"].value() or ""))
    context = {"form": form, "patient": patient_cards.with_activity(patient) if patient else None, **more}
    return render(request, "economy/new.html", context, status=status)


def patient_of(request: StaffRequest, pk: str) -> Patient | None:
    """Return the acting clinic's patient, or None."""
    rows = Patient.objects.of(request.clinic).select_related("clinic")
    found: Patient | None = rows.filter(pk=int(pk)).first() if picking.is_pk(pk) else None
    return found
