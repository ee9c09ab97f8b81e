"""The manager's upload: the file, the consent choice and how appointments are to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, Practitioner
from integrations import csv_columns, csv_reading, fhir, storage
from integrations.models import Format
from integrations.reasons import FileRefused
from timebook.models import AppointmentType

CONSENT = [
    ("file", _("Nei. Bruk det som står i filen; andre pasienter er ikke spurt.")),
    ("collected", _("Ja. Samtykke er innhentet i gammelt system, og klinikken kan dokumentere det.")),
]
LONGEST_NAME = 120


class UploadForm(forms.Form):
    """What an import needs to know. The file is stored by `clean_file`; `stored` and `format` say where and what."""

    file = forms.FileField(
        label=_("Fil"),
        max_length=LONGEST_NAME,
        help_text=_("CSV fra regneark eller journalsystem, eller FHIR R4 (JSON)."),
        error_messages={
            "required": _("Velg en fil."),
            "empty": _("Filen er tom. Velg en annen."),
            "max_length": _("Filnavnet er for langt. Gi filen et kortere navn."),
        },
    )
    consent = forms.ChoiceField(
        label=_("Er samtykke innhentet for alle i filen?"),
        choices=CONSENT,
        widget=forms.RadioSelect,
        error_messages={"required": _("Velg om samtykke er innhentet.")},
    )
    practitioner = forms.ModelChoiceField(
        label=_("Behandler for timer uten behandler"),
        queryset=Practitioner.objects.none(),
        required=False,
        empty_label=_("Ingen: slike timer importeres ikke"),
    )
    type_map = forms.CharField(
        label=_("Timetyper"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Én kobling per linje: navn eller kode i filen = timetype her. Andre timer får standardtypen uten varsling."
        ),
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        self.stored = self.format = ""
        practitioners = Practitioner.objects.of(clinic).filter(is_active=True)
        self.fields["practitioner"].queryset = practitioners  # type: ignore[attr-defined]
        for name in ("file", "practitioner", "type_map"):
            self.fields[name].widget.attrs["class"] = "ds-input"
        for field in self.fields.values():
            field.widget.use_required_attribute = lambda initial: False

    def clean_file(self) -> UploadedFile[bytes]:
        """Store the file and look into it. Raises ValidationError for one that is too large or no import."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            megabytes = settings.IMPORT_MAX_BYTES // 1024**2
            raise ValidationError(_("Filen er for stor. Del den i filer på høyst %(mb)s MB.") % {"mb": megabytes})
        self.stored = storage.keep(file.chunks())
        try:
            self.format = look_into(storage.path_of(self.stored))
        except FileRefused as refused:
            self.discard()
            raise ValidationError(str(refused)) from refused
        return file

    def clean_type_map(self) -> dict[str, str]:
        """Return name in the file → name of a type. Raises ValidationError for a line or a type that is none."""
        lines = [line.strip() for line in self.cleaned_data["type_map"].splitlines() if line.strip()]
        known = {name.lower() for name in AppointmentType.objects.of(self.clinic).values_list("name", flat=True)}
        pairs = {}
        for line in lines:
            said, equals, name = (part.strip() for part in line.partition("="))
            if not (said and equals and name):
                raise ValidationError(_("Skriv «navn i filen = timetype», ikke «%(line)s».") % {"line": line[:60]})
            if name.lower() not in known:
                raise ValidationError(_("Klinikken har ingen timetype «%(name)s».") % {"name": name[:60]})
            pairs[said] = name
        return pairs

    def discard(self) -> None:
        """Delete the stored file of a form that was not valid."""
        if self.stored:
            storage.forget(self.stored)


def look_into(path: Path) -> str:
    """Return the format, by the first bytes, and read as far as shows that it is one. Raises FileRefused."""
    with path.open("rb") as file:
        start = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        if next(fhir.resources(path), None) is None:
            raise FileRefused(fhir.NOT_FHIR)
        return Format.FHIR
    rows = csv_reading.rows(path)
    _line, header = next(rows, (0, []))
    if not header:
        raise FileRefused(csv_reading.EMPTY)
    csv_columns.columns_of(header, csv_columns.kind_of(header))
    return Format.CSV
