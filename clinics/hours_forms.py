"""Forms for opening hours: the whole week at once, and one closed day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from clinics.forms import DATES, TIMES, ClinicForm, StaffForm
from clinics.hours import ClosedDay, OpeningHours
from clinics.models import Clinic

UNKNOWN = {"invalid": _("Klokkeslettet finnes ikke. Skriv det som 08:00.")}


class WeekForm(StaffForm, forms.Form):
    """When the clinic opens and closes each weekday; a day with both empty is closed. Carries the week looked at."""

    as_seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        self.clinic = clinic
        initial: dict[str, Any] = {}
        for row in OpeningHours.objects.of(clinic):
            initial |= {f"opens_{row.weekday}": row.opens, f"closes_{row.weekday}": row.closes}
        super().__init__(*args, initial=initial | {"as_seen": seen(clinic)}, **kwargs)
        for weekday, name in WEEKDAYS.items():
            self.fields[f"opens_{weekday}"] = clock(_("%(day)s åpner") % {"day": str(name).capitalize()})
            self.fields[f"closes_{weekday}"] = clock(_("%(day)s stenger") % {"day": str(name).capitalize()})

    def clean(self) -> dict[str, Any]:
        """Refuse half a day, and one that closes before it opens."""
        cleaned: dict[str, Any] = super().clean() or {}
        for weekday in WEEKDAYS:
            names = (f"opens_{weekday}", f"closes_{weekday}")
            if any(name in self.errors for name in names):
                continue
            opens, closes = (cleaned.get(name) for name in names)
            if (opens is None) != (closes is None):
                missing = names[0] if opens is None else names[1]
                self.add_error(missing, _("Skriv begge klokkeslettene, eller la begge stå tomme når det er stengt."))
            elif opens and closes and closes <= opens:
                self.add_error(names[1], _("Stengetiden må være etter åpningstiden."))
        return cleaned

    @property
    def rows(self) -> Iterator[tuple[Any, Any, Any]]:
        """Yield each weekday with its two fields."""
        for weekday, name in WEEKDAYS.items():
            yield name, self[f"opens_{weekday}"], self[f"closes_{weekday}"]

    @property
    def week(self) -> dict[int, tuple[time, time]]:
        """The cleaned hours: weekday → opens, closes."""
        found = {day: (self.cleaned_data[f"opens_{day}"], self.cleaned_data[f"closes_{day}"]) for day in WEEKDAYS}
        return {day: hours for day, hours in found.items() if hours[0] is not None}


def seen(clinic: Clinic) -> str:
    """Return the week as one looked at it, to find out whether it has changed since."""
    return " ".join(str(row) for row in OpeningHours.objects.of(clinic))


def clock(label: str) -> forms.TimeField:
    """Return a field for a time of day, as the clinic's clock shows it."""
    widget = forms.TimeInput(format="%H:%M", attrs={"class": "ds-input", "autocomplete": "off", "aria-label": label})
    widget.use_required_attribute = lambda initial: False  # type: ignore[method-assign]
    return forms.TimeField(label=label, required=False, input_formats=TIMES, widget=widget, error_messages=UNKNOWN)


class ClosedDayForm(ClinicForm):
    """A day the clinic is closed."""

    day = forms.DateField(
        label=_("Dato"),
        input_formats=DATES,
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"placeholder": _("dd.mm.åååå"), "autocomplete": "off"}),
        error_messages={"invalid": _("Datoen finnes ikke. Skriv den som 24.12.2026.")},
    )

    class Meta:
        model = ClosedDay
        fields: ClassVar = ["day", "text"]
        help_texts: ClassVar = {"text": _("For eksempel julaften, kurs eller ferie. Vises i timeboken.")}

    def clean(self) -> dict[str, Any]:
        """Refuse a day that is closed already."""
        cleaned = super().clean()
        if self.others().filter(day=cleaned.get("day")).exists():
            self.add_error("day", _("Dagen er alt stengt."))
        return cleaned
