"""Make two demo clinics with staff, invented patients, a full timebook and post; run again, it keeps what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from clinics.models import Clinic, Place, Practitioner, User
from overview.management import demo_book, demo_economy, demo_journal, demo_patients, demo_post, demo_staff
from patients.models import Patient

ALL_ON: dict[str, Any] = {
    "post_notices": True,
    "timebook_notices": True,
    "economy_notices": True,
    "free_text_sms": True,
    "econtact_provider": "helsenorge",
    "convene": True,
}
FIRST: dict[str, Any] = {"name": "Fjordbyen legesenter", "alias": "Fjordbyen legesenter", "sms_sender": "Fjordbyen"}
SECOND: dict[str, Any] = {"name": "Bryggen hudklinikk", "alias": "Bryggen klinikk", "sms_sender": "Bryggen"}


class Command(BaseCommand):
    """`manage.py create_demo [--print-logins]`."""

    help = "Lag demoklinikker med oppdiktede pasienter"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--print-logins", action="store_true", help="skriv innlogginger med engangskode nå")
        parser.add_argument("--force", action="store_true", help="også når DEBUG er av")

    def handle(self, *args: Any, **options: Any) -> str:
        """Make what is missing. Raises CommandError outside development."""
        if not settings.DEBUG and not options["force"]:
            raise CommandError("Demodata hører ikke hjemme her: DEBUG er av. Bruk --force hvis dette er en demo.")
        with transaction.atomic():
            made = create()
        write_people(settings.VAR_DIR / "people.json")
        if options["print_logins"]:
            return "\n".join(["E-post, passord, engangskode nå (nøkkel til autentiseringsapp):", *demo_staff.logins()])
        return f"{FIRST['name']} og {SECOND['name']} er klare. {made} timer er lagt i timeboken."


def write_people(path: Path) -> None:
    """Tell the sandbox whose phone is whose, so that each patient has one."""
    patients = (
        Patient.objects.filter(clinic__is_demo=True).select_related("person").order_by("family_name", "given_name")
    )
    cards = {(row.mobile, row.email): row for row in patients if row.can_be_notified}  # one person, two clinics
    people = [
        {
            "name": row.name,
            "mobile": row.mobile,
            "email": row.email,
            "econtact": numbers_of(row),
            "national_number": row.person.national_number if row.person else "",
            "is_active": row.has_econtact,
        }
        for row in cards.values()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)  # a fresh clone has no var/
    path.write_text(json.dumps(people, ensure_ascii=False), encoding="utf-8")


def numbers_of(patient: Patient) -> list[str]:
    """Return what e-contact gateways know the patient by."""
    number = patient.person.national_number if patient.person else patient.local_number
    return [number] if number else []


def create() -> int:
    """Make clinics, staff, patients and appointments; returns how many appointments."""
    now = timezone.now()
    first = clinic(**FIRST, phone="+4722000000", **ALL_ON)
    second = clinic(
        **SECOND, phone="+4755000000", timebook_notices=True, post_notices=True, econtact_provider="besoklegen"
    )
    users = demo_staff.create(first, second)
    manager = users["anne.lie@example.com"]
    doctors = [
        practitioner(first, "Bjørn Haugen", "fastlege", users["bjorn.haugen@example.com"]),
        practitioner(first, "Ellen Strand", "fastlege"),
        practitioner(first, "Risten Gaup", "sykepleier"),
    ]
    demo_patients.create(first, doctors[:2], by=manager, now=now)
    demo_patients.create_few(second, by=manager, now=now)
    demo_journal.fill(first, now)
    rooms = [place(first, f"Rom {number}", "Fjordgata 12") for number in range(1, 4)]
    made = demo_book.fill(first, doctors, rooms, by=manager, now=now)
    demo_post.fill(first, by=users["kari.holm@example.com"], now=now)
    demo_economy.create(first, by=manager, now=now)
    skin = [practitioner(second, "Olena Kovalenko", "hudlege")]
    return made + demo_book.fill(second, skin, [place(second, "2. etasje", "Bryggen 7")], by=manager, now=now)


def clinic(name: str, **fields: Any) -> Clinic:
    """Return the demo clinic, made when missing. Raises CommandError when a real clinic has the name."""
    found, _ = Clinic.objects.get_or_create(name=name, defaults={**fields, "is_demo": True})
    if not found.is_demo:
        raise CommandError(f"{name} er ingen demoklinikk. Ingenting er endret.")
    return found


def practitioner(clinic: Clinic, name: str, title: str, user: User | None = None) -> Practitioner:
    """Return the practitioner, made when missing."""
    found: Practitioner = Practitioner.objects.get_or_create(
        clinic=clinic, name=name, defaults={"title": title, "user": user}
    )[0]
    return found


def place(clinic: Clinic, name: str, address: str) -> Place:
    """Return the place, made when missing."""
    found: Place = Place.objects.get_or_create(clinic=clinic, name=name, defaults={"address": address})[0]
    return found
