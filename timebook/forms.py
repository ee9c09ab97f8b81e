"""Forms for appointments and types; times are typed as the clinic's clock shows them (spec D14)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinics import hours
from clinics.forms import DATES, TIMES, ClinicForm, StaffForm
from clinics.models import Clinic, Place, Practitioner
from patients.forms import PickingForm
from timebook import wall_clock
from timebook.models import Appointment, AppointmentType
from timebook.terms import BookingTerms

LENGTHS = [5, 10, 15, 20, 25, 30, 40, 45, 60, 75, 90, 120, 180, 240]
WHICH = [(wall_clock.FIRST, _("Den første (sommertid)")), (wall_clock.SECOND, _("Den andre (normaltid)"))]
AT_FIELD = {"starts_at": "time", "ends_at": "minutes"}  # the services' fields → the form's


class WhenForm(StaffForm, forms.Form):
    """When, how long, with whom, where and what kind."""

    type = forms.ModelChoiceField(label=_("Timetype"), queryset=AppointmentType.objects.none(), empty_label=_("Velg"))
    practitioner = forms.ModelChoiceField(
        label=_("Behandler"), queryset=Practitioner.objects.none(), empty_label=_("Velg")
    )
    place = forms.ModelChoiceField(
        label=_("Sted"), queryset=Place.objects.none(), required=False, empty_label=_("Ikke valgt")
    )
    date = forms.DateField(
        label=_("Dato"),
        input_formats=DATES,
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"placeholder": _("dd.mm.åååå"), "autocomplete": "off"}),
        error_messages={"invalid": _("Datoen finnes ikke. Skriv den som 24.11.2026.")},
    )
    time = forms.TimeField(
        label=_("Start"),
        input_formats=TIMES,
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": _("tt:mm"), "autocomplete": "off"}),
        error_messages={"invalid": _("Klokkeslettet finnes ikke. Skriv det som 11:00.")},
    )
    minutes = forms.TypedChoiceField(label=_("Varighet"), coerce=int, required=False, empty_value=None)
    which = forms.ChoiceField(label=_("Hvilken av de to"), choices=WHICH, required=False, widget=forms.RadioSelect)
    remark = forms.CharField(
        label=_("Merknad (vises ikke for pasienten)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    closed_ok = forms.BooleanField(label=_("Sett opp likevel, utenfor åpningstiden"), required=False)
    overlap_ok = forms.BooleanField(label=_("Sett opp likevel, oppå den andre timen"), required=False)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        self.asks_which = self.asks_overlap = self.asks_closed = False
        fields: dict[str, Any] = self.fields
        fields["type"].queryset = AppointmentType.objects.of(clinic).filter(is_active=True)
        fields["practitioner"].queryset = Practitioner.objects.of(clinic).filter(is_active=True)
        fields["place"].queryset = Place.objects.of(clinic).filter(is_active=True)
        fields["minutes"].choices = [("", _("Som timetypen")), *((str(n), f"{n} min") for n in self.lengths())]
        for name in ("which", "closed_ok", "overlap_ok"):
            fields[name].widget.attrs.pop("class", None)

    def lengths(self) -> list[int]:
        """Return the lengths to choose among, the appointment's own included."""
        own = self.initial.get("minutes")
        return sorted({*LENGTHS, int(own)} if own else LENGTHS)

    def clean(self) -> dict[str, Any]:
        """Work out start and end in UTC; skipped and doubled clock times are refused with what to do."""
        cleaned: dict[str, Any] = super().clean() or {}
        if {"date", "time"} <= cleaned.keys():
            self.set_times(cleaned)
        return cleaned

    def set_times(self, cleaned: dict[str, Any]) -> None:
        """Put `starts_at` and `ends_at` among the cleaned values."""
        try:
            start = wall_clock.resolve(cleaned["date"], cleaned["time"], self.clinic.zone, cleaned.get("which", ""))
        except ValidationError as error:
            self.asks_which = error.code == wall_clock.AMBIGUOUS
            self.add_error("time", error)
            return
        minutes = cleaned.get("minutes") or (cleaned["type"].minutes if cleaned.get("type") else 0)
        cleaned["starts_at"], cleaned["ends_at"] = start, start + timedelta(minutes=minutes)
        self.asks_which = bool(cleaned.get("which"))

    def take(self, error: ValidationError) -> None:
        """Put a service's errors at the fields they concern."""
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for field, messages in by_field.items():
            name = AT_FIELD.get(field, field)
            for message in messages:
                self.add_error(name if name in self.fields else None, message)

    def refuse_unknown(self, appointment: Appointment) -> None:
        """Ask for a tick at what staff may do only knowingly."""
        self.refuse_unknown_closing(appointment)
        self.refuse_unknown_overlap(appointment)

    def refuse_unknown_closing(self, appointment: Appointment) -> None:
        """Ask for a tick when the clinic is closed then; what stands there already is not asked about again."""
        if appointment.pk and not {"date", "time", "minutes", "which"} & set(self.changed_data):
            return
        day = appointment.starts_at.astimezone(self.clinic.zone).date()
        schedule = hours.of(self.clinic, day, 2)
        self.asks_closed = not hours.is_open(schedule, appointment.starts_at, appointment.ends_at)
        if self.asks_closed and not self.cleaned_data.get("closed_ok"):
            self.add_error("closed_ok", closing_words(schedule, day))

    def refuse_unknown_overlap(self, appointment: Appointment) -> None:
        """Ask for a tick when the practitioner is taken: staff may double-book, knowingly (spec D14)."""
        taken = list(Appointment.objects.of(self.clinic).overlapping(appointment)[:1])
        self.asks_overlap = bool(taken)
        if taken and not self.cleaned_data.get("overlap_ok"):
            until = taken[0].ends_at.astimezone(self.clinic.zone)
            since = taken[0].starts_at.astimezone(self.clinic.zone)
            words = _("Behandleren har alt en time %(since)s–%(until)s. Velg et annet tidspunkt, eller kryss av.")
            self.add_error("overlap_ok", words % {"since": f"{since:%H:%M}", "until": f"{until:%H:%M}"})

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values as the services take them."""
        names = ("practitioner", "place", "type", "starts_at", "ends_at", "remark")
        return {name: self.cleaned_data[name] for name in names}


def closing_words(schedule: hours.Schedule, day: date) -> str:
    """Say when the clinic is open on the day, or why it is not."""
    if day in schedule.closed:
        why = _("Klinikken er stengt den dagen: %(why)s. Velg en annen dag, eller kryss av.")
        return str(why % {"why": schedule.closed[day]})
    open_at = schedule.of_day(day)
    if open_at is None:
        return str(_("Klinikken er stengt den dagen. Velg en annen dag, eller kryss av."))
    opens, closes = (f"{clock:%H:%M}" for clock in open_at)
    words = _("Klinikken er åpen %(opens)s–%(closes)s. Velg et annet tidspunkt, eller kryss av.")
    return str(words % {"opens": opens, "closes": closes})


class NewForm(WhenForm, PickingForm):
    """A new appointment; the patient is chosen by search."""

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, clinic=clinic, **kwargs)
        self.pick_among(clinic)


class ChangeForm(WhenForm):
    """Move or change; carries the version that was looked at (threat 29)."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, appointment: Appointment, **kwargs: Any) -> None:
        super().__init__(*args, initial=initial_of(appointment), clinic=appointment.clinic, **kwargs)
        fields: dict[str, Any] = self.fields
        for name in ("type", "practitioner", "place"):  # what it has may be out of use, and still be kept
            own = fields[name].queryset.model.objects.filter(pk=getattr(appointment, f"{name}_id"))
            fields[name].queryset = fields[name].queryset | own


