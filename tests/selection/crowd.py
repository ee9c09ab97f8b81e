"""A small clinic whose patients differ in everything a search can ask for; the same every time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from clinics.models import Clinic
from notifications.kinds import Kind
from notifications.models import Delivery, Notification
from patients.journal import JournalEntry
from patients.models import Patient, PortalAccount
from tests.factories import (
    AppointmentFactory,
    AppointmentTypeFactory,
    PatientFactory,
    PersonFactory,
    PlaceFactory,
    PractitionerFactory,
)
from tests.selection.judging import Known
from timebook.models import Appointment

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
CODES = {
    "diagnosis": ["T89", "T90", "T90.1", "K74", "K77", "K86", "R95", "T9", "E11", "%", "_90", ""],
    "medicine": ["A10BA02", "A10BB", "B01AA03", "N05BA01", "C07AB02", "A10"],
    "observation": ["NPU27300", "NPU01685", "BT-SYS", "NPU2"],
    "contact": ["", "KONSULTASJON"],
    "vaccine": ["FLU", "PNE", "J07BB02"],
}
SYSTEMS = {"diagnosis": ["icpc2", "icd10", "other"], "medicine": ["atc"], "observation": ["npu", "other"]}
AGES = [0, 18, 40, 65, 80]
VALUES = ["53", "53.0001", "48", "7.5", "-1", "0"]


def day(chance: Random) -> date:
    """Return a day around those that the periods begin and end at."""
    edge = chance.choice([0, 1, 30, 90, 145, 146, 365, 366, 730, 1826, 4000])
    return TODAY - timedelta(days=edge + chance.choice([-1, 0, 1]))


def crowd(clinic: Clinic, *, size: int = 40, seed: int = 1) -> dict[int, Known]:
    """Fill the clinic, and return what is known of each patient by primary key."""
    chance = Random(seed)  # noqa: S311 - no secret
    doctors = [PractitionerFactory(clinic=clinic) for _ in range(2)]
    setting = {
        "practitioner": doctors[0],
        "place": PlaceFactory(clinic=clinic),
        "type": AppointmentTypeFactory(clinic=clinic, notices=False),
    }
    known = [known_of(one(clinic, doctors, chance), setting, chance) for _ in range(size)]
    return {one.card["id"]: one for one in known}


def one(clinic: Clinic, doctors: list[Any], chance: Random) -> Patient:
    """Make one card."""
    birthday = TODAY.replace(year=TODAY.year - chance.choice(AGES))
    born = chance.choice([None, date(2000, 2, 29), *(birthday + timedelta(days=around) for around in (-1, 0, 0, 1))])
    mobile = f"+4742{chance.randint(0, 999_999):06d}"
    person = PersonFactory() if chance.random() < 0.6 else None
    if person and chance.random() < 0.5:
        PortalAccount.objects.create(person=person)
    return PatientFactory(
        clinic=clinic,
        person=person,
        family_name=chance.choice(["Iversen", "Aas", "Ås", "Øye", "Berg"]),
        birth_date=born,
        sex=chance.choice(["female", "male", ""]),
        general_practitioner=chance.choice([None, *doctors]),
        postal_code=chance.choice(["", "0150", "0199", "5003", "9700"]),
        municipality=chance.choice(["", "0301", "4601"]),
        has_econtact=chance.random() < 0.3,
        email=chance.choice(["", "noen@example.com"]),
        email_dead=chance.choice(["", "", "hard_bounce"]),
        mobile=chance.choice(["", "+46701234567", mobile, mobile]),
        is_landline=chance.random() < 0.1,
        mobile_dead=chance.choice(["", "", "not_in_service"]),
        consent=chance.choice(["", "given", "withdrawn"]),
    )


def known_of(patient: Patient, setting: dict[str, Any], chance: Random) -> Known:
    """Give the card a journal, appointments and notices, and note them all."""
    known = Known(Patient.objects.values().get(pk=patient.pk))
    known.has_logged_in = PortalAccount.objects.filter(person=patient.person_id).exists() if patient.person else False
    entries = [journal_entry(patient, chance) for _ in range(chance.randint(0, 14))]
    known.entries = list(JournalEntry.objects.filter(pk__in=[row.pk for row in entries]).values())
    for row in known.entries:
        row["pk"] = row["id"]
    for _ in range(chance.randint(0, 2)):
        start = NOON + timedelta(
            days=chance.choice([-400, -366, -365, -30, -1, 0, 1, 30]), hours=chance.randint(-10, 10)
        )
        status = chance.choice(["booked", "booked", "cancelled"])
        AppointmentFactory(
            patient=patient, starts_at=start, ends_at=start + timedelta(minutes=20), status=status, **setting
        )
    known.appointments = list(Appointment.objects.filter(patient=patient).values())
    Notification.objects.filter(patient=patient).delete()
    known.notices = [notice(patient, number, chance) for number in range(chance.randint(0, 3))]
    return known


def journal_entry(patient: Patient, chance: Random) -> JournalEntry:
    """Add one entry."""
    kind = chance.choice(list(CODES))
    starts = day(chance)
    ends = chance.choice([None, TODAY, *(day(chance) for _ in range(4))])
    return JournalEntry.objects.create(
        clinic=patient.clinic,
        patient=patient,
        type=kind,
        system=chance.choice(SYSTEMS.get(kind, ["other"])),
        code=chance.choice(CODES[kind]),
        starts_on=starts,
        ends_on=ends if ends is None or ends >= starts else None,
        value=chance.choice([None, *VALUES]) if kind == "observation" else None,
    )


def notice(patient: Patient, number: int, chance: Random) -> dict[str, Any]:
    """Add a notice with its hops."""
    due = NOON - timedelta(days=chance.choice([0, 1, 29, 30, 31, 300]), hours=chance.randint(0, 12))
    state = chance.choice(["dispatched", "dispatched", "waiting", "suppressed", "external"])
    row = Notification.objects.create(
        clinic=patient.clinic,
        patient=patient,
        kind=Kind.RECEIPT,
        subject_type="card",
        subject_id=patient.pk * 10 + number,
        slot="card",
        state=state,
        event_at=due,
        due_at=due,
        expires_at=due,
    )
    hops = chance.sample(["email", "sms"], k=chance.randint(0, 2)) if state != "external" else []
    states = [chance.choice(["queued", "accepted", "delivered", "failed", "bounced", "unconfirmed"]) for _ in hops]
    for channel, hop in zip(hops, states, strict=True):
        Delivery.objects.create(
            clinic=patient.clinic, notification=row, channel=channel, state=hop, due_at=due, expires_at=due
        )
    return {"pk": row.pk, "due_at": due, "state": state, "hops": states}
