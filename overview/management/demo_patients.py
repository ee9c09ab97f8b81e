"""The demo clinics' patients: invented people of every age, with and without what notices need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from clinics.models import Clinic, Practitioner, User
from overview.management.synthetic import FAMILIES, FEMALE, MALE, MEN, WOMEN, Invented, invented, people
from patients.models import Consent, ConsentChange, Patient, Person, PortalAccount, PreferredMethod
from patients.names import search_key

SEED, MANY, FEW = 2026, 100, 6
EDGES = (0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 10, 12, 86, 87, 88, 89, 90, 91, 93, 95)  # ages that `people` has few of
LOGS_IN = 16  # years
HOMES = (("9008", "5501"), ("9010", "5501"), ("9017", "5501"), ("9050", "5503"), ("9020", "5501"), ("5003", "4601"))
KNOWN = """Lillian Iversen female|Birger Aasen male|Amina Hussain female|Torunn Dahl female|Per Olav Johansen male|
Wenche Solberg female|Hege Pettersen female|Arvid Rønning male|Solveig Moen female|Magne Lunde male|
Van Thanh Nguyen male|Gunnar Opsahl male|Ingrid Marie Bakken female|Ruth Kaspersen female|Biret Ánne Eira female|
Kåre Grønvold male|Åse Nilsen female|Odd-Arne Fjeld male"""
NO_CONTACT, LANDLINE = {"Ingrid Marie Bakken"}, "Ruth Kaspersen"
METHODS = ("", "", PreferredMethod.EMAIL, PreferredMethod.SMS, PreferredMethod.BOTH)


def create(clinic: Clinic, doctors: list[Practitioner], *, by: User, now: datetime) -> None:
    """Make the patients once; a clinic that has patients keeps them as they are."""
    if Patient.objects.of(clinic).exists():
        return
    somebody = [*known_people(), *islice(people(SEED), MANY)][:MANY] + list(young_and_old(now))
    cards = [card(clinic, who, number, doctors=doctors, by=by, now=now) for number, who in enumerate(somebody)]
    write(clinic, cards, somebody, by=by, now=now)
    accounts = [card.person_id for number, card in enumerate(cards) if number % 2 == 0 and (card.age or 0) >= LOGS_IN]
    PortalAccount.objects.bulk_create(
        [PortalAccount(person_id=pk, first_login_at=now, last_login_at=now) for pk in accounts if pk],
        ignore_conflicts=True,
    )


def create_few(clinic: Clinic, *, by: User, now: datetime) -> None:
    """Make the second clinic's patients; some are patients of the first clinic as well (spec B1)."""
    if Patient.objects.of(clinic).exists():
        return
    somebody = list(known_people())[:FEW]
    cards = [card(clinic, who, number, doctors=[], by=by, now=now) for number, who in enumerate(somebody)]
    write(clinic, cards, somebody, by=by, now=now)


def known_people() -> list[Invented]:
    """Return the people whom the pictures and the guide show."""
    found = []
    for number, line in enumerate(KNOWN.replace("\n", "").split("|")):
        *given, family, sex = line.split()
        born = date(1948, 3, 12) + timedelta(days=997 * number)
        found.append(invented(" ".join(given), family, sex, born, serial=120, number=900_000 + number))
    return found


def young_and_old(now: datetime) -> Iterator[Invented]:
    """Yield someone of each of the outermost ages: newborns this year, and those from before 1940."""
    for number, age in enumerate(EDGES):
        sex = (FEMALE, MALE)[number % 2]
        given = (WOMEN, MEN)[number % 2][number * 3 % len(MEN)]
        born = (now - timedelta(days=int(age * 365.25) + 10 + number * 53 % 300)).date()
        yield invented(given, FAMILIES[number * 3 % len(FAMILIES)], sex, born, serial=130, number=910_000 + number)


def card(
    clinic: Clinic, who: Invented, number: int, *, doctors: list[Practitioner], by: User, now: datetime
) -> Patient:
    """Build one card: every tenth person has no contact values, some have not been asked or have withdrawn."""
    name = f"{who.given_name} {who.family_name}"
    reachable = name not in NO_CONTACT and number % 20 != 19
    method = METHODS[number % len(METHODS)] if reachable else ""
    consent = {7: Consent.NOT_ASKED, 13: Consent.WITHDRAWN}.get(number % 20, Consent.GIVEN)
    postal_code, municipality = HOMES[number % len(HOMES)]
    return Patient(
        clinic=clinic,
        postal_code=postal_code,
        municipality=municipality,
        has_econtact=number % 3 == 1,
        given_name=who.given_name,
        family_name=who.family_name,
        search_name=search_key(name),
        birth_date=who.birth_date,
        sex=who.sex,
        general_practitioner=doctors[number % len(doctors)] if doctors else None,
        email=who.email if reachable and number % 4 and name != LANDLINE else "",
        mobile="+4722000000" if name == LANDLINE else who.mobile if reachable and number % 6 != 5 else "",
        is_landline=name == LANDLINE,
        preferred_method=method,
        preferred_at=now if method else None,
        preferred_by=by if method else None,
        consent=consent,
        consent_at=now if consent else None,
        created_at=now,
    )


def write(clinic: Clinic, cards: list[Patient], somebody: list[Invented], *, by: User, now: datetime) -> None:
    """Insert persons, cards and the consent log."""
    numbers = [who.national_number for who in somebody]
    Person.objects.bulk_create([Person(national_number=number) for number in numbers], ignore_conflicts=True)
    persons = dict(Person.objects.filter(national_number__in=numbers).values_list("national_number", "pk"))
    for one, number in zip(cards, numbers, strict=True):
        one.person_id = persons[number]
    Patient.objects.bulk_create(cards)
    ConsentChange.objects.bulk_create(
        ConsentChange(clinic=clinic, patient=one, consent=one.consent, how=ConsentChange.How.STAFF, by=by, at=now)
        for one in cards
        if one.consent
    )
