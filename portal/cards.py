"""Which cards a person may see in the portal (spec K2, B1)."""

from __future__ import annotations

from patients.models import Patient, PatientQuerySet, Person


def cards_of(person: Person) -> PatientQuerySet:
    """Return the person's own cards at clinics in use, by the clinic's name."""
    rows = Patient.objects.filter(person=person, clinic__is_active=True)
    return rows.select_related("clinic", "general_practitioner").order_by("clinic__name", "pk")
