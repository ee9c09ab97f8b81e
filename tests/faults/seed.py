"""Promise notices that are due now: `python -m tests.faults.seed SMS EMAIL`, in the product's environment."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django


def main(sms: int, email: int) -> None:
    """Make a clinic, and one patient with one due reminder for each message wanted."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_notify.settings")
    django.setup()
    from django.utils import timezone

    from notifications import outbox
    from patients.models import Consent, Patient
    from tests.factories import AppointmentTypeFactory, ClinicFactory, PlaceFactory, PractitionerFactory
    from timebook import planning
    from timebook.models import Appointment

    clinic = ClinicFactory()
    parts = {
        "clinic": clinic,
        "practitioner": PractitionerFactory(clinic=clinic),
        "place": PlaceFactory(clinic=clinic),
        "type": AppointmentTypeFactory(clinic=clinic),
    }
    base = Patient.objects.count()
    patients = Patient.objects.bulk_create(
        Patient(
            clinic=clinic,
            local_number=f"S{base + number}",
            given_name="Ola",
            family_name="Nordmann",
            search_name="ola nordmann",
            consent=Consent.GIVEN,
            mobile=f"+4742{base + number:06d}" if number < sms else "",
            email=f"p{base + number}@example.com" if number >= sms else "",
        )
        for number in range(sms + email)
    )
    now = timezone.now()
    start = now + timedelta(hours=40)
    booked = Appointment.objects.bulk_create(
        Appointment(**parts, patient=patient, starts_at=start, ends_at=start + timedelta(minutes=30))
        for patient in patients
    )
    outbox.plan_many([planning.reminder(row, due_at=now, now=now) for row in booked])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
