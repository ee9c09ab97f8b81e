"""Who lives in the walk's clinic. Run inside the product; prints the ids as JSON."""

from __future__ import annotations

import json

from clinics.hours import OpeningHours
from clinics.models import Clinic, Practitioner
from patients.models import Consent, Patient, Person
from patients.names import search_key
from tests.walk.people import LOGS_IN, PEOPLE
from tests.walk.seed_bulk import gather
from timebook.models import AppointmentType


def main() -> None:
    """Add one card for each sentence, and the appointment types that the text tells of."""
    clinic = Clinic.objects.get(name="Fjordbyen legesenter")
    other = Clinic.objects.exclude(pk=clinic.pk).get()
    OpeningHours.objects.all().delete()  # the walk sets up at any hour, and would be asked each time
    cards = {}
    for number, (name, given) in enumerate(PEOPLE.items()):
        fields = {"consent": Consent.GIVEN, "local_number": f"V{number}", **given}
        person = Person.objects.create(national_number=LOGS_IN.get(name, f"0181{number:02}12345"))
        cards[name] = card(clinic, name, person, fields).pk
    both = Patient.objects.get(pk=cards["Begge Klinikker"])
    cards["Begge Klinikker there"] = card(other, "Begge Klinikker", both.person, {"consent": Consent.GIVEN}).pk
    for name, notices, is_active in (("Kontroll", True, True), ("Senere", False, True), ("Utgått", True, True)):
        AppointmentType.objects.update_or_create(
            clinic=clinic, name=name, defaults={"notices": notices, "is_active": is_active, "minutes": 20}
        )
    doctor = Practitioner.objects.create(clinic=clinic, name="Vår Vandrer")  # whose book is empty
    gather(clinic, {name: Patient.objects.get(pk=cards[name]) for name in PEOPLE}, doctor)
    types = {row.name: row.pk for row in AppointmentType.objects.filter(clinic=clinic)}
    print(json.dumps({"patients": cards, "practitioner": doctor.pk, "types": types, "clinic": clinic.pk}))


def card(clinic: Clinic, name: str, person: Person, fields: dict[str, str]) -> Patient:
    """Open one card."""
    given_name, family_name = name.split(" ", 1)
    return Patient.objects.create(
        clinic=clinic,
        person=person,
        given_name=given_name,
        family_name=family_name,
        search_name=search_key(name),
        **fields,
    )
