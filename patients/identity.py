"""Norwegian identity numbers: what a number is, and whether a clinic may use it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from clinics.models import Clinic


class Kind(StrEnum):
    """Which register issued the number."""

    FNR = "fødselsnummer"
    D = "D-nummer"
    H = "H-nummer"
    FH = "FH-nummer"


class Synthetic(StrEnum):
    """Whether the number belongs to an invented person; month + 40 is both H-number and test number."""

    NO = "no"
    YES = "yes"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class NationalNumber:
    """A valid 11-digit number. `birth_date` and `sex` ("female", "male", "") are suggestions, never facts."""

    digits: str
    kind: Kind
    synthetic: Synthetic
    birth_date: date | None
    sex: str
    is_classic: bool  # False: only the check digits of 2032 fit, which let four times as many typing errors through


K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
K1_REMAINDERS_2032 = {0, 1, 2, 3}  # Skatteetaten, docs/nytt-fodselsnummer-fra-2032
NEW_RULE_FROM = date(2032, 1, 1)  # from then on the number tells neither sex nor century
MONTH_SHIFTS = {  # what is added to the month → synthetic or not
    0: Synthetic.NO,
    40: Synthetic.AMBIGUOUS,  # H-number (KITH 11/98) or NAV's test numbers: the form cannot tell
    65: Synthetic.YES,  # NHN
    80: Synthetic.YES,  # Skatteetaten's Tenor
}
SERIES = (  # individual numbers, two-digit years, century
    (range(500), range(100), 1900),
    (range(500, 1000), range(40), 2000),
    (range(900, 1000), range(40, 100), 1900),
    (range(500, 750), range(54, 100), 1800),
)


def parse(text: str) -> NationalNumber:
    """Read an identity number, spaces allowed. Raises ValidationError in bokmål that says what to do."""
    digits = re.sub(r"[\s\u00a0.-]", "", text)
    refuse_wrong_length(digits)
    is_classic = check_digits_fit(digits)
    if digits[0] in "89":
        return NationalNumber(digits, Kind.FH, Synthetic.NO, None, "", is_classic)
    day, kind = split_day(int(digits[:2]))
    month, synthetic = split_month(int(digits[2:4]))
    refuse_impossible_date(int(digits[4:6]), month, day)
    if kind is Kind.FNR and synthetic is Synthetic.AMBIGUOUS:
        kind = Kind.H
    birth_date = suggested_birth_date(digits, month, day) if is_classic else None
    return NationalNumber(digits, kind, synthetic, birth_date, suggested_sex(digits, birth_date), is_classic)


def refuse_wrong_length(digits: str) -> None:
    """Raise ValidationError unless there are 11 ASCII digits; a DUF number (12) is told apart."""
    if re.fullmatch(r"[0-9]{12}", digits):
        raise ValidationError(
            "Dette er et DUF-nummer (12 siffer). Skriv det som lokalt nummer, sammen med fødselsdatoen.", code="duf"
        )
    if not re.fullmatch(r"[0-9]{11}", digits):
        raise ValidationError("Skriv fødselsnummeret med 11 siffer.", code="length")


def check_digits_fit(digits: str) -> bool:
    """Return True by the classic rule, False by that of 2032 alone. Raises ValidationError when neither fits."""
    first = sum(weight * int(digit) for weight, digit in zip(K1_WEIGHTS, digits, strict=False)) % 11
    second = sum(weight * int(digit) for weight, digit in zip(K2_WEIGHTS, digits, strict=False)) % 11
    if second or first not in K1_REMAINDERS_2032 or (first and digits[0] in "89"):
        raise ValidationError(
            "Kontrollsifrene stemmer ikke. Se etter om to siffer er byttet om eller skrevet feil.", code="check_digits"
        )
    return first == 0


def split_day(day: int) -> tuple[int, Kind]:
    """Take the 40 of a D-number off the day."""
    return (day - 40, Kind.D) if day > 40 else (day, Kind.FNR)


def split_month(month: int) -> tuple[int, Synthetic]:
    """Take the shift of H-numbers and synthetic numbers off the month; 0 when no shift gives a month."""
    for shift, synthetic in MONTH_SHIFTS.items():
        if 1 <= month - shift <= 12:
            return month - shift, synthetic
    return 0, Synthetic.NO


def refuse_impossible_date(year: int, month: int, day: int) -> None:
    """Raise ValidationError when the date exists in no century; `year` has two digits."""
    if not any(existing_date(century + year, month, day) for century in (1800, 1900, 2000)):
        raise ValidationError("Datoen i nummeret finnes ikke. Se etter om et siffer er skrevet feil.", code="date")


def existing_date(year: int, month: int, day: int) -> date | None:
    """Return the date, or None when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def suggested_birth_date(digits: str, month: int, day: int) -> date | None:
    """Return the birth date by the series of individual numbers, or None where they tell no century."""
    year, individual = int(digits[4:6]), int(digits[6:9])
    for individuals, years, century in SERIES:
        if individual in individuals and year in years:
            return existing_date(century + year, month, day)
    return None


def suggested_sex(digits: str, birth_date: date | None) -> str:
    """Return "male" or "female" by the third individual digit; "" where the number does not tell."""
    if birth_date is None or birth_date >= NEW_RULE_FROM:
        return ""
    return "male" if int(digits[8]) % 2 else "female"


def clean_national_number(text: str, *, clinic: Clinic) -> str:
    """Return the 11 digits if the clinic may use them.

    A demo clinic takes invented persons only, any other clinic real ones only. An H-number is unique at one institution
    and cannot name a Person. Raises ValidationError in bokmål (research: domain.md §2.1).
    """
    number = parse(text)
    if clinic.is_demo and number.synthetic is Synthetic.NO:
        raise ValidationError(
            "Demoklinikken tar bare oppdiktede personer. Bruk et syntetisk nummer (måned + 80).", code="real"
        )
    if not clinic.is_demo and number.synthetic is Synthetic.YES:
        raise ValidationError(
            "Dette er et syntetisk testnummer. Skriv pasientens eget fødselsnummer.", code="synthetic"
        )
    if not clinic.is_demo and number.synthetic is Synthetic.AMBIGUOUS:
        raise ValidationError(
            "Dette er et H-nummer, som bare gjelder der det ble laget. Skriv det som lokalt nummer, "
            "sammen med fødselsdatoen.",
            code="h_number",
        )
    return number.digits
