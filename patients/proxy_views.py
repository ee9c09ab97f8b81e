"""The card's proxies: who may act for the patient in the portal (spec K2)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinics import toasts
from clinics.access import Right
from clinics.forms import StaffForm
from clinics.gate import StaffRequest, needs, row_or_404
from patients import card, proxies, proxy_notices
from patients.forms import DATES, ContactForm, contact_of, take_errors
from patients.proxy_models import Proxy, ProxyKind

WRONG = {"invalid": gettext_lazy("Datoen finnes ikke. Skriv den som 31.12.2026.")}


def day_input() -> forms.DateInput:
    """Return a field for a day as people write it."""
    return forms.DateInput(format="%d.%m.%Y", attrs={"placeholder": gettext_lazy("dd.mm.åååå"), "autocomplete": "off"})


class ProxyForm(StaffForm, forms.Form):
    """Who, why, and from when till when."""

    number = forms.CharField(
        label=gettext_lazy("Fødselsnummer til den som skal handle for pasienten"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Grunnlag"), choices=ProxyKind.choices)
    valid_from = forms.DateField(
        label=gettext_lazy("Gjelder fra"), input_formats=DATES, widget=day_input(), error_messages=WRONG
    )
    valid_to = forms.DateField(
        label=gettext_lazy("Gjelder til og med"),
        required=False,
        input_formats=DATES,
        widget=day_input(),
        error_messages=WRONG,
        help_text=gettext_lazy("Foreldreansvar ender senest når barnet fyller 16 år."),
    )


@require_http_methods(["GET", "POST"])
@needs(Right.EDIT_CARD)
def of_patient(request: StaffRequest, pk: int) -> HttpResponse:
    """List who may act for the patient, and record another."""
    patient = card.find(request, pk)
    initial: dict[str, Any] = {"valid_from": timezone.localdate()}
    form = ProxyForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            proxies.record(patient, by=request.user, now=timezone.now(), **form.cleaned_data)
            toasts.say(request, _("Fullmakten er registrert"))
            return redirect("patients:proxies", pk)
        except ValidationError as error:
            take_errors(form, error)
    rows = Proxy.objects.of(request.clinic).filter(patient=patient).select_related("person", "patient", "recorded_by")
    context = {"patient": card.opened(request, pk), "form": form, "proxies": rows, "tab": "personal"}
    context["today"] = timezone.localdate()
    return render(request, "patients/proxies.html", context, status=422 if form.is_bound else 200)


@require_POST
@needs(Right.EDIT_CARD)
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Withdraw one relation."""
    proxy = row_or_404(request, Proxy, pk)
    if proxies.withdraw(proxy, by=request.user, now=timezone.now()):
        toasts.say(request, _("Fullmakten er trukket"))
    return redirect("patients:proxies", proxy.patient_id)


@require_http_methods(["GET", "POST"])
@needs(Right.EDIT_CARD)
def notices(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the patient's notices go to the proxy, by the proxy's own card or the values that staff type (spec K2)."""
    proxy = row_or_404(request, Proxy, pk, select_related=("clinic", "patient", "person"))
    own = proxy_notices.own_card(proxy)
    typed = contact_of(proxy.patient) if proxy.receives_notices else {}
    form = ContactForm(request.POST if request.method == "POST" else None, initial=typed)
    if form.is_valid():
        try:
            proxy_notices.begin(proxy, by=request.user, now=timezone.now(), **form.cleaned_data)
            toasts.say(request, _("Varslene går til fullmektigen"))
            return redirect("patients:proxies", proxy.patient_id)
        except ValidationError as error:
            take_errors(form, error)
    values = card.opened(request, own.pk) if own else None
    context: dict[str, Any] = {"proxy": proxy, "own": values, "form": form}
    context["patient"] = card.opened(request, proxy.patient_id)
    context["tab"] = "personal"
    return render(request, "patients/proxy_notices.html", context, status=422 if form.is_bound else 200)


@require_POST
@needs(Right.EDIT_CARD)
def end_notices(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the notices go to the patient again."""
    proxy = row_or_404(request, Proxy, pk)
    if proxy_notices.end(proxy, by=request.user):
        toasts.say(request, _("Varslene går til pasienten igjen"))
    return redirect("patients:proxies", proxy.patient_id)
