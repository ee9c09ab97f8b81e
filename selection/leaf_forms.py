"""One small form for each kind of criterion; what it means, and what is refused, selection.reading decides."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.forms import DATES, StaffForm
from clinics.models import Clinic, Practitioner
from patients.models import Consent, Sex
from selection import criteria as c
from selection.json_fields import Unreadable
from selection.reading import node

# The forms' fields → the JSON's.
PERIOD = {"days": "days", "first": "from", "last": "to", "season": "season"}
KEYS = {"low": "from", "high": "to", "negated": "not", "sent_days": "days"}
FIELDS = {key: name for name, key in KEYS.items()}
LISTS = ("codes", "municipalities", "postcodes")
NO_PERIOD = ("age", "sent")  # whose own fields have the period's names
SEPARATOR = re.compile(r"[,;\n]")
TYPED_DAY = {"placeholder": _("dd.mm.åååå"), "autocomplete": "off"}


def text(label: Any, **attributes: Any) -> forms.CharField:
    """Return a short text field."""
    widget = forms.TextInput(attrs={"autocomplete": "off", **attributes})
    return forms.CharField(label=label, required=False, max_length=400, widget=widget)


def number(label: Any) -> forms.IntegerField:
    """Return a field for a whole number."""
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=label, required=False, widget=widget, error_messages={"invalid": WHOLE})


def day(label: Any) -> forms.DateField:
    """Return a field for a date as people write it."""
    widget = forms.DateInput(format="%d.%m.%Y", attrs=TYPED_DAY)
    wrong = {"invalid": _("Datoen finnes ikke. Skriv den som 24.11.2026.")}
    return forms.DateField(label=label, required=False, input_formats=DATES, widget=widget, error_messages=wrong)


def choice(label: Any, choices: Any) -> forms.ChoiceField:
    """Return a list to choose from."""
    return forms.ChoiceField(label=label, choices=choices, required=False)


WHOLE = _("Skriv et helt tall.")


class LeafForm(StaffForm, forms.Form):
    """A criterion; `json` and `node` are there once it is valid."""

    kind: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    negated = choice(_("Krav"), [("", _("Ja")), ("1", _("Nei, ikke"))])

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        self.json: dict[str, Any] = {}
        last = (*PERIOD, "negated")
        self.order_fields(sorted(self.fields, key=lambda name: last.index(name) if name in last else -1))

    def clean(self) -> dict[str, Any]:
        """Read the criterion; what is wrong with it stands at its field."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            self.json = self.packed(cleaned)
            try:
                node(self.json, "", [0], 0)
            except Unreadable as error:
                key = error.path.rpartition(".")[2]
                periods = {json: name for name, json in PERIOD.items()}
                names = periods if "period" in error.path else FIELDS
                name = names.get(key, key)
                self.add_error(name if name in self.fields else next(iter(self.fields)), error.why)
        return cleaned

    def packed(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """Return the criterion's JSON."""
        found: dict[str, Any] = {"kind": self.kind}
        for name, value in cleaned.items():
            if (value is None or value is False or value in ("", [])) and name != "consent":
                continue
            if name in PERIOD and self.kind not in NO_PERIOD:
                found.setdefault("period", {})[PERIOD[name]] = plain(name, value)
            else:
                found[KEYS.get(name, name)] = plain(name, value)
        return found

    @classmethod
    def initial_of(cls, leaf: c.Node) -> dict[str, Any]:
        """Return what the form shows for a criterion."""
        shown: dict[str, Any] = {name: getattr(leaf, name, "") for name in ("sex", "system", "consent")}
        flat = leaf.packed()
        for key, value in (flat.pop("period", {}) or {}).items():
            shown[{"from": "first", "to": "last"}.get(key, key)] = value
        for key, value in flat.items():
            shown[FIELDS.get(key, key)] = ", ".join(value) if key in LISTS else value
        shown |= {name: date.fromisoformat(shown[name]) for name in ("first", "last") if name in shown}
        return shown | ({"negated": "1"} if "negated" in shown else {})


def plain(name: str, value: Any) -> Any:
    """Return a cleaned value as JSON has it."""
    if name in LISTS:
        return [part for part in map(first_word, SEPARATOR.split(value)) if part]
    if name == "negated":
        return True
    if name == "ids":
        return [int(pk) for pk in value]
    return str(value) if isinstance(value, date | Decimal) else value


def first_word(part: str) -> str:
    """Return the code of «T90 Diabetes type 2», and the range of «K74 - K77»."""
    return next(iter(re.sub(r"\s*[-–]\s*", "-", part).split()), "")


class AgeForm(LeafForm):
    """Age in whole years."""

    kind, title = "age", _("Alder")
    low, high = number(_("Fra og med (år)")), number(_("Til og med (år)"))


class SexForm(LeafForm):
    """Sex."""

    kind, title = "sex", _("Kjønn")
    sex = choice(_("Kjønn"), [("female", _("Kvinne")), ("male", _("Mann")), ("", Sex.UNKNOWN.label)])


class PeriodForm(LeafForm):
    """What has a period: the last days, or dates."""

    days = number(_("Siste antall dager"))
    first, last = day(_("Fra dato")), day(_("Til dato"))


class DiagnosisForm(PeriodForm):
    """A diagnosis."""

    kind, title = "diagnosis", _("Diagnose")
    codes = text(_("Koder"), placeholder="T89, T90, K74-K77")
    system = choice(_("Kodeverk"), [("icpc2", "ICPC-2"), ("icd10", "ICD-10"), ("", _("Alle"))])
    active = forms.BooleanField(label=_("Gjelder nå"), required=False)


class MedicineForm(PeriodForm):
    """A medicine."""

    kind, title = "medicine", _("Legemiddel")
    codes = text(_("ATC-koder (begynner med)"), placeholder="A10BA, B01AA03")
    active = forms.BooleanField(label=_("I bruk nå"), required=False)
    for_days = number(_("I minst antall dager"))
    at_least = number(_("Minst antall ulike"))


class ObservationForm(PeriodForm):
    """A measurement or a test."""

    kind, title = "observation", _("Måling eller prøve")
    codes = text(_("Koder (begynner med)"), placeholder="NPU27300")
    comparison = choice(
        _("Verdi"),
        [("", _("Alle")), ("lt", "<"), ("le", "≤"), ("eq", "="), ("ge", "≥"), ("gt", ">")],
    )
    value = forms.DecimalField(
        label=_("Grense"), required=False, localize=True, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    latest = forms.BooleanField(label=_("Bare siste verdi"), required=False)


class VaccineForm(PeriodForm):
    """A vaccine."""

    kind, title = "vaccine", _("Vaksine")
    codes = text(_("Koder (begynner med)"), placeholder="J07BB, AII02")
    season = forms.BooleanField(label=_("Denne sesongen (fra 1. juli)"), required=False)


class ContactForm(PeriodForm):
    """Contact with the clinic."""

    kind, title = "contact", _("Kontakt med klinikken")


class VisitForm(PeriodForm):
    """An appointment."""

    kind, title = "appointment", _("Time")
    when = choice(_("Time"), [("had", _("Har hatt")), ("coming", _("Kommer"))])


class DoctorForm(LeafForm):
    """The patient's fastlege."""

    kind, title = "gp", _("Fastlege")
    ids = forms.MultipleChoiceField(label=_("Fastleger (ingen valgt: uten fastlege)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["ids"]
        field.choices = doctors(self.clinic)


class AreaForm(LeafForm):
    """Where the patient lives."""

    kind, title = "area", _("Bosted")
    municipalities = text(_("Kommunenummer"), placeholder="0301")
    postcodes = text(_("Postnummer"), placeholder="0150-0199, 05")


class ConsentForm(LeafForm):
    """Consent."""

    kind, title = "consent", _("Samtykke")
    consent = choice(_("Samtykke"), Consent.choices)


class ElectronicForm(LeafForm):
    """Electronically active."""

    kind, title = "electronic", _("Elektronisk aktiv")
    how = choice(
        _("Aktiv på"),
        [("either", _("ePortal eller EP-kontakt")), ("eportal", _("ePortal")), ("econtact", _("EP-kontakt"))],
    )


class ReachForm(LeafForm):
    """Possible channels."""

    kind, title = "reach", _("Mobil og e-post")
    how = choice(_("Kan nås på"), [("either", _("SMS eller e-post")), ("sms", _("SMS")), ("email", _("E-post"))])


class SentForm(LeafForm):
    """What has been sent before."""

    kind, title = "sent", _("Tidligere varsler")
    outcome = choice(_("Varsel"), [("notified", _("Er varslet")), ("failed", _("Siste varsel feilet"))])
    days = number(_("Siste antall dager"))


def doctors(clinic: Clinic) -> list[tuple[int, str]]:
    """Return the clinic's practitioners to choose among, those out of use too: patients may still be on their lists."""
    return [(row.pk, row.name) for row in Practitioner.objects.of(clinic)]


FORMS: dict[str, type[LeafForm]] = {
    form.kind: form
    for form in (
        AgeForm, SexForm, DiagnosisForm, MedicineForm, ObservationForm, VaccineForm, ContactForm, VisitForm,
        DoctorForm, AreaForm, ConsentForm, ElectronicForm, ReachForm, SentForm,
    )
}  # fmt: skip
KINDS = [(kind, form.title) for kind, form in FORMS.items()]
