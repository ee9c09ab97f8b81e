"""Invented people: names, synthetic identity numbers (month + 80) and contact values that reach nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from patients.identity import K1_WEIGHTS, K2_WEIGHTS

FICTIONAL = ("42", "43", "44", "49")  # in the mobile plan, handed out to nobody (research: domain.md §3.1)
FEMALE, MALE = "female", "male"
words = str.split
WOMEN = words(
    "Lillian Torunn Wenche Hege Solveig Ruth Åse Gro Ingrid Marit Liv Astrid Randi Berit Turid Kjersti Siri Maren Nora "
    "Emma Sunniva Ragnhild Ellen Biret Máret Inga Elle Risten Amina Fatima Hodan Zofia Katarzyna Olena Mai Thuy Ayşe "
    "Shabana Priya Selam"
)
MEN = words(
    "Birger Arvid Magne Gunnar Kåre Per Odd Leif Tor Jan Arne Øyvind Håkon Sondre Eirik Jørgen Sigurd Njål Åsmund Ola "
    "Nils Áilu Mihkkal Issát Ánte Jovnna Mohammed Abdi Yusuf Piotr Andrzej Oleksandr Minh Duc Mehmet Imran Ravi Tesfay "
    "Omar Jakub"
)
FAMILIES = words(
    "Aasen Hussain Dahl Johansen Solberg Pettersen Rønning Moen Iversen Lunde Nguyen Opsahl Bakken Kaspersen Eira "
    "Grønvold Nilsen Fjeld Hansen Olsen Bjørnstad Strand Ødegård Sæther Kjær Hætta Sara Gaup Somby Utsi Buljo Ali "
    "Warsame Kowalska Nowak Kovalenko Tran Yılmaz Khan Tesfaye"
)


@dataclass(frozen=True, slots=True)
class Invented:
    """Someone who does not exist."""

    given_name: str
    family_name: str
    sex: str
    birth_date: date
    national_number: str
    email: str
    mobile: str


def national_number(birth_date: date, sex: str, serial: int) -> str:
    """Return a synthetic number (month + 80) for births from 1900; `serial` picks among those of the day.

    Raises ValueError when the day has no number of that serial.
    """
    first = 500 if birth_date.year >= 2000 else 0
    day = f"{birth_date.day:02d}{birth_date.month + 80:02d}{birth_date.year % 100:02d}"
    wanted = (f"{day}{number:03d}" for number in range(first, first + 500) if number % 2 == (sex == MALE))
    numbers = (number for nine in wanted if (number := with_check_digits(nine)))
    for position, number in enumerate(numbers):
        if position == serial:
            return number
    raise ValueError(f"{birth_date} has no synthetic number {serial}")


def with_check_digits(nine: str) -> str:
    """Return the nine digits with both check digits, or "" when they have none."""
    number = nine
    for weights in (K1_WEIGHTS, K2_WEIGHTS):
        digit = -sum(weight * int(char) for weight, char in zip(weights, number, strict=False)) % 11
        if digit == 10:
            return ""
        number += str(digit)
    return number


def people(seed: int) -> Iterator[Invented]:
    """Yield people without end, the same for the same seed; no number comes twice."""
    chance = Random(seed)  # nosec B311 - invented people need no secrecy
    serials: dict[tuple[date, str], int] = {}
    number = 0
    while True:
        number += 1
        sex = chance.choice((FEMALE, MALE))
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(30_600))  # until 2023
        serial = serials.get((born, sex), 0)
        serials[born, sex] = serial + 1
        if serial < 100:
            given = chance.choice(WOMEN if sex == FEMALE else MEN)
            yield invented(given, chance.choice(FAMILIES), sex, born, serial=serial, number=number)


def invented(given: str, family: str, sex: str, born: date, *, serial: int, number: int) -> Invented:
    """Return one person with a number, an address and a phone of their own."""
    return Invented(
        given_name=given,
        family_name=family,
        sex=sex,
        birth_date=born,
        national_number=national_number(born, sex, serial),
        email=f"pasient{number}@example.com",
        mobile=f"+47{FICTIONAL[number % 4]}{number % 1_000_000:06d}",
    )
