"""Appointment: when, with whom, where and how it stands; never the type's name or the remark (spec C4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from clinics.models import Clinic
from clinics.scope import ClinicQuerySet
from fhir_api import parameters
from fhir_api.codes import APPOINTMENT_STATUS, BASE, CANCELLED, concept
from fhir_api.kinds import Kind
from fhir_api.models import Scope
from fhir_api.words import instant, without_empty
from timebook.models import ActorKind, Appointment, Status

STATUS = {Status.BOOKED: "booked", Status.CANCELLED: "cancelled"}
FROM_FHIR = {ours: status for status, ours in STATUS.items()}
KNOWN = (
    *("proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error"),
    *("checked-in", "waitlist"),
)
URN = "urn:ietf:rfc:3986"
WHY = {ActorKind.PATIENT: ("pat", "Patient"), ActorKind.STAFF: ("prov", "Provider")}


def rows(clinic: Clinic) -> ClinicQuerySet:
    """Return the clinic's appointments with what is written of them."""
    return Appointment.objects.of(clinic).select_related("practitioner", "place").defer("remark")


def write(page: Sequence[Appointment]) -> list[dict[str, Any]]:
    """Return the resources."""
    return [appointment(row) for row in page]


def appointment(row: Appointment) -> dict[str, Any]:
    """Return one resource."""
    return without_empty(
        {
            "resourceType": "Appointment",
            "id": str(row.pk),
            "meta": {"lastUpdated": instant(row.updated_at)},
            "identifier": [{"system": URN, "value": f"urn:uuid:{row.uid}"}],
            "status": STATUS[Status(row.status)],
            "cancelationReason": why_cancelled(row),
            "start": instant(row.starts_at),
            "end": instant(row.ends_at),
            "minutesDuration": int(row.length.total_seconds() // 60),
            "created": instant(row.created_at),
            "participant": participants(row),
        }
    )


def why_cancelled(row: Appointment) -> dict[str, Any]:
    """Return who cancelled, as HL7 codes it; nothing for one that stands or of which it is not known."""
    said = WHY.get(ActorKind(row.cancelled_by)) if row.cancelled_by and not row.is_booked else None
    return concept(CANCELLED, *said) if said else {}


def participants(row: Appointment) -> list[dict[str, Any]]:
    """Return patient, practitioner and place; whoever cancelled has declined."""
    by = row.cancelled_by if not row.is_booked else ""
    people = [
        {"actor": {"reference": f"Patient/{row.patient_id}"}, "status": declined(by == ActorKind.PATIENT)},
        {
            "actor": {"type": "Practitioner", "display": row.practitioner.name},
            "status": declined(by == ActorKind.STAFF),
        },
    ]
    place = {"actor": {"type": "Location", "display": row.place.name}, "status": "accepted"} if row.place else None
    return [*people, place] if place else people


def declined(is_so: bool) -> str:
    """Return the participant's status."""
    return "declined" if is_so else "accepted"


def standing(value: str, clinic: Clinic) -> Q:
    """Return the condition on status."""
    wanted = parameters.codes(value, APPOINTMENT_STATUS, KNOWN, "status")
    return Q(status__in=[FROM_FHIR[code] for code in wanted if code in FROM_FHIR])


def identified(value: str, clinic: Clinic) -> Q:
    """Return the condition on identifier; what is no UUID finds nothing."""
    bare = [code.removeprefix("urn:uuid:") for system, code in parameters.tokens(value) if system in (None, URN)]
    return Q(uid__in=[uid for text in bare if (uid := uuid_of(text))])


def uuid_of(text: str) -> UUID | None:
    """Read a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None


APPOINTMENT = Kind(
    name="Appointment",
    scope=Scope.APPOINTMENT,
    rows=rows,
    write=write,
    patient_of=lambda row: row.patient_id,
    narrowings={
        "_id": lambda value, clinic: Q(pk__in=parameters.keys(value, "Appointment", BASE)),
        "_lastUpdated": lambda value, clinic: parameters.dated("updated_at", value, clinic.zone),
        "identifier": identified,
        "patient": lambda value, clinic: Q(patient__in=parameters.keys(value, "Patient", BASE)),
        "status": standing,
        "date": lambda value, clinic: parameters.dated("starts_at", value, clinic.zone),
    },
    types={
        "_id": "token",
        "_lastUpdated": "date",
        "identifier": "token",
        "patient": "reference",
        "status": "token",
        "date": "date",
    },
)
