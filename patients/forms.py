"""Forms of the patient card; the rules are in contact, identity and registration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinics.forms import StaffForm
from clinics.models import Clinic, Practitioner
from patients.models import Language, Patient, Sex
from patients.names import clean_name

DATES = ["%d.%m.%Y", "%Y-%m-%d", "%d%m%Y", "%d.%m.%y"]


def take_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Put a service's errors at the form's fields; what belongs to no field of the form goes on top."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, messages in by_field.items():
        for message in messages:
            form.add_error(field if field in form.fields else None, message)


class PickingForm(forms.Form):
    """Mixin: the patient is chosen by search; `pick_among` says where."""

    patient = forms.ModelChoiceField(
        label=_("Pasient"),
        queryset=Patient.objects.none(),
        widget=forms.HiddenInput,
        error_messages={"required": _("Velg en pasient: søk, og trykk på treffet.")},
    )
    patient_text = forms.CharField(label=_("Pasient"), required=False, max_length=100)

    def pick_among(self, clinic: Clinic) -> None:
        """Let the clinic's own patients be chosen, and no others."""
        field: Any = self.fields["patient"]
        field.queryset = Patient.objects.of(clinic).select_related("clinic", "person")


class SearchForm(StaffForm, forms.Form):
    """The quick search box (spec G1)."""

    q = forms.CharField(label=_("Søk"), max_length=100, strip=True, required=False)


class ContactForm(StaffForm, forms.Form):
    """E-mail and phone as typed; cleaned by patients.contact (spec B5)."""

    email = forms.CharField(
        label=_("E-post"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    mobile = forms.CharField(
        label=_("Mobil"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("Norske numre uten landkode. Utenlandske med + foran."),
    )


class PersonalForm(StaffForm, forms.Form):
    """Names, sex, language and general practitioner, beside the contact values."""

    given_name = forms.CharField(label=_("Fornavn"), max_length=150)
    family_name = forms.CharField(label=_("Etternavn"), max_length=150)
    sex = forms.ChoiceField(label=_("Kjønn"), choices=Sex.choices, required=False)
    language = forms.ChoiceField(
        label=_("Språk"), choices=Language.choices, initial=Language.NB, help_text=_("På varsler og i portalen.")
    )
    general_practitioner = forms.ModelChoiceField(
        label=_("Fastlege"), queryset=Practitioner.objects.none(), required=False, empty_label=_("Ikke valgt")
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["general_practitioner"]
        field.queryset = Practitioner.objects.of(clinic)

    def clean_given_name(self) -> str:
        """Strip what is not a name (spec B5)."""
        return clean_name(self.cleaned_data["given_name"])

    def clean_family_name(self) -> str:
        """Strip what is not a name (spec B5)."""
        return clean_name(self.cleaned_data["family_name"])


class RegisterForm(PersonalForm, ContactForm):
    """A new card; what identifies the patient is checked by patients.registration."""

    national_number = forms.CharField(
        label=_("Fødselsnummer eller D-nummer"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    local_number = forms.CharField(
        label=_("Lokalt nummer"),
        max_length=40,
        required=False,
        help_text=_("For nyfødte og andre uten fødselsnummer. Skriv fødselsdato også."),
    )
    birth_date = forms.DateField(
        label=_("Fødselsdato"),
        required=False,
        input_formats=DATES,
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"placeholder": _("dd.mm.åååå"), "autocomplete": "off"}),
        error_messages={"invalid": _("Datoen finnes ikke. Skriv den som 31.12.1980.")},
    )

    field_order = [  # noqa: RUF012 - Django's name
        "national_number",
        "local_number",
        "birth_date",
        "given_name",
        "family_name",
        "sex",
        "language",
        "email",
        "mobile",
        "general_practitioner",
    ]


def contact_of(patient: Patient) -> dict[str, str]:
    """Return the card's contact values as the form's initial values."""
    return {"email": patient.email, "mobile": patient.mobile}
