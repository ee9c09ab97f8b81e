"""The manager's pages of the audit log: who read or changed what, and who has looked at one card (threat 34)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics import audit
from clinics.access import Right
from clinics.days import PeriodForm
from clinics.gate import StaffRequest, needs
from clinics.models import AuditAction, Clinic
from patients import audit_log, card, search
from patients.models import Patient

HITS = 8


class LogFilter(PeriodForm):
    """What narrows the log. It stands in the address, so it holds ids and dates alone, never a name."""

    ansatt = forms.TypedChoiceField(label=_("Ansatt"), required=False, coerce=int, empty_value=None)
    handling = forms.ChoiceField(
        label=_("Handling"), required=False, choices=[("", _("Alle handlinger")), *AuditAction.choices]
    )
    pasient = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(user.pk, str(user)) for user in audit_log.colleagues(clinic)]
        self.fields["ansatt"].choices = [("", _("Alle ansatte")), *people]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> dict[str, Any]:
        """What could be read, as `audit_log.narrowed` takes it."""
        self.is_valid()  # reads what was given
        names = {"actor": "ansatt", "action": "handling", "patient": "pasient"}
        given = {name: self.cleaned_data.get(field) for name, field in names.items()}
        given |= {"first": self.first, "last": self.last}
        return {name: value for name, value in given.items() if value}


@require_http_methods(["GET", "POST"])
@needs(Right.READ_AUDIT)
def log(request: StaffRequest) -> HttpResponse:
    """Show the clinic's log, newest first. A patient is searched for by POST, so that no name stands in an address."""
    narrowing = LogFilter(request.GET, clinic=request.clinic)
    wanted = narrowing.wanted
    shown = audit_log.page(audit_log.narrowed(request.clinic, **wanted), request.GET.get("etter", ""), request.clinic)
    named = {line.patient.pk for line in shown.lines if line.patient}
    what = f"audit:log, {len(named)} patients"
    audit.record(AuditAction.AUDIT, clinic=request.clinic, actor=request.user, what=what)
    kept = {name: given for name in LogFilter.base_fields if (given := request.GET.get(name, ""))}
    context: dict[str, Any] = {"form": narrowing, "page": shown, "is_narrowed": bool(wanted)}
    context["query"] = f"{query}&" if (query := urlencode(kept)) else ""
    context["without_patient"] = urlencode({name: given for name, given in kept.items() if name != "pasient"})
    if pk := wanted.get("patient"):
        context["patient"] = Patient.objects.of(request.clinic).filter(pk=pk).first()
    if request.method == "POST":
        context |= found(request)
    return render(request, "patients/audit_log.html", context)


def found(request: StaffRequest) -> dict[str, Any]:
    """Search for the patient whose lines are wanted; those shown are logged (spec G1)."""
    text = request.POST.get("q", "")[: search.LONGEST].strip()
    hits = search.quick(request.clinic, text, limit=HITS)
    audit.record_search(clinic=request.clinic, actor=request.user, patient_ids=[hit.pk for hit in hits])
    return {"text": text, "hits": hits}


@require_GET
@needs(Right.READ_AUDIT)
def readers(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who at the clinic has looked at or changed one card; looking here is a line too."""
    patient = card.opened(request, pk)
    rows = audit_log.narrowed(request.clinic, patient=patient.pk)
    shown = audit_log.page(rows, request.GET.get("etter", ""), request.clinic)
    return render(request, "patients/readers.html", {"patient": patient, "tab": "readers", "page": shown})
