"""Plant canaries in everything clinical or personal, and let the engine tell the patient of every event."""

from __future__ import annotations

import os
from datetime import timedelta

import django


def main() -> None:
    """Set up, change, cancel and remind; everything is due at once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_notify.settings")
    django.setup()
    from django.utils import timezone

    from notifications import outbox
    from patients.models import Consent, Patient, Person
    from tests.factories import (
        AppointmentTypeFactory,
        ClinicFactory,
        MembershipFactory,
        PlaceFactory,
        PractitionerFactory,
    )
    from timebook import booking

    clinic = ClinicFactory(alias="Fjordbyen")
    staff = MembershipFactory(clinic=clinic).user
    patient = Patient.objects.create(
        clinic=clinic,
        person=Person.objects.create(national_number="13097248022"),
        given_name="Hemmeligfornavn",
        family_name="Hemmeligetternavn",
        consent=Consent.GIVEN,
        mobile="+4742123456",
        email="hemmelig.adresse@example.com",
    )
    long_ago = timezone.now() - timedelta(minutes=6)
    start = timezone.now() + timedelta(days=3)

    def set_up() -> object:
        return booking.set_up(
            clinic=clinic,
            patient=patient,
            practitioner=PractitionerFactory(clinic=clinic, name="Bjørn Haugen"),
            place=PlaceFactory(clinic=clinic),
            type=AppointmentTypeFactory(clinic=clinic, name="Hemmeligtype"),
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
            remark="hemmeligmerknad",
            by=staff,
            now=long_ago,
        )

    first = set_up()
    second = set_up_other(set_up, clinic)
    later = {"starts_at": start + timedelta(hours=1), "ends_at": start + timedelta(hours=2)}
    booking.reschedule(first, version=1, by=staff, now=long_ago, remark="hemmeligmerknad igjen", **later)
    booking.cancel(second, version=1, by=staff, now=long_ago)
    outbox.wake_dispatcher()


def set_up_other(set_up: object, clinic: object) -> object:
    """Set up a second appointment; a clinic has each type's name once."""
    from timebook.models import AppointmentType

    AppointmentType.objects.filter(clinic=clinic).update(name="Hemmeligtype en")
    return set_up()  # type: ignore[operator]


if __name__ == "__main__":
    main()
