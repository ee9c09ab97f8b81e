"""Find the clinic's own card, practitioner, place and type by what a neighbour calls them. Never across clinics."""

from __future__ import annotations

from dataclasses import dataclass

from clinics.models import Clinic, Place, Practitioner
from integrations.events import Refused
from integrations.fhir_fields import NORWAY
from integrations.neighbour_models import Why
from integrations.reading import Reader
from patients.models import Patient

NATIONAL = (f"{NORWAY}1", f"{NORWAY}2")  # fødselsnummer and D-number
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Named:
    """How a neighbour names a patient."""

    system: str
    value: str


def read_patient(said: Reader) -> Named:
    """Read `patient`. Raises Malformed."""
    inner = said.part("patient")
    named = Named(inner.one_of("system", (*NATIONAL, LOCAL)), inner.text("value", 40))
    inner.close()
    return named


def patient_of(clinic: Clinic, named: Named) -> Patient:
    """Return the clinic's card. Raises Refused."""
    known = {"local_number": named.value} if named.system == LOCAL else {"person__national_number": named.value}
    found: Patient | None = Patient.objects.of(clinic).filter(**known).select_related("clinic").first()
    if found is None:
        raise Refused(Why.UNKNOWN_PATIENT)
    return found


def practitioner_of(clinic: Clinic, external_id: str, name: str) -> Practitioner:
    """Return the practitioner by the id the clinic has for them, else by a name that one alone has. Raises Refused."""
    rows = Practitioner.objects.of(clinic).filter(is_active=True)
    found = list(rows.filter(external_id=external_id)[:2]) if external_id else []
    found = found or (list(rows.filter(name__iexact=name)[:2]) if name else [])
    if len(found) != 1:
        raise Refused(Why.UNKNOWN_PRACTITIONER)
    practitioner: Practitioner = found[0]
    return practitioner


def place_of(clinic: Clinic, name: str) -> Place | None:
    """Return the clinic's place of that name."""
    found: Place | None = Place.objects.of(clinic).filter(name__iexact=name).first() if name else None
    return found
