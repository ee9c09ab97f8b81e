"""Days and periods as addresses and forms carry them, by the clinic's calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from clinics.forms import StaffForm
from clinics.gate import StaffRequest

DAYS = ["%Y-%m-%d", "%d.%m.%Y"]
UNREADABLE = {"invalid": _("Skriv datoen som dd.mm.åååå.")}


class DayField(forms.DateField):
    """A day that has a day before and after it in every time zone."""

    def to_python(self, value: Any) -> date | None:
        """Read the day. Raises ValidationError."""
        read: date | None = super().to_python(value)
        if read and not is_near(read):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return read


class DayInput(forms.DateInput):
    """The browser's own date field: it can hold a day and nothing else, so what is no day is not put back into it."""

    input_type = "date"

    def format_value(self, value: Any) -> str:
        """Return the day as the field takes it, or nothing."""
        try:
            day = forms.DateField(input_formats=DAYS, required=False).to_python(value)
        except forms.ValidationError:
            return ""
        return day.isoformat() if day else ""


def day_field(label: Any) -> forms.DateField:
    """Return a field for a day, in the browser's own date field."""
    return DayField(label=label, required=False, input_formats=DAYS, widget=DayInput(), error_messages=UNREADABLE)


class PeriodForm(StaffForm, forms.Form):
    """From one day to another, both included. What cannot be read is said at its field, and narrows nothing."""

    fra = day_field(_("Fra"))
    til = day_field(_("Til"))

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        if (first := cleaned.get("fra")) and (last := cleaned.get("til")) and last < first:
            self.add_error("til", _("Til-datoen er før fra-datoen."))
        return cleaned

    @property
    def first(self) -> date | None:
        """The first day, if one could be read."""
        return self._read("fra")

    @property
    def last(self) -> date | None:
        """The last day, if one could be read."""
        return self._read("til")

    def _read(self, name: str) -> date | None:
        self.is_valid()  # reads what was given
        day: date | None = self.cleaned_data.get(name)
        return day


def asked_for(request: StaffRequest) -> date:
    """Return the day in the address, or today at the clinic; nonsense counts as today."""
    today = timezone.now().astimezone(request.clinic.zone).date()
    try:
        on = parse_date(request.GET.get("dag", "")) or today
    except ValueError:
        return today
    return on if is_near(on) else today


def is_near(day: date) -> bool:
    """Whether the day has neighbours in every time zone and on every calendar that is shown."""
    return 1900 < day.year < 2200
