"""Take appointments in from systems that book on their own: as they say, with their source, told by them (spec D13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from clinics import audit
from clinics.models import AuditAction, Clinic, Place, Practitioner
from patients.models import Patient
from timebook.booking import act, check_clinic, refuse_double_booking
from timebook.models import ActorKind, Appointment, AppointmentType, Source, Status


class Occupied(Exception):
    """The practitioner has another appointment then; nobody knowingly double-booked (spec D14)."""


class ChangedHere(Exception):
    """The clinic has changed the appointment, and the other system has not heard of it yet."""


class OtherPatient(Exception):
    """An appointment's patient cannot be changed (spec D3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What the other system has agreed with the patient. Times in UTC, the end after the start."""

    source: Source
    external_id: str
    patient: Patient
    practitioner: Practitioner
    place: Place | None
    type: AppointmentType
    starts_at: datetime
    ends_at: datetime
    remark: str
    by: ActorKind  # who did it there


@transaction.atomic
def take_in(agreed: Agreed, now: datetime, *, is_untold: Callable[[Appointment], bool]) -> Appointment:
    """Set the appointment up, or change it to what is agreed now; a cancelled one stands again.

    The other system keeps a consent of its own, and what has begun meanwhile is taken as history. One that the patient
    has booked never double-books. `is_untold` says of the locked appointment whether it waits to be told of a change of
    ours. Raises Occupied, OtherPatient, ChangedHere, ValidationError (parts of another clinic).
    """
    rows = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("clinic")
    patient = rows.get(pk=agreed.patient.pk)
    appointment = find(patient.clinic, agreed.source, agreed.external_id) or Appointment(
        clinic=patient.clinic,
        patient=patient,
        source=agreed.source,
        external_id=stored(agreed.source, agreed.external_id),
        set_up_by=agreed.by,
    )
    if appointment.patient_id != patient.pk:
        raise OtherPatient
    is_new = appointment.pk is None
    if not is_new and is_untold(appointment):
        raise ChangedHere
    for name in ("practitioner", "place", "type", "starts_at", "ends_at", "remark"):
        setattr(appointment, name, getattr(agreed, name))
    appointment.status, appointment.cancelled_by = Status.BOOKED, ""
    check_clinic(appointment)
    if agreed.by == ActorKind.PATIENT:
        refuse_occupied(appointment)
    save(appointment, agreed.by, now)
    log(appointment, "set_up" if is_new else "changed")
    return appointment


@transaction.atomic
def cancel(clinic: Clinic, source: Source, external_id: str, *, by: ActorKind, now: datetime) -> Appointment | None:
    """Cancel what the other system has cancelled; again changes nothing. Returns None for one we do not have."""
    appointment = find(clinic, source, external_id)
    if appointment is None or not appointment.is_booked:
        return appointment
    appointment.status, appointment.cancelled_by = Status.CANCELLED, by
    save(appointment, by, now)
    log(appointment, "cancelled")
    return appointment


def find(clinic: Clinic, source: Source, external_id: str) -> Appointment | None:
    """Lock and return the clinic's appointment that the system knows by this id."""
    rows = Appointment.objects.of(clinic).filter(source=source, external_id=stored(source, external_id))
    found: Appointment | None = rows.select_for_update(of=("self",)).select_related("clinic", "patient", "type").first()
    return found


def stored(source: Source, external_id: str) -> str:
    """Return the id as it is kept: two systems may use the same one."""
    return f"{source}:{external_id}"


def refuse_occupied(appointment: Appointment) -> None:
    """Raise Occupied when the practitioner has another appointment then."""
    try:
        refuse_double_booking(appointment, by=None)
    except ValidationError:
        raise Occupied from None


def save(appointment: Appointment, by: ActorKind, now: datetime) -> None:
    """Save; the signals write into the history who tells the patient (spec D13)."""
    act(appointment, by=None, now=now)
    appointment.acting, appointment.is_told = by, True
    appointment.save()


def log(appointment: Appointment, what: str) -> None:
    """Write the audit line: no user of ours did it."""
    audit.record(
        AuditAction.APPOINTMENT,
        clinic=appointment.clinic,
        actor=None,
        patient_id=appointment.patient_id,
        what=f"{what} {appointment.pk}",
        source=appointment.source,
    )
