"""Write a bulk that only lacks «Send nå»: `python -m tests.faults.seed_bulk TYPE COUNT`, in the product's environment.

Half of an e-contact's recipients are known to the clinic's provider, the others have our own portal. Prints as JSON
what the staff need: the bulk, and the sessions of two colleagues.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

GATEWAY = "besoklegen"


def main(type: str, count: int) -> None:
    """Make a clinic, its patients, a selection of them all, and a draft that is ready to be sent."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_notify.settings")
    django.setup()
    from bulk_send import drafting
    from bulk_send.models import Purpose
    from selection.freezing import freeze
    from selection.models import Origin
    from tests.access.people import enrol, logged_in
    from tests.factories import ClinicFactory, MembershipFactory

    clinic = ClinicFactory(free_text_sms=True, econtact_provider=GATEWAY)
    rights = {"clinic": clinic, "may_bulk_send": True, "may_export": True}
    names = [f"ansatt{n}.klinikk{clinic.pk}@example.com" for n in range(2)]  # every seeding is a process of its own
    users = [enrol(MembershipFactory(user__email=name, **rights).user) for name in names]
    patients = cards(clinic, count, with_email=type == "sms")  # nor may such an SMS ever become an e-mail
    selection = freeze(patients, clinic=clinic, origin=Origin.JOURNAL, name="Alle", by=users[0])
    bulk = drafting.start(selection, by=users[0])
    said = {"type": type, "text": "Kontoret er stengt fredag.", "purpose": Purpose.OPERATION}
    if type == "econtact":
        said["subject"] = "Stengt fredag"
    bulk, _fell_out = drafting.change(bulk, version=bulk.version, by=users[0], **said)
    drafting.choose_all(bulk)
    sessions = [logged_in(user).cookies["sessionid"].value for user in users]
    print(json.dumps({"bulk": bulk.pk, "clinic": clinic.pk, "size": count, "sessions": sessions}))


def cards(clinic: Any, count: int, *, with_email: bool) -> Any:
    """Open this many cards, each with consent and a mobile number of its own; returns them as a query."""
    from patients.models import Consent, Patient, Person, PortalAccount
    from tests.factories import PractitionerFactory

    base = Person.objects.count()
    people = Person.objects.bulk_create(Person(national_number=f"139{base + n:08d}") for n in range(count))
    PortalAccount.objects.bulk_create(PortalAccount(person=person) for person in people[1::2])
    doctor = PractitionerFactory(clinic=clinic)
    Patient.objects.bulk_create(
        Patient(
            clinic=clinic,
            person=person,
            given_name="Ola",
            family_name="Nordmann",
            search_name="ola nordmann",
            consent=Consent.GIVEN,
            mobile=f"+4743{base + n:06d}",
            email=f"mottaker{base + n}@example.com" if with_email else "",
            general_practitioner=doctor,
            has_econtact=n % 2 == 0,
        )
        for n, person in enumerate(people)
    )
    return Patient.objects.filter(clinic=clinic)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
