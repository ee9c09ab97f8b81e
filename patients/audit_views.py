"""The manager's pages of the audit log: who read or changed what, and who has looked at one card (threat 34)."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics import audit
from clinics.access import Right
from clinics.forms import StaffForm
from clinics.gate import StaffRequest, needs
from clinics.models import AuditAction, Clinic
from patients import audit_log, card, search
from patients.models import Patient

HITS = 8
DAYS = ["%Y-%m-%d", "%d.%m.%Y"]
UNREADABLE = {"invalid": _("Skriv datoen som dd.mm.åååå.")}


class DayField(forms.DateField):
    """A day that has a day before and after it in every time zone."""

    def to_python(self, value: Any) -> date | None:
        """Read the day. Raises ValidationError."""
        read: date | None = super().to_python(value)
        if read and not 1900 < read.year < 2200:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return read


class DayInput(forms.DateInput):
    """The browser's own date field: it can hold a day and nothing else, so what is no day is not put back into it."""

    input_type = "date"

    def format_value(self, value: Any) -> str:
        """Return the day as the field takes it, or nothing."""
        try:
            day = forms.DateField(input_formats=DAYS, required=False).to_python(value)
        except forms.ValidationError:
            return ""
        return day.isoformat() if day else ""


def day_field(label: Any) -> forms.DateField:
    """Return a field for a day, in the browser's own date field."""
    return DayField(label=label, required=False, input_formats=DAYS, widget=DayInput(), error_messages=UNREADABLE)


class LogFilter(StaffForm, forms.Form):
    """What narrows the log. It stands in the address, so it holds ids and dates alone, never a name."""

    ansatt = forms.TypedChoiceField(label=_("Ansatt"), required=False, coerce=int, empty_value=None)
    handling = forms.ChoiceField(
        label=_("Handling"), required=False, choices=[("", _("Alle handlinger")), *AuditAction.choices]
    )
    fra = day_field(_("Fra"))
    til = day_field(_("Til"))
    pasient = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(user.pk, str(user)) for user in audit_log.colleagues(clinic)]
        self.fields["ansatt"].choices = [("", _("Alle ansatte")), *people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        if (first := cleaned.get("fra")) and (last := cleaned.get("til")) and last < first:
            self.add_error("til", _("Til-datoen er før fra-datoen."))
        return cleaned

    @property
    def wanted(self) -> dict[str, Any]:
        """What could be read, as `audit_log.narrowed` takes it."""
        self.full_clean()
        given = self.cleaned_data  # what could not be read is not in it
        names = {"actor": "ansatt", "action": "handling", "patient": "pasient", "first": "fra", "last": "til"}
        return {name: value for name, field in names.items() if (value := given.get(field))}


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
