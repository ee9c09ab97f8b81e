"""What every staff form shares, and the manager's forms for practitioners and places."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, Place, Practitioner

DATES = ["%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%d%m%Y", "%d%m%y"]
TIMES = ["%H:%M", "%H.%M", "%H", "%H%M"]  # the hour before %H%M, which reads «16» as 01:06


class StaffForm(forms.BaseForm):
    """Mixin: fields dressed for the design system, and how many errors there are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "ds-input")
            field.widget.use_required_attribute = lambda initial: False


class ClinicForm(StaffForm, forms.ModelForm):  # type: ignore[type-arg]
    """A form for a row of the acting clinic, whose name may be used once there."""

    taken: ClassVar[Any] = ""  # what to say when the name is taken; empty when it may repeat

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.clinic = clinic

    def clean(self) -> dict[str, Any]:
        """Refuse a name that another row of the clinic has."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.taken and self.others().filter(name=cleaned.get("name")).exists():
            self.add_error("name", self.taken)
        return cleaned

    def others(self) -> Any:
        """Return the clinic's other rows."""
        return type(self.instance).objects.of(self.instance.clinic).exclude(pk=self.instance.pk)


class PractitionerForm(ClinicForm):
    """A practitioner; one who leaves is taken out of use, never deleted."""

    class Meta:
        model = Practitioner
        fields: ClassVar = ["name", "title", "is_active"]
        help_texts: ClassVar = {
            "title": _("For eksempel fastlege eller sykepleier."),
            "is_active": _("Uten kryss kan behandleren ikke velges for nye timer. Timer som står, beholdes."),
        }


class PlaceForm(ClinicForm):
    """A place."""

    taken = _("Klinikken har alt et sted med dette navnet.")

    class Meta:
        model = Place
        fields: ClassVar = ["name", "address", "is_active"]
        help_texts: ClassVar = {
            "name": _("Står i varslene til pasienten. Skal ikke røpe hva pasienten kommer for."),
            "is_active": _("Uten kryss kan stedet ikke velges for nye timer. Timer som står, beholdes."),
        }
