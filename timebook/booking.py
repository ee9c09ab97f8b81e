"""Set up, book, move, cancel and restore: the only ways people change appointments (spec B3, D2–D5, D14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction, Clinic, Place, Practitioner, User
from patients.models import Patient
from timebook.models import ActorKind, Appointment, AppointmentType, Status

CHANGEABLE = ("starts_at", "ends_at", "practitioner", "place", "type", "remark")


class Conflict(Exception):
    """Someone else changed the appointment meanwhile; `current` is the row as it is now."""

    def __init__(self, current: Appointment) -> None:
        super().__init__(_("Timen er endret av en annen i mellomtiden."))
        self.current = current


class Taken(ValidationError):
    """The practitioner has another appointment then (spec D14)."""


def set_up(
    *,
    clinic: Clinic,
    patient: Patient,
    practitioner: Practitioner,
    place: Place | None,
    type: AppointmentType,  # noqa: A002 - the clinic's word
    starts_at: datetime,
    ends_at: datetime,
    remark: str = "",
    by: User,
    now: datetime | None = None,
) -> Appointment:
    """Set up an appointment for a patient, as staff (spec D2). Raises ValidationError."""
    appointment = Appointment(
        clinic=clinic,
        patient=patient,
        practitioner=practitioner,
        place=place,
        type=type,
        starts_at=starts_at,
        ends_at=ends_at,
        remark=remark,
        created_by=by,
    )
    return create(appointment, by=by, now=now or timezone.now())


def book(
    *,
    patient: Patient,
    practitioner: Practitioner,
    place: Place | None,
    type: AppointmentType,  # noqa: A002 - the clinic's word
    starts_at: datetime,
    ends_at: datetime,
    now: datetime | None = None,
    through: str = "",
) -> Appointment:
    """Book an appointment as the patient (spec D2); never double-books a practitioner (spec D14).

    `through` is what the audit line adds of one who acts for the patient (proxies.through); so below.
    """
    appointment = Appointment(
        clinic=patient.clinic,
        patient=patient,
        practitioner=practitioner,
        place=place,
        type=type,
        starts_at=starts_at,
        ends_at=ends_at,
        set_up_by=ActorKind.PATIENT,
    )
    return create(appointment, by=None, now=now or timezone.now(), through=through)


@transaction.atomic
def create(appointment: Appointment, *, by: User | None, now: datetime, through: str = "") -> Appointment:
    """Check and save a new appointment. Raises ValidationError."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=appointment.patient_id)
    if not patient.has_consent:
        raise ValidationError(
            {"patient": _("Pasienten har ikke samtykket. Registrer samtykke på pasientkortet før du setter opp timen.")}
        )
    if not appointment.type.is_active:
        raise ValidationError({"type": _("Timetypen tilbys ikke for nye timer. Velg en annen.")})
    check_clinic(appointment)
    check_times(appointment, now)
    refuse_twice(appointment)
    act(appointment, by=by, now=now)
    refuse_double_booking(appointment, by=by)
    appointment.save()
    log(appointment, by=by, what="set_up", through=through)
    return appointment


@transaction.atomic
def reschedule(
    appointment: Appointment,
    *,
    version: int,
    by: User | None,
    now: datetime | None = None,
    through: str = "",
    **changes: Any,
) -> Appointment:
    """Move or change an appointment (spec D3); `by` None is the patient. Raises Conflict, ValidationError."""
    now = now or timezone.now()
    current = locked(appointment, version)
    if not current.is_booked:
        raise ValidationError(_("Timen er avlyst. Angre avlysningen før du endrer den."))
    if unknown := set(changes) - set(CHANGEABLE):
        raise ValueError(f"an appointment's {sorted(unknown)} cannot be changed")
    moved = any(name in changes and changes[name] != getattr(current, name) for name in ("starts_at", "ends_at"))
    for name, value in changes.items():
        setattr(current, name, value)
    check_clinic(current)
    if moved:
        check_times(current, now)
    act(current, by=by, now=now)
    refuse_double_booking(current, by=by)
    current.save()
    log(current, by=by, what="changed " + " ".join(sorted(changes)), through=through)
    return current


