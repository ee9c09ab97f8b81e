"""The demo clinics' journal: illnesses and what follows from them, contacts and vaccines, the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from clinics.models import Clinic
from notifications.bulk import insert_instances
from overview.management import demo_profiles as profiles
from overview.management.demo_profiles import Coded, Measured, Profile
from patients.journal import CodeSystem, EntryType, JournalEntry
from patients.models import Patient

ROWS = 1000  # rows in one INSERT
CONTACT_YEARS, FAITHFUL = 3, 0.75  # share of the patients who come to their controls
YEAR = 365


def fill(clinic: Clinic, now: datetime) -> int:
    """Write the journal of a clinic that has none; returns how many entries."""
    if JournalEntry.objects.of(clinic).exists():
        return 0
    today = now.astimezone(clinic.zone).date()
    patients = Patient.objects.of(clinic).exclude(birth_date=None).order_by("pk")
    histories = [History(patient, number, today) for number, patient in enumerate(patients)]
    for place, profile in enumerate(profiles.PROFILES):
        fall_ill(histories, profile, place)
    rows = [row for history in histories for row in history.rows()]
    for first in range(0, len(rows), ROWS):
        insert_instances(JournalEntry, rows[first : first + ROWS])
    return len(rows)


def fall_ill(histories: list[History], profile: Profile, place: int) -> None:
    """Give the illness to every so many of those it may hit, and to one of them at least."""
    eligible = [history for history in histories if history.may_have(profile)]
    for history in eligible[place % min(profile.every, len(eligible) or 1) :: profile.every]:
        history.illnesses.append(profile)


class History:
    """One patient's entries; `number` tells patients apart where chance would not."""

    def __init__(self, patient: Patient, number: int, today: date) -> None:
        self.patient = patient
        self.number = number
        self.today = today
        self.born = patient.birth_date or today
        self.age = (today - self.born).days // YEAR
        self.chance = Random(f"{patient.search_name} {number}")  # nosec B311 - a demo's journal needs no secrecy
        self.illnesses: list[Profile] = []
        self.is_faithful = self.chance.random() < FAITHFUL

    def rows(self) -> Iterator[JournalEntry]:
        """Yield everything, not saved."""
        for profile in self.illnesses:
            yield from self.suffer(profile)
        yield from self.contacts()
        yield from self.vaccines()

    def may_have(self, profile: Profile) -> bool:
        """Whether the illness hits people of that age and sex."""
        return self.age in profile.ages and profile.sex in (profiles.EVERY, self.patient.sex)

    def suffer(self, profile: Profile) -> Iterator[JournalEntry]:
        """Yield the illness with its medicines and measurements."""
        since = self.ago(profile.lasts + 10 if profile.lasts > 100 else profile.years * YEAR)
        until = since + timedelta(days=profile.lasts) if profile.lasts else None
        ended = until if until and until < self.today else None
        yield self.entry(EntryType.DIAGNOSIS, profile.illness, since, ended)
        for medicine in profile.medicines:
            is_stopped = not ended and self.chance.random() < 0.15
            stopped = since + (self.today - since) / 2 if is_stopped else ended
            yield self.entry(EntryType.MEDICINE, medicine, since, stopped)
        for measured in profile.measurements:
            yield from self.measure(measured, since)

    def measure(self, measured: Measured, since: date) -> Iterator[JournalEntry]:
        """Yield the measurements of the last three years; those who do not come stopped a good while ago."""
        last = self.today - timedelta(days=self.chance.randrange(measured.days))
        if not self.is_faithful:
            last -= timedelta(days=YEAR + measured.days)
        first = max(since, self.today - timedelta(days=CONTACT_YEARS * YEAR))
        while last >= first:
            value = round(self.chance.uniform(measured.low, measured.high), measured.decimals)
            row = self.entry(EntryType.OBSERVATION, measured.what, last)
            row.value, row.unit = Decimal(str(value)), measured.unit
            yield row
            last -= timedelta(days=measured.days + self.chance.randrange(30))

    def contacts(self) -> Iterator[JournalEntry]:
        """Yield the contacts of three years, more with age; one in twelve has not been here for two years."""
        gap = 730 if self.number % 12 == 11 else 0
        for _ in range(2 + self.age // 12):
            day = self.today - timedelta(days=gap + self.chance.randrange(max(CONTACT_YEARS * YEAR - gap, 1)))
            if day >= self.born:
                words = self.chance.choice(profiles.CONTACTS)
                yield self.entry(EntryType.CONTACT, Coded(CodeSystem.OTHER, "", words), day, day)

    def vaccines(self) -> Iterator[JournalEntry]:
        """Yield influenza vaccines of the last seasons, pneumococcus and corona; not everyone takes them."""
        if self.age < 55 and self.chance.random() > 0.2:
            return
        kind = profiles.INFLUENZA_BY_SYSVAK if self.number % 5 == 0 else profiles.INFLUENZA
        for year in range(self.today.year - 3, self.today.year + 1):
            if self.chance.random() < 0.55:
                yield from self.vaccinated(kind, date(year, 10, 1) + timedelta(days=self.chance.randrange(50)))
        if self.age >= 65 and self.number % 2:
            yield from self.vaccinated(profiles.PNEUMOCOCCUS, self.ago(9 * YEAR))
        if self.age >= 65 and self.number % 3:
            yield from self.vaccinated(profiles.COVID, self.ago(2 * YEAR))

    def vaccinated(self, kind: Coded, day: date) -> Iterator[JournalEntry]:
        """Yield the vaccine, unless the day has yet to come."""
        if self.born < day <= self.today:
            yield self.entry(EntryType.VACCINE, kind, day)

    def ago(self, days: int) -> date:
        """Return a day of the last `days`, not before the patient was born."""
        return max(self.born, self.today - timedelta(days=self.chance.randrange(1, days + 1)))

    def entry(self, kind: EntryType, what: Coded, starts_on: date, ends_on: date | None = None) -> JournalEntry:
        """Build one entry."""
        return JournalEntry(
            clinic_id=self.patient.clinic_id,
            patient_id=self.patient.pk,
            type=kind.value,
            system=what.system.value,
            code=what.code,
            text=what.text,
            starts_on=starts_on,
            ends_on=ends_on,
        )
