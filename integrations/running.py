"""Run an import: read every file to disk, then write people, appointments and the journal, in that order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from clinics import audit
from clinics.models import AuditAction
from integrations import journal_writing
from integrations.appointment_writing import Book
from integrations.order import BATCH, Order
from integrations.patient_writing import write_batch
from integrations.practitioners import Roster
from integrations.records import (
    Raw,
    RawAppointment,
    RawEntry,
    RawMedication,
    RawPatient,
    RawPractitioner,
    Row,
    Spool,
)
from integrations.report import Report

PROGRESS_EVERY = 2000  # rows read


def run(sources: Iterable[Iterator[Raw]], order: Order) -> Report:
    """Import the rows of all files and return the report; memory is constant.

    Raises FileRefused before anything is written when a file cannot be read to its end. The same files twice change
    nothing, so that an import which broke off is simply run again.
    """
    spool = Spool()
    try:
        read(sources, spool, order)
        write(spool, order)
    finally:
        spool.close()
        order.ledger.close()
    if not order.dry_run:
        log(order)
    return order.report


def read(sources: Iterable[Iterator[Raw]], spool: Spool, order: Order) -> None:
    """Spool every row to disk."""
    done = 0
    for row in chain.from_iterable(sources):
        spool.add(row)
        done += 1
        if done % PROGRESS_EVERY == 0:
            order.progress("read", done, 0)
    order.progress("read", done, done)


def write(spool: Spool, order: Order) -> None:
    """Write what was read, a transaction a batch."""
    roster = Roster(order)
    for batch in told(spool, RawPractitioner, order):
        roster.write_batch(batch)
    for people in told(spool, RawPatient, order):
        write_batch(people, order, roster)
    if spool.totals[RawAppointment]:
        book = Book(order, roster)
        for appointments in told(spool, RawAppointment, order):
            book.write_batch(appointments)
    for medicines in told(spool, RawMedication, order):
        journal_writing.learn_medicines(medicines, order)
    for entries in told(spool, RawEntry, order):
        journal_writing.write_batch(entries, order)


def told(spool: Spool, kind: type[Row], order: Order) -> Iterator[list[Row]]:
    """Yield the batches of a kind, and tell how far it has come after each."""
    done, total = 0, spool.totals[kind]
    for batch in spool.batches(kind, BATCH):
        yield batch
        done += len(batch)
        order.progress(STAGES[kind], done, total)


STAGES: dict[type, str] = {
    RawPractitioner: "practitioners",
    RawPatient: "patients",
    RawAppointment: "appointments",
    RawMedication: "journal",
    RawEntry: "journal",
}


def log(order: Order) -> None:
    """Write one audit line with counts, never values."""
    counts = order.report.counts
    what = f"{counts['patients.created']} pasienter, {counts['appointments.created']} timer"
    if written := counts["entries.created"] + counts["entries.changed"] + counts["entries.removed"]:
        what += f", {written} journalinnslag"
    if order.consent_collected:
        what += ", samtykke for hele importen"
    audit.record(AuditAction.IMPORT, clinic=order.clinic, actor=order.by, what=what, source="import")
