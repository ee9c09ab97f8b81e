"""Contact values: cleaned on entry, changed in one transaction, logged by field name (spec B1, B5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType

from clinics import audit
from clinics.models import AuditAction, User
from patients import receiving
from patients.models import DeadContact, Patient, Person

if TYPE_CHECKING:
    from clinics.models import Clinic

MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
LANDLINE_TYPES = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
}
FICTIONAL = ("42", "43", "44", "49")  # in the mobile plan, handed out to nobody (research: domain.md §3.1)
SPREADSHEET = re.compile(r"^\d([.,]\d+)?[eE]\+?\d+$")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number in E.164; a landline is kept, marked, and takes no SMS (spec B5)."""

    e164: str
    is_landline: bool


def clean_email(text: str) -> str:
    """Return the address by RFC 5321/6531, in NFC; no look-up. Raises ValidationError (spec B5)."""
    address = unicodedata.normalize("NFC", text.strip(" \t\u00a0"))
    if any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"} for char in address):
        raise ValidationError(_("E-postadressen har usynlige tegn. Skriv den på nytt."), code="email")
    try:
        normalized: str = validate_email(address, check_deliverability=False, strict=True).normalized
    except EmailNotValidError as error:
        raise ValidationError(_("Skriv e-postadressen som navn@eksempel.no."), code="email") from error
    return normalized


def clean_phone(text: str, *, clinic: Clinic) -> Phone:
    """Return the number in E.164, region NO unless it says otherwise. Raises ValidationError (spec B5)."""
    number = parse_phone(text)
    national = str(number.national_number)
    if number.country_code == 47 and len(national) == 8 and national[0] in "49":
        refuse_fictional(national, clinic)
        return Phone(f"+47{national}", is_landline=False)
    if not phonenumbers.is_valid_number(number):
        raise ValidationError(
            _("Nummeret finnes ikke i nummerplanen. Skriv 8 siffer, eller landkode først, for eksempel +46."),
            code="phone",
        )
    kind = phonenumbers.number_type(number)
    if kind not in MOBILE_TYPES | LANDLINE_TYPES:
        raise ValidationError(_("Dette er et spesialnummer. Skriv pasientens eget nummer."), code="phone")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(e164, is_landline=kind in LANDLINE_TYPES)


def parse_phone(text: str) -> phonenumbers.PhoneNumber:
    """Read digits with blanks and the usual marks. Raises ValidationError for anything else."""
    written = unicodedata.normalize("NFKC", text).strip()
    if SPREADSHEET.match(written):
        raise ValidationError(
            _("Regnearket har gjort om nummeret. Gjør kolonnen til tekst, og eksporter på nytt."), code="spreadsheet"
        )
    if not re.fullmatch(r"\+?[0-9 ()./\u2010-\u2015-]{3,30}", written):
        raise ValidationError(_("Skriv telefonnummeret med siffer, for eksempel 412 34 567."), code="phone")
    try:
        return phonenumbers.parse(written, "NO")
    except phonenumbers.NumberParseException as error:
        raise ValidationError(_("Skriv telefonnummeret med 8 siffer."), code="phone") from error


def refuse_fictional(national: str, clinic: Clinic) -> None:
    """Raise ValidationError for a number nobody has, except at a demo clinic, which is where they belong."""
    if national.startswith(FICTIONAL) and not clinic.is_demo:
        raise ValidationError(
            _("Numre som begynner på %(digits)s er ikke delt ut til noen. Se etter om et siffer er feil.")
            % {"digits": national[:2]},
            code="fictional",
        )


def change_contact(
    patient: Patient,
    *,
    by: User,
    now: datetime,
    email: str | None = None,
    mobile: str | None = None,
) -> Patient:
    """Change e-mail and phone on this card, and where the person gets others' notices at the clinic (spec B1).

    None leaves a value, "" removes it. `now` is aware; the log line carries field names, never values. Raises
    ValidationError by field, or for a card whose notices go to a proxy; then nothing is changed.
    """
    with transaction.atomic():
        lock_person(patient.person_id)
        changed = apply_changes(patient.pk, by=by, source="web", now=now, email=email, mobile=mobile)
        follow(patient, changed, by=by, now=now)
    for field, value in changed.items():
        setattr(patient, field, value)
    return patient


