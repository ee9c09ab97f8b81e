"""Forms of the patient's messages; the rules are in post.patient_side."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic
from post import kinds
from post.forms import WriteForm
from post.models import SUBJECT_MAX, SWITCHED, DialogKind
from post.texts import LineField

ABOUT = {  # what each kind is for
    DialogKind.E_DIALOG: _("Et kort spørsmål eller en beskjed til klinikken."),
    DialogKind.E_CONSULTATION: _("Beskriv plagene dine, så vurderer behandleren dem. Svar innen fem dager."),
    DialogKind.PRESCRIPTION: _("Be om å få fornyet faste medisiner."),
    DialogKind.INVOICE_QUESTION: _("Spørsmål om en regning eller en betaling."),
}


class AnswerForm(WriteForm):
    """An answer; carries the newest message that the writer has seen."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class NewForm(WriteForm):
    """A new dialog of a kind that the clinic uses; carries the card, which another tab may have changed."""

    kind = forms.ChoiceField(
        label=_("Hva gjelder det?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Velg hva det gjelder."),
            "invalid_choice": _("Klinikken tar ikke lenger imot denne typen. Velg en annen."),
        },
    )
    subject = LineField(
        label=_("Emne"),
        max_length=SUBJECT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Skriv et emne.")},
    )
    card = forms.IntegerField(widget=forms.HiddenInput)

    field_order = ["kind", "subject", "text", "uploads", "key", "card"]  # noqa: RUF012 - Django's name

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        used = kinds.in_use(clinic)
        field: Any = self.fields["kind"]
        field.choices = [(kind, DialogKind(kind).label) for kind in SWITCHED if kind in used]
        field.widget.attrs.pop("class", None)
        if len(field.choices) == 1:
            field.initial = field.choices[0][0]

    @property
    def options(self) -> list[tuple[Any, Any]]:
        """Each radio button, and what the kind is for."""
        return [(button, ABOUT[DialogKind(button.data["value"])]) for button in self["kind"]]


def with_new_key(typed: Any) -> Any:
    """Return what was posted under a fresh key: sending it again sends it as another message."""
    fresh = typed.copy()
    fresh["key"] = str(uuid.uuid4())
    return fresh
