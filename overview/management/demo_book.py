"""The demo clinics' timebook: this week and the next, filled like a real one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from clinics.hours import OpeningHours
from clinics.models import Clinic, Place, Practitioner, User
from patients.models import Consent, Patient
from timebook import planning
from timebook.models import ActorKind, Appointment, AppointmentType, Source, Status

OPENS, CLOSES, SLOT = 8 * 60, 15 * 60 + 30, 30  # minutes after midnight; minutes
WORKING_DAYS, OPEN = range(5), (time(8), time(16))
BOOKED_BY_PATIENTS = ("Kontroll", "Blodprøve")
LUNCH = range(11 * 60 + 30, 12 * 60)
TYPES = (  # name, minutes, colour, notices, share of the book
    ("Kontroll", 30, 1, True, 5),
    ("Blodprøve", 15, 3, True, 2),
    ("E-konsultasjon", 30, 2, False, 2),
    ("Langtime", 60, 4, True, 1),
)
WEEKS = 2
BUSY = 0.55  # share of the slots that are taken


def types_of(clinic: Clinic) -> list[AppointmentType]:
    """Return the four types, made where missing; notices are as the clinic has set them."""
    return [
        AppointmentType.objects.get_or_create(
            clinic=clinic,
            name=name,
            defaults={
                "minutes": minutes,
                "colour": colour,
                "notices": notices,
                "self_booking": name in BOOKED_BY_PATIENTS,
            },
        )[0]
        for name, minutes, colour, notices, _ in TYPES
    ]


def open_clinic(clinic: Clinic) -> None:
    """Give a clinic without opening hours some: patients book within them."""
    if not OpeningHours.objects.of(clinic).exists():
        opens, closes = OPEN
        OpeningHours.objects.bulk_create(
            OpeningHours(clinic=clinic, weekday=day, opens=opens, closes=closes) for day in WORKING_DAYS
        )


def fill(clinic: Clinic, doctors: list[Practitioner], places: list[Place], *, by: User, now: datetime) -> int:
    """Fill the days that have no appointments; makes no confirmations, then plans reminders. Returns how many."""
    types = types_of(clinic)
    open_clinic(clinic)
    patients = list(Patient.objects.of(clinic).filter(consent=Consent.GIVEN).order_by("pk"))
    rows: list[Appointment] = []
    for doctor, place in zip(doctors, places, strict=True):
        for day in free_days(doctor, now):
            rows += day_of(doctor, place, day, types=types, patients=patients)
    for row in rows:
        row.clinic, row.created_by, row.created_at = clinic, by, min(now, row.starts_at - timedelta(days=14))
    Appointment.objects.bulk_create(rows)
    planning.plan_reminders([row.pk for row in rows if row.starts_at > now and row.is_booked], now)
    return len(rows)


def free_days(doctor: Practitioner, now: datetime) -> Iterator[date]:
    """Yield the working days of this week and the next on which the practitioner has nothing."""
    zone = doctor.clinic.zone
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    for number in range(7 * WEEKS):
        day = monday + timedelta(days=number)
        first = datetime.combine(day, time(), zone)
        rows = Appointment.objects.of(doctor.clinic).between(first, first + timedelta(days=1))
        if day.weekday() < 5 and not rows.filter(practitioner=doctor).exists():
            yield day


def day_of(
    doctor: Practitioner, place: Place, day: date, *, types: list[AppointmentType], patients: list[Patient]
) -> Iterator[Appointment]:
    """Yield one day's appointments, the same for the same day; one in twenty is cancelled."""
    chance = Random(f"{doctor.name} {day}")  # nosec B311 - a demo's book needs no secrecy
    shares = [share for *_, share in TYPES]
    minute = OPENS
    for patient in chance.sample(patients, min(len(patients), (CLOSES - OPENS) // SLOT)):
        kind = chance.choices(types, shares)[0]
        slots = -(-kind.minutes // SLOT) * SLOT
        if any(part in LUNCH for part in range(minute, minute + slots)):
            minute = LUNCH.stop
        if minute + slots > CLOSES:
            return
        if chance.random() < BUSY:
            yield appointment(doctor, place, patient, kind, day=day, minute=minute, dice=chance.random())
        minute += slots


def appointment(
    doctor: Practitioner,
    place: Place,
    patient: Patient,
    kind: AppointmentType,
    *,
    day: date,
    minute: int,
    dice: float,
) -> Appointment:
    """Build one appointment; `dice` between 0 and 1 decides who set it up and whether it stands."""
    starts_at = datetime.combine(day, time(minute // 60, minute % 60), doctor.clinic.zone)
    cancelled = dice < 0.05
    return Appointment(
        patient=patient,
        practitioner=doctor,
        place=place,
        type=kind,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=kind.minutes),
        status=Status.CANCELLED if cancelled else Status.BOOKED,
        cancelled_by=ActorKind.STAFF if cancelled else "",
        set_up_by=ActorKind.PATIENT if dice > 0.7 else ActorKind.STAFF,
        source=Source.OWN,
    )
