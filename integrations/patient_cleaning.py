"""Judge one patient row: a refused value is left out, a refused row is not imported, both with a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from django.core.exceptions import ValidationError

from integrations.order import Order
from integrations.reasons import Reason
from integrations.records import RawPatient
from integrations.report import Where
from integrations.times import read_date
from patients import identity
from patients.contact import Phone, clean_email, clean_phone
from patients.models import Consent, PreferredMethod
from patients.names import clean_name, search_key
from patients.registration import OLDEST

FOUR_DIGITS = re.compile(r"[0-9]{4}")
LOCAL_MAX = 40  # characters, as the card holds
ANSWERS = dict.fromkeys(("ja", "j", "gitt", "samtykke gitt", "given", "yes", "true", "1", "x"), Consent.GIVEN)
ANSWERS |= dict.fromkeys(
    ("nei", "n", "trukket", "samtykke trukket", "withdrawn", "no", "false", "0"), Consent.WITHDRAWN
)
NOT_ASKED = {"", "ikke spurt", "ikke spurt om samtykke", "ukjent"}
YES, NO = {"ja", "j", "yes", "true", "1", "x"}, {"", "nei", "n", "no", "false", "0"}
METHODS = {str(label).lower(): value for value, label in PreferredMethod.choices}
METHODS |= {
    "": "",
    "e-post": "email",
    "epost": "email",
    "email": "email",
    "sms": "sms",
    "begge": "both",
    "both": "both",
}
NUMBER_REASONS = {  # code of the refusal → reason in the report
    "h_number": Reason.LOCAL_NUMBER,
    "duf": Reason.LOCAL_NUMBER,
    "real": Reason.WRONG_WORLD,
    "synthetic": Reason.WRONG_WORLD,
}


@dataclass(slots=True)
class CleanPatient:
    """A row that will be a card, unless the clinic has it already."""

    where: Where
    refs: list[str]
    given_name: str
    family_name: str
    national_number: str
    local_number: str
    birth_date: date | None
    sex: str
    email: str
    phone: Phone
    consent: str
    preferred_method: str
    practitioner: str
    is_dead: bool
    postal_code: str
    municipality: str
    has_econtact: bool
    problems: list[Reason] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return what the patient is known by in this import."""
        return f"nin:{self.national_number}" if self.national_number else f"local:{self.local_number}"

    @property
    def names(self) -> list[str]:
        """Return everything that other rows may call the patient."""
        local = [f"local:{self.local_number}"] if self.local_number else []
        return list(dict.fromkeys([self.key, *local, *self.refs]))


def clean(raw: RawPatient, order: Order) -> CleanPatient | None:
    """Return the row cleaned, or None when it is refused; both leave their lines in the report."""
    if refusal := refused(raw, order):
        order.report.refuse(raw.where, refusal)
        return None
    problems: list[Reason] = []
    number = known_number(raw, order, problems)
    local = local_number(raw)
    if not number and not local:
        order.report.refuse(raw.where, Reason.NO_IDENTITY)
        return None
    suggestion = identity.parse(number) if number else None
    birth_date = born(raw) or (suggestion.birth_date if suggestion else None)
    if birth_date is None:
        problems.append(Reason.NO_BIRTH_DATE)
    if raw.is_dead:
        problems.append(Reason.DEAD)
    return CleanPatient(
        where=raw.where,
        refs=raw.refs,
        given_name=clean_name(raw.given_name),
        family_name=clean_name(raw.family_name),
        national_number=number,
        local_number=local,
        birth_date=birth_date,
        sex=raw.sex or (suggestion.sex if suggestion else ""),
        email="" if raw.is_dead else address(raw, problems),
        phone=Phone("", is_landline=False) if raw.is_dead else phone(raw, order, problems),
        consent="" if raw.is_dead else answer(raw, problems),
        preferred_method=method(raw, problems),
        practitioner=raw.practitioner,
        is_dead=raw.is_dead,
        postal_code=four_digits(raw.postal_code, Reason.BAD_POSTAL_CODE, problems),
        municipality=four_digits(raw.municipality, Reason.BAD_MUNICIPALITY, problems),
        has_econtact=econtact(raw, problems),
        problems=problems,
    )