def initial_of(appointment: Appointment) -> dict[str, Any]:
    """Return the appointment as the form shows it."""
    start: datetime = appointment.starts_at.astimezone(appointment.clinic.zone)
    return {
        "type": appointment.type_id,
        "practitioner": appointment.practitioner_id,
        "place": appointment.place_id,
        "date": start.date(),
        "time": start.time(),
        "minutes": int(appointment.length.total_seconds() // 60),
        "which": wall_clock.which_of(appointment.starts_at, appointment.clinic.zone),
        "remark": appointment.remark,
        "version": appointment.version,
    }


class TypeForm(ClinicForm):
    """An appointment type; its notices have a switch of their own (spec D1)."""

    taken = _("Klinikken har alt en timetype med dette navnet.")

    class Meta:
        model = AppointmentType
        fields: ClassVar = ["name", "minutes", "colour", "is_active", "self_booking"]
        help_texts: ClassVar = {
            "self_booking": _("Med kryss ser pasientene ledige timer av denne typen, og bestiller og flytter selv."),
            "is_active": _("Uten kryss kan den ikke velges for nye timer. Timer som bruker den, varsles som før."),
        }


class TermsForm(ClinicForm):
    """How early and how late patients book, move and cancel in the portal."""

    class Meta:
        model = BookingTerms
        fields: ClassVar = ["notice_hours", "horizon_days", "call_hours"]
        labels: ClassVar = {
            "notice_hours": _("Timer fra nå til første time som kan bestilles"),
            "horizon_days": _("Dager fram i tid som kan bestilles"),
            "call_hours": _("Timer før start da pasienten må ringe"),
        }
        help_texts: ClassVar = {
            "call_hours": _("Etter dette kan pasienten verken flytte eller avbestille selv."),
        }
