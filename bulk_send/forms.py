"""What the composer posts: the message, and which persons are marked in which list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bulk_send.models import SUBJECT_MAX, TEXT_MAX, Bulk, Purpose, Type
from clinics.models import Clinic, Practitioner
from economy.tariff import Tariff

MARKED_MAX = 500  # rows that can be marked in a page of a list


class MessageForm(forms.Form):
    """Type, subject, text and purpose; a draft may be incomplete."""

    type = forms.ChoiceField(label=_("Type"), choices=Type.choices, widget=forms.RadioSelect)
    subject = forms.CharField(label=_("Emne"), max_length=SUBJECT_MAX, required=False)
    text = forms.CharField(
        label=_("Tekst"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 9, "maxlength": TEXT_MAX})
    )
    purpose = forms.ChoiceField(
        label=_("Formål"),
        choices=[("", _("Velg formål")), *Purpose.choices],
        required=False,
        help_text=_("Står i loggen, ikke i meldingen."),
    )
    practitioner = forms.ModelChoiceField(
        label=_("Behandler på kort uten fastlege"),
        queryset=Practitioner.objects.none(),
        required=False,
        empty_label=_("Ingen valgt"),
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        practitioner: Any = self.fields["practitioner"]
        practitioner.queryset = Practitioner.objects.of(clinic).filter(is_active=True)
        for name in ("subject", "text", "purpose", "practitioner"):
            self.fields[name].widget.attrs["class"] = "ds-input"

    @property
    def values(self) -> dict[str, Any]:
        """What was said, as `drafting.change` takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.fields}


def initial_of(bulk: Bulk) -> dict[str, Any]:
    """Return the draft as the form shows it."""
    return {
        "type": bulk.type,
        "subject": bulk.subject,
        "text": bulk.text,
        "purpose": bulk.purpose,
        "practitioner": bulk.practitioner_id,
    }


class TakstForm(forms.Form):
    """The clinic's setting «Takst for e-kontakt» (spec I5)."""

    code = forms.CharField(
        label=_("Takst for e-kontakt"),
        max_length=12,
        help_text=_("Føres på regningskortet som hver EP-kontakt lager. 1be unntatt når klinikken velger en annen."),
        widget=forms.TextInput(attrs={"class": "ds-input"}),
    )

    def clean_code(self) -> str:
        """Refuse a takst that the tariff has never had; one that has gone out is allowed, with its last amount."""
        code: str = self.cleaned_data["code"].strip()
        known = Tariff.objects.filter(code__iexact=code).order_by("-valid_from").first()
        if known is None:
            raise forms.ValidationError(_("Taksten finnes ikke i tariffen."))
        return known.code


class ListsForm(forms.Form):
    """Where the two lists stand: their searches, places and marks. Nothing here is an error: it is tidied."""

    left_text = forms.CharField(required=False, max_length=100)
    right_text = forms.CharField(required=False, max_length=100)
    left_after = forms.IntegerField(required=False, min_value=0)
    right_after = forms.IntegerField(required=False, min_value=0)
    only_possible = forms.BooleanField(required=False)
    version = forms.IntegerField(required=False, min_value=1)

    def tidy(self) -> dict[str, Any]:
        """Return what could be read, with defaults for the rest."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name) for name in self.fields}
        for name in ("left_after", "right_after"):
            found[name] = found[name] or 0
        for name in ("left_text", "right_text"):
            found[name] = found[name] or ""
        return found


def marked(values: list[str]) -> list[int]:
    """Read the marked rows' ids; what is no id is left out, and no page has more than fit in one."""
    return [int(value) for value in values[:MARKED_MAX] if value.isdecimal() and len(value) < 19]