def change_contact_as_person(
    person: Person, *, now: datetime, email: str | None = None, mobile: str | None = None
) -> int:
    """Change e-mail and phone on all of the person's cards, and on those whose notices they get (spec B1, K3).

    `now` is aware. Returns how many changed. All or nothing: a value that one of the clinics refuses raises
    ValidationError. The person has proved the value to work, so one that a card had given up counts again (spec C3).
    """
    with transaction.atomic():
        lock_person(person.pk)
        cards: dict[int, int | None] = dict.fromkeys(Patient.objects.filter(person=person).values_list("pk", flat=True))
        cards |= {row.patient_id: person.pk for row in receiving.received_by(person.pk, now)}
        changes = [
            apply_changes(pk, by=None, source="portal", now=now, email=email, mobile=mobile, proxy=proxy)
            for pk, proxy in sorted(cards.items())
        ]
    return sum(bool(changed) for changed in changes)


def lock_person(pk: int | None) -> None:
    """Let one change at a time be made to what the person's cards carry, and those whose notices they get."""
    if pk:
        Person.objects.select_for_update(no_key=True).get(pk=pk)


def follow(patient: Patient, changed: dict[str, Any], *, by: User, now: datetime) -> None:
    """Bring the cards whose notices the patient gets, at the clinic, in step with the patient's own."""
    email, mobile = changed.get("email"), changed.get("mobile")
    if not patient.person_id or (email is None and mobile is None):
        return
    rows = receiving.received_by(patient.person_id, now)
    for pk in sorted(row.patient_id for row in rows if row.clinic_id == patient.clinic_id):
        apply_changes(pk, by=by, source="web", now=now, email=email, mobile=mobile, proxy=patient.person_id)


def apply_changes(
    pk: int,
    *,
    by: User | None,
    source: str,
    now: datetime,
    email: str | None,
    mobile: str | None,
    proxy: int | None = None,
) -> dict[str, Any]:
    """Lock one card, write what differs and log it. Returns the changed fields. Needs a transaction.

    `proxy` is the person who gets the card's notices and whose values these are; without it they are the patient's
    own, and rest on the relation while there is one. What a person proves in the portal revives a value known to be
    dead.
    """
    card = Patient.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=pk)
    relation = receiving.current(card, now)
    if proxy and (relation is None or relation.person_id != proxy):
        return {}
    if relation and not proxy and by:
        raise ValidationError(receiving.CHANGED_ELSEWHERE)
    resting = relation if not proxy else None
    held = resting.kept if resting else receiving.values_of(card)
    changed = differing(held, cleaned_values(card.clinic, email=email, mobile=mobile), revive=by is None)
    if not changed:
        return {}
    if resting:
        receiving.keep(resting, changed)
    else:
        Patient.objects.filter(pk=pk).update(**changed)
    what = ", ".join(field for field in ("email", "mobile") if field in changed) or "is_landline"
    if relation and proxy and not by:
        what += relation.mark
    audit.record(AuditAction.CONTACT, clinic=card.clinic, actor=by, patient_id=pk, what=what, source=source)
    return changed


def differing(held: Mapping[str, Any], wanted: Mapping[str, Any], *, revive: bool) -> dict[str, Any]:
    """Return what is to be written; a value that was edited is alive again (spec C3).

    `revive` counts a value that was known to be dead as changed, though it is the same.
    """
    dead = {field for field in ("email", "mobile") if revive and held[f"{field}_dead"]}
    changed = {field: value for field, value in wanted.items() if held[field] != value or field in dead}
    if "email" in changed:
        changed["email_dead"] = DeadContact.ALIVE
    if "mobile" in changed:
        changed["mobile_dead"] = DeadContact.ALIVE
    return changed


def cleaned_values(clinic: Clinic, *, email: str | None, mobile: str | None) -> dict[str, Any]:
    """Clean the values given, all before any is refused. Raises ValidationError with a message a field."""
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    try:
        if email is not None:
            values["email"] = clean_email(email) if email.strip() else ""
    except ValidationError as error:
        errors["email"] = error
    try:
        if mobile is not None:
            phone = clean_phone(mobile, clinic=clinic) if mobile.strip() else Phone("", is_landline=False)
            values["mobile"], values["is_landline"] = phone.e164, phone.is_landline
    except ValidationError as error:
        errors["mobile"] = error
    if errors:
        raise ValidationError(errors)
    return values
