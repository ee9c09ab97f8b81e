"""Forms of the profile; the rules are in portal.codes."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.models import Language
from portal.code_models import Field

LABELS = {Field.EMAIL: _("Ny e-postadresse"), Field.MOBILE: _("Nytt mobilnummer")}
INPUTS = {
    Field.EMAIL: {"inputmode": "email", "autocomplete": "email"},
    Field.MOBILE: {"inputmode": "tel", "autocomplete": "tel"},
}


class NewValueForm(forms.Form):
    """The new value as typed."""

    value = forms.CharField(max_length=254, required=False)

    def __init__(self, field: Field, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["value"].label = LABELS[field]
        self.fields["value"].widget = forms.TextInput(attrs={**INPUTS[field], "class": "ds-input"})
        self.fields["value"].required = True


class LanguageForm(forms.Form):
    """The language, each by its own name."""

    language = forms.ChoiceField(label=_("Språk"), choices=Language.choices, widget=forms.RadioSelect)


class CodeForm(forms.Form):
    """The code as typed."""

    code = forms.CharField(
        label=_("Koden på seks siffer"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "ds-input"}),
    )
