"""Forms of the post: what staff write, and the templates they begin from."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.forms import ClinicForm, StaffForm
from clinics.models import Clinic, User
from patients.forms import PickingForm
from post.models import SUBJECT_MAX, TEXT_MAX, MessageTemplate
from post.texts import LineField, PlainField

FILES = ".pdf,.jpg,.jpeg,.png,.txt,application/pdf,image/jpeg,image/png,text/plain"


class ManyFiles(forms.ClearableFileInput):
    """A file field in which several can be chosen."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Takes every file chosen; what they are is judged by post.attachments."""

    widget = ManyFiles

    def clean(self, value: Any, initial: Any = None) -> list[Any]:
        """Return the files as a list. Raises ValidationError for an empty one or a name too long to keep."""
        several = value if isinstance(value, (list, tuple)) else [value]
        return [one for one in several if one]


class WriteForm(StaffForm, forms.Form):
    """A message: text, files, and the key that makes pressing Send twice send once."""

    text = PlainField(
        label=_("Melding"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": _("Skriv en melding før du sender.")},
    )
    uploads = ManyFilesField(
        label=_("Vedlegg"),
        required=False,
        widget=ManyFiles(attrs={"accept": FILES}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class AnswerForm(WriteForm):
    """An answer; carries the newest message that the writer has seen (threat 29)."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    knowingly = forms.BooleanField(label=_("Svar likevel"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["knowingly"].widget.attrs.pop("class", None)


class NewForm(WriteForm, PickingForm):
    """A new dialog; the patient is chosen by search."""

    subject = LineField(
        label=_("Emne"),
        max_length=SUBJECT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Skriv et emne. Pasienten ser det etter innlogging.")},
    )

    field_order = ["patient", "patient_text", "subject", "text", "uploads", "key"]  # noqa: RUF012 - Django's name

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pick_among(clinic)


class TemplateForm(ClinicForm):
    """A template; plain text with a fixed set of words that are filled in."""

    taken = _("Det finnes alt en mal med dette navnet.")
    name = LineField(label=_("Navn"), max_length=80)
    subject = LineField(label=_("Emne"), max_length=SUBJECT_MAX, required=False)
    text = PlainField(
        label=_("Tekst"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("[fornavn], [navn], [klinikk], [telefon] og [avsender] fylles ut når malen settes inn."),
    )

    class Meta:
        model = MessageTemplate
        fields: ClassVar = ["name", "subject", "text"]

    def __init__(self, *args: Any, owner: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.owner = owner

    def others(self) -> Any:
        """Return the other templates of the same owner, or the other common ones."""
        return super().others().filter(owner=self.instance.owner)