def refused(raw: RawPatient, order: Order) -> Reason | None:
    """Return why the whole row cannot be imported, or None."""
    if not raw.in_use:
        return Reason.NOT_IN_USE
    try:
        given, family = clean_name(raw.given_name), clean_name(raw.family_name)
    except ValidationError:
        return Reason.LONG_NAME
    if not given or not family or not search_key(f"{given} {family}"):
        return Reason.NO_NAME
    try:
        birth_date = born(raw)
    except ValueError:
        return Reason.BAD_BIRTH_DATE
    if birth_date and not OLDEST <= birth_date <= order.now.date():
        return Reason.BAD_BIRTH_DATE
    return None


def born(raw: RawPatient) -> date | None:
    """Return the birth date; None when missing or without a day, as FHIR allows. Raises ValueError."""
    text = raw.birth_date.strip()
    if not text or (len(text) in {4, 7} and text.replace("-", "").isdigit()):
        return None
    return read_date(text)


def known_number(raw: RawPatient, order: Order, problems: list[Reason]) -> str:
    """Return the identity number if the clinic may use it, else "" and a problem."""
    if not raw.national_number.strip():
        return ""
    try:
        return identity.clean_national_number(raw.national_number, clinic=order.clinic)
    except ValidationError as error:
        problems.append(NUMBER_REASONS.get(str(error.code), Reason.BAD_NUMBER))
        return ""


def local_number(raw: RawPatient) -> str:
    """Return the local number, folded to a fingerprint where the card cannot hold it."""
    number = " ".join(raw.local_number.replace("\0", "").split())
    return number if len(number) <= LOCAL_MAX else sha256(number.encode()).hexdigest()[:LOCAL_MAX]


def address(raw: RawPatient, problems: list[Reason]) -> str:
    """Return the e-mail address, or "" and a problem (spec B5)."""
    if not raw.email.strip():
        return ""
    try:
        return clean_email(raw.email)
    except ValidationError:
        problems.append(Reason.BAD_EMAIL)
        return ""


def phone(raw: RawPatient, order: Order, problems: list[Reason]) -> Phone:
    """Return the phone number, or none and a problem (spec B5)."""
    if raw.phone.strip():
        try:
            return clean_phone(raw.phone, clinic=order.clinic)
        except ValidationError as error:
            problems.append(Reason.SPREADSHEET_PHONE if error.code == "spreadsheet" else Reason.BAD_PHONE)
    return Phone("", is_landline=False)


def answer(raw: RawPatient, problems: list[Reason]) -> str:
    """Return the consent that the file states; "" when it states none (spec B3)."""
    said = raw.consent.strip().lower()
    if said not in ANSWERS and said not in NOT_ASKED:
        problems.append(Reason.BAD_CONSENT)
    return ANSWERS.get(said, Consent.NOT_ASKED)


def method(raw: RawPatient, problems: list[Reason]) -> str:
    """Return the preferred method that the file states (spec B2)."""
    said = raw.preferred_method.strip().lower()
    if said not in METHODS:
        problems.append(Reason.BAD_METHOD)
    return METHODS.get(said, PreferredMethod.NOT_CHOSEN)


def four_digits(said: str, reason: Reason, problems: list[Reason]) -> str:
    """Return a postal code or a municipality's number, or "" and a problem; spreadsheets eat the first zero."""
    number = said.strip()
    number = number.zfill(4) if len(number) == 3 else number
    if not number:
        return ""
    if not FOUR_DIGITS.fullmatch(number):
        problems.append(reason)
        return ""
    return number


def econtact(raw: RawPatient, problems: list[Reason]) -> bool:
    """Return whether the e-contact provider knows the patient (EP-kontakt), no and a problem where it is unclear."""
    said = raw.has_econtact.strip().lower()
    if said not in YES and said not in NO:
        problems.append(Reason.BAD_ECONTACT)
    return said in YES
