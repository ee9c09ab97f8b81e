"""Write journal entries by the batch: a constant number of queries; no entry makes a notice.

Unlike cards and appointments, which staff change here, entries are the old system's own: a later import changes those
that have changed, and removes those that the sender has withdrawn.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from clinics.models import AuditAction
from integrations import journal_cleaning
from integrations.journal_cleaning import KEPT_FIELDS, CleanEntry
from integrations.known_patients import patients_of
from integrations.order import Order
from integrations.patient_writing import log_audit
from integrations.reasons import Reason, Refused
from integrations.records import RawEntry, RawMedication
from notifications.bulk import insert_instances, update_rows
from patients.journal import JournalEntry

Key = tuple[str, str]  # type, external id


def learn_medicines(raws: list[RawMedication], order: Order) -> None:
    """Let the ledger know what medicines are that other rows name by reference."""
    order.ledger.learn_medicines((ref, [raw.codings, raw.text]) for raw in raws for ref in raw.refs)


def write_batch(raws: list[RawEntry], order: Order) -> None:
    """Judge and write one batch in one transaction."""
    patients = patients_of(raws, order)
    rows = [with_medicine(raw, order) if raw.medication else raw for raw in raws]
    entries, withdrawn = judged(rows, patients, order)
    entries = without_repeats(entries, withdrawn, order)
    try:
        write(entries, withdrawn, order)
    except IntegrityError:  # another import wrote one of them meanwhile: it is found the second time
        write(entries, withdrawn, order)


def with_medicine(raw: RawEntry, order: Order) -> RawEntry:
    """Return the entry with what its reference to a medicine means."""
    codings, words = order.ledger.medicine(raw.medication) or ([], "")
    return raw._replace(codings=codings, text=words or raw.text)


def judged(raws: list[RawEntry], patients: dict[str, int], order: Order) -> tuple[list[CleanEntry], dict[Key, int]]:
    """Return the rows that can be entries, and (type, id) → card of those that the sender has withdrawn."""
    entries, withdrawn = [], {}
    for raw in raws:
        try:
            entries.append(journal_cleaning.clean(raw, patients, now=order.now, zone=order.clinic.zone))
        except Refused as refused:
            order.report.refuse(raw.where, refused.reason)
            patient = journal_cleaning.patient_of(raw, patients)
            if raw.refusal and patient and (external_id := journal_cleaning.id_of(raw)):
                withdrawn[raw.type, external_id] = patient
    return entries, withdrawn


def without_repeats(entries: list[CleanEntry], withdrawn: dict[Key, int], order: Order) -> list[CleanEntry]:
    """Return the first row of each id in this import; one that is withdrawn in it stays withdrawn."""
    names = ["\t".join(entry.key) for entry in entries] + ["\t".join(key) for key in withdrawn]
    earlier = order.ledger.find("entry", names)
    first: dict[Key, CleanEntry] = {}
    for entry in entries:
        if entry.key in first or entry.key in withdrawn or "\t".join(entry.key) in earlier:
            order.report.note(entry.raw.where, Reason.TWICE)
            order.report.count("entries.repeated")
        else:
            first[entry.key] = entry
    order.ledger.learn("entry", ((name, 1) for name in names))
    return list(first.values())


def write(entries: list[CleanEntry], withdrawn: dict[Key, int], order: Order) -> None:
    """Insert what is new, change what has changed, remove what is withdrawn; then count it."""
    with transaction.atomic():
        standing = standing_rows([*(entry.key for entry in entries), *withdrawn], order)
        new = [entry for entry in entries if entry.key not in standing]
        known = [(entry, standing[entry.key]) for entry in entries if entry.key in standing]
        others = [entry for entry, row in known if entry.patient != row.patient_id]
        changed = [(entry, row) for entry, row in known if entry.patient == row.patient_id and differs(entry, row)]
        gone = [standing[key] for key, patient in withdrawn.items() if is_of(standing.get(key), patient)]
        if not order.dry_run:
            insert_instances(JournalEntry, [row_of(entry, order) for entry in new])
            update_rows(JournalEntry, KEPT_FIELDS, [(row.pk, *entry.kept()) for entry, row in changed])
            JournalEntry.objects.filter(pk__in=[row.pk for row in gone]).delete()
            log(
                {entry.patient for entry in new} | {row.patient_id for row in [*(row for _, row in changed), *gone]},
                order,
            )
    tell(new, order)
    tell([entry for entry, _ in changed], order)
    for entry in others:
        order.report.refuse(entry.raw.where, Reason.OTHER_PATIENT)
    order.report.count("entries.created", len(new))
    order.report.count("entries.changed", len(changed))
    order.report.count("entries.unchanged", len(known) - len(changed) - len(others))
    order.report.count("entries.removed", len(gone))


def standing_rows(keys: list[Key], order: Order) -> dict[Key, JournalEntry]:
    """Return the clinic's entries with those ids. One query."""
    types, ids = {kind for kind, _ in keys}, {external_id for _, external_id in keys}
    rows = JournalEntry.objects.of(order.clinic).filter(type__in=types, external_id__in=ids)
    return {(row.type, row.external_id): row for row in rows}


def is_of(row: JournalEntry | None, patient: int) -> bool:
    """Whether there is such a row, and it is the patient's."""
    return row is not None and row.patient_id == patient


def differs(entry: CleanEntry, row: JournalEntry) -> bool:
    """Whether the file says otherwise than the row."""
    return entry.kept() != tuple(getattr(row, name) for name in KEPT_FIELDS)


def row_of(entry: CleanEntry, order: Order) -> JournalEntry:
    """Build one entry, not saved."""
    values = dict(zip(KEPT_FIELDS, entry.kept(), strict=True))
    return JournalEntry(
        clinic=order.clinic,
        patient_id=entry.patient,
        type=entry.type,
        external_id=entry.external_id,
        **values,
    )


def tell(entries: list[CleanEntry], order: Order) -> None:
    """Write the lines about rows that were written."""
    for entry in entries:
        for problem in entry.problems:
            order.report.leave_out(entry.raw.where, problem)


def log(patients: set[int], order: Order) -> None:
    """Write one audit line for each card whose journal the import has touched (threat 34)."""
    names = {str(pk): pk for pk in patients}
    told = order.ledger.find("journal", names)
    fresh = {name: pk for name, pk in names.items() if name not in told}
    log_audit(AuditAction.IMPORT, sorted(fresh.values()), order, what="journal")
    order.ledger.learn("journal", fresh.items())
