"""The manager's pages of systems that may read the clinic over FHIR: list, make, new secret, revoke."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import toasts
from clinics.access import Right
from clinics.forms import StaffForm
from clinics.gate import StaffRequest, needs, row_or_404
from fhir_api import clients as making
from fhir_api.codes import BASE
from fhir_api.models import ApiClient, Scope

LIST = "fhir_clients:list"


class ClientForm(StaffForm, forms.Form):
    """A system's name, and what it may read."""

    name = forms.CharField(
        label=gettext_lazy("Navn på systemet"),
        max_length=60,
        help_text=gettext_lazy("Står i loggen, og hos pasienten under «Hvem har sett på kortet mitt»."),
        error_messages={"required": gettext_lazy("Skriv hva systemet heter.")},
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Systemet kan lese"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Velg hva systemet kan lese.")},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].widget.attrs.pop("class", None)


@require_GET
@needs(Right.INTEGRATE)
def clients(request: StaffRequest) -> HttpResponse:
    """List the clinic's clients, those out of use last."""
    rows = ApiClient.objects.of(request.clinic).select_related("made_by").prefetch_related("secrets")
    ranked = sorted(rows, key=lambda row: row.revoked_at is not None)
    return render(request, "fhir_api/clients.html", {"rows": ranked, "address": BASE})


@require_http_methods(["GET", "POST"])
@needs(Right.INTEGRATE)
def new(request: StaffRequest) -> HttpResponse:
    """Make a client; the page that answers is the only one that shows the secret."""
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        client, secret = making.make(request.clinic, by=request.user, now=timezone.now(), **form.cleaned_data)
        return shown(request, client, secret)
    return render(request, "fhir_api/new.html", {"form": form}, status=422 if form.is_bound else 200)


def shown(request: StaffRequest, client: ApiClient, secret: str) -> HttpResponse:
    """Show the secret, this once."""
    return render(request, "fhir_api/secret.html", {"client": client, "secret": secret, "address": BASE})


@require_POST
@needs(Right.INTEGRATE)
def rotate(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the client a new secret; a second press or a reload gives no other."""
    client, seen = row_or_404(request, ApiClient, pk), request.POST.get("seen", "")
    turn = int(seen) if seen.isdecimal() and len(seen) < 9 else -1
    try:
        secret = making.rotate(client, by=request.user, seen=turn, now=timezone.now())
    except making.Stale:
        toasts.say(request, _("Hemmeligheten er byttet siden du så på siden. Den vises bare én gang."))
        return redirect(LIST)
    return shown(request, client, secret)


@require_http_methods(["GET", "POST"])
@needs(Right.INTEGRATE)
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then let the client in no more."""
    client = row_or_404(request, ApiClient, pk)
    if request.method == "GET":
        return render(request, "fhir_api/revoke.html", {"client": client, "back": reverse(LIST)})
    gone = making.revoke(client, by=request.user, now=timezone.now())
    toasts.say(request, _("Tilgangen er trukket tilbake") if gone else _("Tilgangen var alt trukket tilbake"))
    return redirect(LIST)
