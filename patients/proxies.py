"""Who may act for a patient in the portal: a relation that the clinic records, from a day to a day (spec K2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction, User
from patients import identity, receiving
from patients.models import Patient, Person
from patients.proxy_models import COMES_OF_AGE, Proxy, ProxyKind, ProxyQuerySet, birthday


def record(
    patient: Patient,
    *,
    number: str,
    kind: str,
    valid_from: date,
    valid_to: date | None,
    by: User,
    now: datetime,
) -> Proxy:
    """Let the person with the number act for the patient. Raises ValidationError by field; then nothing is recorded.

    A parent's right ends the day before the child comes of age, whatever was asked for.
    """
    digits = number_of(patient, number)
    if kind == ProxyKind.PARENT:
        valid_to = until_of_age(patient, valid_to)
    if valid_to and valid_to < valid_from:
        raise ValidationError({"valid_to": _("Sluttdatoen er før startdatoen, eller barnet er fylt 16 år.")})
    with transaction.atomic():
        Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)  # the second of two is told
        person, _is_new = Person.objects.get_or_create(national_number=digits)
        if Proxy.objects.filter(patient=patient, person=person, withdrawn_at=None).exists():
            raise ValidationError({"number": _("Personen er alt registrert. Trekk den gamle fullmakten først.")})
        proxy = Proxy.objects.create(
            clinic=patient.clinic,
            patient=patient,
            person=person,
            kind=kind,
            valid_from=valid_from,
            valid_to=valid_to,
            recorded_by=by,
            recorded_at=now,
        )
        log(proxy, by, "proxy recorded")
    return proxy


def number_of(patient: Patient, number: str) -> str:
    """Return the proxy's national number, cleaned. Raises ValidationError, also for the patient's own."""
    try:
        digits = identity.clean_national_number(number, clinic=patient.clinic)
    except ValidationError as error:
        raise ValidationError({"number": error.messages}) from error
    if patient.person and patient.person.national_number == digits:
        raise ValidationError({"number": _("Dette er pasientens eget fødselsnummer.")})
    return digits


def until_of_age(patient: Patient, valid_to: date | None) -> date:
    """Return the last day of a parent's right. Raises ValidationError for a card without birth date."""
    born = patient.birth_date
    if born is None:
        raise ValidationError(
            {"kind": _("Kortet mangler fødselsdato. Uten den er det uvisst når foreldreansvar ender.")}
        )
    last = birthday(born, born.year + COMES_OF_AGE) - timedelta(days=1)
    return min(last, valid_to) if valid_to else last


@transaction.atomic
def withdraw(proxy: Proxy, *, by: User, now: datetime) -> bool:
    """End the right at once, and with it that notices go to the person; returns False when it has ended already."""
    Patient.objects.select_for_update(of=("self",)).get(pk=proxy.patient_id)
    row = Proxy.objects.select_for_update(of=("self",)).get(pk=proxy.pk)
    if row.withdrawn_at:
        return False
    if row.receives_notices:
        receiving.give_back(row, by=by)
    row.withdrawn_at, row.withdrawn_by = now, by
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    log(row, by, "proxy withdrawn")
    return True


def log(proxy: Proxy, by: User, what: str) -> None:
    """Write the audit line; it names the relation by id."""
    audit.record(
        AuditAction.PERSONAL,
        clinic=proxy.clinic,
        actor=by,
        patient_id=proxy.patient_id,
        what=f"{what}: {proxy.pk}",
    )


def through(person: Person | None, patient: Patient, on: date) -> str:
    """Return what an audit line adds when somebody acts for the patient: the relation's id. Empty for the patient."""
    if person is None or patient.person_id == person.pk:
        return ""
    proxy = held(person, patient, on).first()
    return proxy.mark if proxy else ""


def held(person: Person, patient: Patient, on: date) -> ProxyQuerySet:
    """Return the relation by which the person may act for the patient on the day, if there is one."""
    rows: ProxyQuerySet = Proxy.objects.filter(person=person, patient=patient).in_force(on)
    return rows


def may_act(person: Person, patient: Patient, on: date) -> bool:
    """Whether the card is the person's own, or they may act for it on the day."""
    return patient.person_id == person.pk or held(person, patient, on).exists()
