"""Write patients by the batch: a constant number of queries, whatever the batch holds.

A card that the clinic has is never changed by an import: staff or the patient may have removed a value on purpose
(spec A5). Only consent is set where nobody has been asked (spec B3).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, connection, transaction

from clinics.models import AuditAction
from integrations.order import Order
from integrations.patient_cleaning import CleanPatient, clean
from integrations.practitioners import Roster
from integrations.reasons import Reason
from integrations.records import RawPatient
from patients.models import Consent, ConsentChange, Patient, Person
from patients.names import search_key

LEFT_OUT = {
    Reason.BAD_PHONE,
    Reason.SPREADSHEET_PHONE,
    Reason.BAD_EMAIL,
    Reason.BAD_NUMBER,
    Reason.WRONG_WORLD,
    Reason.LOCAL_NUMBER,
    Reason.TAKEN_NUMBER,
    Reason.BAD_CONSENT,
    Reason.BAD_METHOD,
    Reason.BAD_POSTAL_CODE,
    Reason.BAD_MUNICIPALITY,
    Reason.BAD_ECONTACT,
}
CONSENT_LINES = """
    INSERT INTO patients_consentchange (clinic_id, patient_id, consent, how, by_id, at)
    SELECT clinic_id, id, consent, %s, %s, %s FROM patients_patient
"""
AUDIT_LINES = """
    INSERT INTO clinics_auditevent (clinic_id, actor_id, patient_id, action, what, source, at)
    SELECT clinic_id, %s, id, %s, %s, 'import', %s FROM patients_patient
"""
How = ConsentChange.How


def write_batch(raws: list[RawPatient], order: Order, roster: Roster) -> None:
    """Judge and write one batch in one transaction, and let the ledger know every name of every patient."""
    rows = without_repeats([row for raw in raws if (row := clean(raw, order))], order)
    try:
        keys = write(rows, order, roster)
    except IntegrityError:  # someone opened one of the cards meanwhile: it is found the second time
        keys = write(rows, order, roster)
    order.ledger.learn("patient", ((name, keys[row.key]) for row in rows if row.key in keys for name in row.names))


def without_repeats(rows: list[CleanPatient], order: Order) -> list[CleanPatient]:
    """Return the first row of each patient; names of the repeats go to the first."""
    known = order.ledger.find("patient", (row.key for row in rows))
    first: dict[str, CleanPatient] = {}
    for row in rows:
        if row.key in known:
            order.ledger.learn("patient", ((ref, known[row.key]) for ref in row.refs))
        elif row.key in first:
            first[row.key].refs = [*first[row.key].refs, *row.refs]
        else:
            first[row.key] = row
            continue
        order.report.note(row.where, Reason.TWICE)
        order.report.count("patients.repeated")
    return list(first.values())


def write(rows: list[CleanPatient], order: Order, roster: Roster) -> dict[str, int]:
    """Write what is new and return key → card for every row that has one."""
    with transaction.atomic():
        cards = existing_cards(rows, order)
        new = [row for row in rows if row.key not in cards]
        give_up_taken_numbers(new, order)
        created = imagine(new, order) if order.dry_run else create(new, order, roster)
        consents = record_consent(rows, cards, order)
    for row in rows:
        if row.key in cards:
            compare(row, cards[row.key], order)
    keys = {key: card.pk for key, card in cards.items() if card is not None} | created
    for row in new:
        report_problems(row, order, roster)
    order.report.count("patients.created", len(created))
    order.report.count("consents.recorded", consents + sum(bool(stated_consent(row, order)) for row in new))
    return keys


def existing_cards(rows: list[CleanPatient], order: Order) -> dict[str, Patient | None]:
    """Return key → the clinic's card; None where the local number is someone else's. Two queries."""
    numbers = [row.national_number for row in rows if row.national_number]
    local_numbers = [row.local_number for row in rows if row.local_number]
    cards = Patient.objects.of(order.clinic).select_related("person")
    by_number = {card.person.national_number: card for card in cards.filter(person__national_number__in=numbers)}
    by_local = {card.local_number: card for card in cards.filter(local_number__in=local_numbers)}
    found: dict[str, Patient | None] = {}
    for row in rows:
        if card := by_number.get(row.national_number):
            found[row.key] = card
        elif card := by_local.get(row.local_number):
            same = may_be_same(row, card)
            if same or not row.national_number:
                found[row.key] = card if same else None
            else:
                give_up(row)
    return found


def may_be_same(row: CleanPatient, card: Patient) -> bool:
    """Whether the card with the same local number can be this patient's."""
    if row.national_number and card.person and card.person.national_number != row.national_number:
        return False
    return not (row.birth_date and card.birth_date and row.birth_date != card.birth_date)


def give_up_taken_numbers(rows: list[CleanPatient], order: Order) -> None:
    """Keep the identity number alone where an earlier row of the import has the local number."""
    names = [f"local:{row.local_number}" for row in rows if row.national_number and row.local_number]
    taken = set(order.ledger.find("patient", names))
    for row in sorted(rows, key=lambda row: bool(row.national_number)):  # who has nothing else keeps the number
        name = f"local:{row.local_number}"
        if row.national_number and row.local_number and name in taken:
            give_up(row)
        taken.add(name)


def give_up(row: CleanPatient) -> None:
    """Take the local number off the row."""
    row.local_number = ""
    row.problems = [*row.problems, Reason.TAKEN_NUMBER]


def imagine(rows: list[CleanPatient], order: Order) -> dict[str, int]:
    """Give the rows keys for a dry run."""
    return {row.key: order.ledger.imagine() for row in rows}


