"""Patient: the card's person, by numbers, name and contact values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from clinics.models import Clinic
from clinics.scope import ClinicQuerySet
from fhir_api import parameters
from fhir_api.codes import BASE, NUMBERS
from fhir_api.kinds import Kind
from fhir_api.models import Scope
from fhir_api.words import instant, without_empty
from patients import identity, receiving
from patients.models import Patient, Sex

GENDER = {Sex.FEMALE: "female", Sex.MALE: "male"}


def rows(clinic: Clinic) -> ClinicQuerySet:
    """Return the clinic's cards with what is written of them."""
    return Patient.objects.of(clinic).select_related("person", "general_practitioner", "clinic")


def local_system(clinic_id: int) -> str:
    """Return what names the clinic's own numbers, H-numbers among them: they are unique there alone."""
    return f"{BASE}/sid/clinic-{clinic_id}/local-number"


def number_system(digits: str, clinic_id: int) -> str:
    """Return the register of a national number, by its content; one that no register issues is the clinic's own."""
    try:
        kind = identity.parse(digits).kind
    except ValidationError:
        return local_system(clinic_id)
    return NUMBERS.get(kind, local_system(clinic_id))


def write(page: Sequence[Patient]) -> list[dict[str, Any]]:
    """Return the resources; a proxy's contact values are not told as the patient's (spec K2)."""
    receiving.carry_own(page)
    return [patient(row) for row in page]


def patient(row: Patient) -> dict[str, Any]:
    """Return one resource. No profile is claimed: the card knows no middle name and no street."""
    return without_empty(
        {
            "resourceType": "Patient",
            "id": str(row.pk),
            "meta": {"lastUpdated": instant(row.updated_at)},
            "identifier": identifiers(row),
            "name": [without_empty({"use": "official", "family": row.family_name, "given": [row.given_name]})],
            "telecom": telecom(row),
            "gender": GENDER.get(Sex(row.sex), "unknown"),
            "birthDate": row.birth_date.isoformat() if row.birth_date else "",
            "address": [{"use": "home", "postalCode": row.postal_code}] if row.postal_code else [],
            "generalPractitioner": [{"display": row.general_practitioner.name}] if row.general_practitioner else [],
            "managingOrganization": {"display": row.clinic.name},
        }
    )


def identifiers(row: Patient) -> list[dict[str, Any]]:
    """Return the national number under its register, and the clinic's own."""
    found = []
    if row.person:
        digits = row.person.national_number
        found.append({"use": "official", "system": number_system(digits, row.clinic_id), "value": digits})
    if row.local_number:
        found.append({"use": "usual", "system": local_system(row.clinic_id), "value": row.local_number})
    return found


def telecom(row: Patient) -> list[dict[str, Any]]:
    """Return phone and e-mail; a value known to be dead is old."""
    phone = {"system": "phone", "value": row.mobile, "use": "home" if row.is_landline else "mobile"}
    phone |= {"use": "old"} if row.mobile_dead else {}
    mail = {"system": "email", "value": row.email} | ({"use": "old"} if row.email_dead else {})
    return [point for point in (phone, mail) if point["value"]]


def identified(value: str, clinic: Clinic) -> Q:
    """Return the condition on identifier: the system must be the number's own, if one is given."""
    found = Q(pk__in=[])
    for system, number in parameters.tokens(value):
        if system in (None, local_system(clinic.pk)):
            found |= Q(local_number=number) & ~Q(local_number="")
        if system is None or system == number_system(number, clinic.pk):
            found |= Q(person__national_number=number)
    return found


PATIENT = Kind(
    name="Patient",
    scope=Scope.PATIENT,
    rows=rows,
    write=write,
    patient_of=lambda row: row.pk,
    narrowings={
        "_id": lambda value, clinic: Q(pk__in=parameters.keys(value, "Patient", BASE)),
        "_lastUpdated": lambda value, clinic: parameters.dated("updated_at", value, clinic.zone),
        "identifier": identified,
    },
    types={"_id": "token", "_lastUpdated": "date", "identifier": "token"},
    posted_only=frozenset({"identifier"}),
)
