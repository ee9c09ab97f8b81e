"""Open a patient card at a clinic (spec B1, B5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinics import audit
from clinics.models import AuditAction, Practitioner, User
from patients import identity
from patients.contact import cleaned_values
from patients.models import Language, Patient, Person, Sex
from patients.names import clean_name

if TYPE_CHECKING:
    from clinics.models import Clinic

OLDEST = date(1850, 1, 1)
EXISTS = "Pasienten har allerede et pasientkort ved klinikken. Søk på nummeret i Hent pasient."
LOCAL_EXISTS = "Et annet pasientkort har dette lokale nummeret. Søk det opp, eller velg et annet nummer."
WHO = "Skriv fødselsnummer. Mangler det, skriv lokalt nummer og fødselsdato."


def register(
    clinic: Clinic,
    *,
    given_name: str,
    family_name: str,
    by: User | None,
    now: datetime,
    national_number: str = "",
    local_number: str = "",
    birth_date: date | None = None,
    sex: str = "",
    language: str = Language.NB,
    email: str = "",
    mobile: str = "",
    general_practitioner: Practitioner | None = None,
) -> Patient:
    """Open a card, and a Person where the national number is new; returns the card.

    `now` is aware. Needs a national number, or a local number and a birth date. Birth date and sex are suggested from a
    classic number when not given. Raises ValidationError by field; a duplicate points to the card that exists.
    """
    if language not in Language.values:
        raise ValidationError({"language": "Velg et språk i listen."})
    fields = cleaned_names(given_name, family_name)
    fields |= cleaned_identity(clinic, national_number, local_number, birth_date, sex=sex, today=now.date())
    fields |= cleaned_values(clinic, email=email, mobile=mobile)
    number = fields.pop("national_number")
    refuse_duplicate(clinic, number, fields["local_number"])
    try:
        with transaction.atomic():
            person = Person.objects.get_or_create(national_number=number)[0] if number else None
            card = Patient.objects.create(
                clinic=clinic,
                person=person,
                language=language,
                general_practitioner=general_practitioner,
                created_at=now,
                **fields,
            )
            audit.record(AuditAction.CREATE, clinic=clinic, actor=by, patient_id=card.pk)
    except IntegrityError as error:  # someone else opened the same card between the check and the insert
        raise ValidationError({"national_number" if number else "local_number": EXISTS}) from error
    return card


def cleaned_names(given_name: str, family_name: str) -> dict[str, Any]:
    """Clean both names. Raises ValidationError by field when one is missing or too long."""
    fields, errors = {}, {}
    for field, text in (("given_name", given_name), ("family_name", family_name)):
        try:
            fields[field] = clean_name(text)
        except ValidationError as error:
            errors[field] = error
            continue
        if not fields[field]:
            errors[field] = ValidationError("Skriv navnet.", code="required")
    if errors:
        raise ValidationError(errors)
    return fields


def cleaned_identity(
    clinic: Clinic, national_number: str, local_number: str, birth_date: date | None, *, sex: str, today: date
) -> dict[str, Any]:
    """Clean what the card is known by. Raises ValidationError by field."""
    local_number = clean_name(local_number)
    if len(local_number) > 40:
        raise ValidationError({"local_number": "Skriv høyst 40 tegn."})
    if not national_number.strip() and not (local_number and birth_date):
        raise ValidationError({"national_number": WHO})
    number = None
    if national_number.strip():
        number = parsed_number(clinic, national_number, birth_date)
    if birth_date is None and number:
        birth_date = number.birth_date
    if birth_date and not OLDEST <= birth_date <= today:
        raise ValidationError({"birth_date": "Fødselsdatoen kan ikke være fram i tid eller før 1850."})
    if sex not in Sex.values:
        raise ValidationError({"sex": "Velg et kjønn i listen."})
    return {
        "national_number": number.digits if number else "",
        "local_number": local_number,
        "birth_date": birth_date,
        "sex": sex or (number.sex if number else ""),
    }


def parsed_number(clinic: Clinic, text: str, birth_date: date | None) -> identity.NationalNumber:
    """Return the number if the clinic may use it; a 2032 number needs the birth date as a second check."""
    try:
        number = identity.parse(identity.clean_national_number(text, clinic=clinic))
    except ValidationError as error:
        raise ValidationError({"national_number": error}) from error
    if birth_date is None and number.birth_date is None:
        raise ValidationError({"birth_date": "Skriv fødselsdatoen også. Den kan ikke leses av dette nummeret."})
    return number


def refuse_duplicate(clinic: Clinic, national_number: str, local_number: str) -> None:
    """Raise ValidationError when a card at the clinic has one of the numbers already."""
    cards = Patient.objects.of(clinic)
    if national_number and cards.filter(person__national_number=national_number).exists():
        raise ValidationError({"national_number": EXISTS})
    if local_number and cards.filter(local_number=local_number).exists():
        raise ValidationError({"local_number": LOCAL_EXISTS})