def create(rows: list[CleanPatient], order: Order, roster: Roster) -> dict[str, int]:
    """Insert persons, cards, consent lines and audit lines. Returns key → card."""
    persons = persons_of([row.national_number for row in rows if row.national_number])
    cards = Patient.objects.bulk_create([card_of(row, order, roster, persons) for row in rows])
    stated = ((card.pk, stated_consent(row, order)) for row, card in zip(rows, cards, strict=True))
    told = [(pk, consent[1]) for pk, consent in stated if consent]
    log_consent(told, order)
    log_audit(AuditAction.CREATE, (card.pk for card in cards), order)
    return {row.key: card.pk for row, card in zip(rows, cards, strict=True)}


def persons_of(numbers: list[str]) -> dict[str, int]:
    """Return identity number → Person, made where missing."""
    if not numbers:
        return {}
    Person.objects.bulk_create([Person(national_number=number) for number in numbers], ignore_conflicts=True)
    return dict(Person.objects.filter(national_number__in=numbers).values_list("national_number", "pk"))


def card_of(row: CleanPatient, order: Order, roster: Roster, persons: dict[str, int]) -> Patient:
    """Build one card, not saved."""
    consent = stated_consent(row, order)
    return Patient(
        clinic=order.clinic,
        person_id=persons.get(row.national_number),
        local_number=row.local_number,
        given_name=row.given_name,
        family_name=row.family_name,
        search_name=search_key(f"{row.given_name} {row.family_name}"),
        birth_date=row.birth_date,
        sex=row.sex,
        postal_code=row.postal_code,
        municipality=row.municipality,
        has_econtact=row.has_econtact,
        general_practitioner_id=roster.known(row.practitioner),
        email=row.email,
        mobile=row.phone.e164,
        is_landline=row.phone.is_landline,
        preferred_method=row.preferred_method,
        preferred_at=order.now if row.preferred_method else None,
        preferred_by=order.by if row.preferred_method else None,
        consent=consent[0] if consent else "",
        consent_at=order.now if consent else None,
        created_at=order.now,
    )


def stated_consent(row: CleanPatient, order: Order) -> tuple[str, str] | None:
    """Return (consent, how) that the import records for the row: the file's word, else the manager's (spec B3)."""
    if row.consent:
        return row.consent, How.FILE
    if order.consent_collected and not row.is_dead:
        return Consent.GIVEN.value, How.BATCH
    return None


def record_consent(rows: list[CleanPatient], cards: dict[str, Patient | None], order: Order) -> int:
    """Record consent on the clinic's cards where nobody has been asked. Returns how many."""
    stated = {
        card.pk: consent
        for row in rows
        if (card := cards.get(row.key)) and not card.consent and (consent := stated_consent(row, order))
    }
    if not stated or order.dry_run:
        return len(stated)
    unasked = Patient.objects.filter(pk__in=stated, consent=Consent.NOT_ASKED).order_by("pk").select_for_update()
    pks = list(unasked.values_list("pk", flat=True))
    for answer in (Consent.GIVEN, Consent.WITHDRAWN):
        saying = [pk for pk in pks if stated[pk][0] == answer]
        Patient.objects.filter(pk__in=saying).update(consent=answer, consent_at=order.now)
    log_consent([(pk, stated[pk][1]) for pk in pks], order)
    log_audit(AuditAction.CONSENT, pks, order)
    return len(pks)


def log_consent(told: list[tuple[int, str]], order: Order) -> None:
    """Write the consent log: who, when, how; the answer is the card's (spec B3)."""
    for how in (How.FILE, How.BATCH):
        cards = [pk for pk, said_how in told if said_how == how]
        copy_from_cards(CONSENT_LINES, [how.value, order.by and order.by.pk, stored_time(order)], cards)


def log_audit(action: AuditAction, pks: Iterable[int], order: Order, what: str = "") -> None:
    """Write one audit line a card (threat 34)."""
    copy_from_cards(AUDIT_LINES, [order.by and order.by.pk, action.value, what, stored_time(order)], list(pks))


def stored_time(order: Order) -> Any:
    """Return the moment as the database keeps it: SQLite has no type for times."""
    return connection.ops.adapt_datetimefield_value(order.now)


def copy_from_cards(statement: str, values: list[Any], pks: list[int]) -> None:
    """Write a log line for each card inside the database: five times as fast as building them here."""
    if pks:
        marks = ",".join(["%s"] * len(pks))
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} WHERE id IN ({marks})", [*values, *pks])  # nosec B608 - marks only


def compare(row: CleanPatient, card: Patient | None, order: Order) -> None:
    """Count a row whose card stands, and say where it differs or is someone else's."""
    if card is None:
        order.report.refuse(row.where, Reason.CONFLICT)
        return
    order.report.count("patients.unchanged")
    same = (row.given_name, row.family_name) == (card.given_name, card.family_name)
    values: list[tuple[object, object]] = [(row.email, card.email), (row.phone.e164, card.mobile)]
    values += [(row.birth_date, card.birth_date), (row.has_econtact, card.has_econtact)]
    values += [(row.postal_code, card.postal_code), (row.municipality, card.municipality)]
    if not same or any(new and new != old for new, old in values):
        order.report.note(row.where, Reason.DIFFERS)


def report_problems(row: CleanPatient, order: Order, roster: Roster) -> None:
    """Write the lines about a new card."""
    consent = stated_consent(row, order)
    if not consent or consent[0] != Consent.GIVEN:
        order.report.count("patients.no_consent")
    if not row.email and (not row.phone.e164 or row.phone.is_landline):
        order.report.count("patients.unreachable")
    for problem in row.problems:
        tell = order.report.leave_out if problem in LEFT_OUT else order.report.note
        tell(row.where, problem)
    if row.practitioner and roster.known(row.practitioner) is None:
        order.report.note(row.where, Reason.UNKNOWN_GP)
