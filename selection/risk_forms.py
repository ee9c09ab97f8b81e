"""The form in which staff say why a person is no risk patient (spec H2)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.forms import StaffForm
from selection.risk_models import REASON_TEXT_MAX, FalseReason


class FalsePositiveForm(StaffForm, forms.Form):
    """A reason of the closed list, and own words; these are needed for «Annet»."""

    reason = forms.ChoiceField(
        label=_("Grunn"),
        choices=[("", _("Velg")), *FalseReason.choices],
        error_messages={"required": _("Velg en grunn."), "invalid_choice": _("Velg en grunn fra listen.")},
    )
    text = forms.CharField(
        label=_("Utdyping"),
        required=False,
        max_length=REASON_TEXT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Vises for kolleger i pasientoversikten."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse «Annet» without a word about what."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("reason") == FalseReason.OTHER and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", _("Skriv hva som er grunnen."))
        return cleaned
