"""Forms for billing cards: what is typed is read here, what is allowed is decided by the services."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.forms import StaffForm
from clinics.models import Clinic, Practitioner
from economy import money
from economy.kinds import Exemption, Method
from economy.models import MOST_OF_ONE, BillingCard, Issuer, Line
from patients.forms import PickingForm

DATES = ["%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%d%m%Y", "%d%m%y"]
WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)  # of an organisation number's digits; the ninth checks them, modulo 11


class ServiceForm(StaffForm, forms.Form):
    """Mixin: a service's refusals go to the fields they concern."""

    def take(self, error: ValidationError) -> None:
        """Put the errors at their fields; those of none stand on top."""
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for field, messages in by_field.items():
            for message in messages:
                self.add_error(field if field in self.fields else None, message)


class KeyedForm(ServiceForm):
    """A form that does its thing once, however often it is sent."""

    key = forms.UUIDField(
        widget=forms.HiddenInput, error_messages={"invalid": _("Skjemaet er for gammelt. Last siden på nytt.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4


class AmountField(forms.CharField):
    """An amount typed as «1 234,50»; cleaned to øre."""

    def clean(self, value: Any) -> Any:
        """Return øre. Raises ValidationError."""
        text: str = super().clean(value)
        try:
            return money.parse(text) if text else None
        except ValueError as error:
            raise ValidationError(_("Skriv beløpet som 1 234,50.")) from error


def quantity(least: int = 1, **more: Any) -> forms.IntegerField:
    """Return a field for how many."""
    words = {"min_value": _("Antallet må være minst %(limit_value)s."), "max_value": _("Høyst %(limit_value)s.")}
    return forms.IntegerField(
        label=_("Antall"),
        min_value=least,
        max_value=MOST_OF_ONE,
        error_messages={**words, "invalid": _("Skriv antallet med tall.")},
        **more,
    )


class DetailsForm(ServiceForm):
    """Practitioner, day and exemption."""

    practitioner = forms.ModelChoiceField(
        label=_("Behandler"), queryset=Practitioner.objects.none(), empty_label=_("Velg")
    )
    service_date = forms.DateField(
        label=_("Dato for behandlingen"),
        input_formats=DATES,
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"placeholder": _("dd.mm.åååå"), "autocomplete": "off"}),
        error_messages={"invalid": _("Datoen finnes ikke. Skriv den som 24.11.2026.")},
    )
    exemption = forms.ChoiceField(label=_("Fri egenandel"), choices=Exemption.choices, required=False)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["practitioner"]
        mine = Practitioner.objects.of(clinic)
        own = mine.filter(pk=self.initial.get("practitioner") or 0)  # may be out of use, and still be kept
        field.queryset = mine.filter(is_active=True) | own

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values as the services take them."""
        return {name: self.cleaned_data[name] for name in ("practitioner", "service_date", "exemption")}


class ChangeForm(DetailsForm):
    """A draft's details; carries the version that was looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class NewForm(DetailsForm, KeyedForm, PickingForm):
    """A new card; the patient is chosen by search."""

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, clinic=clinic, **kwargs)
        self.pick_among(clinic)
        self.fields["service_date"].initial = timezone.now().astimezone(clinic.zone).date()


class LineForm(KeyedForm):
    """Add a takst by its code, or look it up by words."""

    takst = forms.CharField(
        label=_("Takst"),
        max_length=100,
        error_messages={"required": _("Skriv en takstkode eller et ord å søke etter.")},
    )
    quantity = quantity(initial=1)
    version = forms.IntegerField(widget=forms.HiddenInput)


class OwnLineForm(KeyedForm):
    """Add goods or a service of the clinic's own, paid wholly by the patient."""

    text = forms.CharField(label=_("Hva pasienten betaler for"), max_length=300)
    amount = AmountField(label=_("Pris per stykk i kroner"), max_length=20)
    quantity = quantity(initial=1)
    version = forms.IntegerField(widget=forms.HiddenInput)


class PayForm(ServiceForm):
    """How the patient's share was paid."""

    method = forms.ChoiceField(
        label=_("Betalingsmåte"),
        choices=[("", _("Velg")), *Method.choices],
        widget=forms.Select(attrs={"data-focus": ""}),  # not the button: Enter pressed twice must not pay
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class VoidForm(ServiceForm):
    """Why a card is made void."""

    reason = forms.CharField(label=_("Begrunnelse"), max_length=200, help_text=_("Vises ikke for pasienten."))
    version = forms.IntegerField(widget=forms.HiddenInput)


class CreditForm(KeyedForm):
    """How many of each line are given back, why, and how it is paid."""

    reason = forms.CharField(label=_("Begrunnelse"), max_length=200, help_text=_("Vises ikke for pasienten."))
    method = forms.ChoiceField(label=_("Betales tilbake med"), choices=[("", _("Velg")), *Method.choices])

    def __init__(self, *args: Any, lines: list[Line], left: Mapping[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in lines:
            # Only until it is sent: a disabled field forgets what was typed when a colleague credits meanwhile.
            is_done = left[line.pk] == 0 and not self.is_bound
            field = quantity(0, required=False, initial=left[line.pk], disabled=is_done)
            field.label = _("%(line)s: antall å kreditere") % {"line": line.code or line.text}
            field.widget.attrs |= {"class": "ds-input", "max": left[line.pk]}
            self.fields[f"line_{line.pk}"] = field
        self.rows = [(line, left[line.pk], self[f"line_{line.pk}"]) for line in lines]

    @property
    def quantities(self) -> dict[int, int]:
        """How many by the line's pk."""
        return {line.pk: self.cleaned_data.get(f"line_{line.pk}") or 0 for line, *_ in self.rows}


class IssuerForm(StaffForm, forms.ModelForm):  # type: ignore[type-arg]
    """What receipts say of the clinic."""

    class Meta:
        model = Issuer
        fields: ClassVar = ["name", "organisation_number", "address"]
        help_texts: ClassVar = {"organisation_number": _("Ni siffer.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation_number"].widget.attrs["maxlength"] = 20
        number: Any = self.fields["organisation_number"]
        number.max_length, number.validators = 20, []  # as people group it; cleaned to nine digits

    def clean_organisation_number(self) -> str:
        """Return nine digits with the right check digit, or nothing. Raises ValidationError."""
        digits = "".join(str(self.cleaned_data["organisation_number"]).split())
        if digits and not is_organisation_number(digits):
            raise ValidationError(_("Organisasjonsnummeret stemmer ikke. Det har ni siffer."))
        return digits


def is_organisation_number(digits: str) -> bool:
    """Whether the nine digits end with the right check digit (modulo 11)."""
    if len(digits) != 9 or not (digits.isascii() and digits.isdecimal()):
        return False
    check = -sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=False)) % 11
    return check == int(digits[8])


def initial_of(card: BillingCard) -> dict[str, Any]:
    """Return the card's details as the form shows them."""
    return {
        "practitioner": card.practitioner_id,
        "service_date": card.service_date,
        "exemption": card.exemption,
        "version": card.version,
    }