@transaction.atomic
def cancel(
    appointment: Appointment, *, version: int, by: User | None, now: datetime | None = None, through: str = ""
) -> Appointment:
    """Cancel (avlys) as staff, or call off (avbestill) as the patient (spec D4). Raises Conflict, ValidationError."""
    now = now or timezone.now()
    current = locked(appointment, version)
    if not current.is_booked:
        raise ValidationError(_("Timen er alt avlyst."))
    if current.ends_at <= now:
        raise ValidationError(_("Timen er over og kan ikke avlyses."))
    act(current, by=by, now=now)
    current.status, current.cancelled_by = Status.CANCELLED, current.acting
    current.save()
    log(current, by=by, what="cancelled", through=through)
    return current


@transaction.atomic
def restore(appointment: Appointment, *, version: int, by: User, now: datetime | None = None) -> Appointment:
    """Undo a cancellation (spec D5). Raises Conflict, ValidationError."""
    now = now or timezone.now()
    current = locked(appointment, version)
    if current.is_booked:
        raise ValidationError(_("Timen står allerede."))
    if current.starts_at <= now:
        raise ValidationError(_("Timen har begynt. Sett opp en ny."))
    if not current.patient.has_consent:
        raise ValidationError(_("Pasienten har ikke samtykket. Registrer samtykke på pasientkortet først."))
    act(current, by=by, now=now)
    current.status, current.cancelled_by = Status.BOOKED, ""
    current.save()
    log(current, by=by, what="restored")
    return current


def locked(appointment: Appointment, version: int) -> Appointment:
    """Lock the row and return it fresh. Raises Conflict when it is not the version that was looked at."""
    current = Appointment.objects.select_for_update(of=("self",)).select_related("clinic", "type", "patient")
    row: Appointment = current.get(pk=appointment.pk)
    if row.version != version:
        raise Conflict(row)
    return row


def check_times(appointment: Appointment, now: datetime) -> None:
    """Refuse an end before the start and a start in the past (spec D14). Raises ValidationError."""
    if appointment.ends_at <= appointment.starts_at:
        raise ValidationError({"ends_at": _("Slutt må være etter start.")})
    if appointment.starts_at < now:
        raise ValidationError({"starts_at": _("Tidspunktet er passert. Velg et senere tidspunkt.")})


def check_clinic(appointment: Appointment) -> None:
    """Refuse parts of another clinic: the gate has scoped them already, this is the second wall (spec A7)."""
    parts = (appointment.patient, appointment.practitioner, appointment.place, appointment.type)
    if any(part is not None and part.clinic_id != appointment.clinic_id for part in parts):
        raise ValidationError(_("Pasient, behandler, sted og timetype må høre til klinikken."))


def refuse_twice(appointment: Appointment) -> None:
    """Refuse the very appointment the patient has: a second press of the button, with the patient's row locked."""
    same = Appointment.objects.booked().filter(
        patient=appointment.patient_id, practitioner=appointment.practitioner_id, starts_at=appointment.starts_at
    )
    if same.exists():
        raise ValidationError({"starts_at": _("Pasienten har alt denne timen: den er satt opp.")})


def refuse_double_booking(appointment: Appointment, *, by: User | None) -> None:
    """The patient never double-books; staff may, knowingly (spec D14). Raises Taken."""
    # Two bookers queue here, staff too: the patient's check sees what they are about to set up.
    Practitioner.objects.select_for_update(no_key=True).get(pk=appointment.practitioner_id)
    if by is None and Appointment.objects.overlapping(appointment).exists():
        raise Taken({"starts_at": _("Tidspunktet er ikke lenger ledig. Velg et annet.")})


def act(appointment: Appointment, *, by: User | None, now: datetime) -> None:
    """Note for the signals who does it, and when."""
    appointment.acting = ActorKind.STAFF if by else ActorKind.PATIENT
    appointment.acting_user, appointment.acting_at = by, now


def log(appointment: Appointment, *, by: User | None, what: str, through: str = "") -> None:
    """Write the audit line; `by` None is the patient, or who acts for them."""
    source = "web" if by else "portal"
    audit.record(
        AuditAction.APPOINTMENT,
        clinic=appointment.clinic,
        actor=by,
        patient_id=appointment.patient_id,
        what=f"{what} {appointment.pk}{through}",
        source=source,
    )
