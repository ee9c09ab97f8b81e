"""Run an import that was uploaded: claimed once, with a sign of life, never lost on an error."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations import csv_fields, fhir, running, storage
from integrations.models import RUNNING, Format, ImportRun, State
from integrations.order import Order
from integrations.reasons import FileRefused
from integrations.records import Raw
from integrations.report import Report

log = logging.getLogger(__name__)
BEAT = 0.5  # seconds between signs of life
KEPT = timedelta(days=30)


class Beat:
    """Tells the row how far the import has come, at most twice a second."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.last = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self.last > BEAT:
            self.last = time.monotonic()
            ImportRun.objects.filter(pk=self.run.pk).update(stage=stage, done=done, total=total, beat_at=timezone.now())


def carry_out(pk: int, now: datetime) -> bool:
    """Check or carry out one import; returns False when there is nothing to do or someone else does it.

    `now` is aware. Any error leaves the file where it is, so that it can be run again.
    """
    if not ImportRun.objects.unattended(now).filter(pk=pk).update(beat_at=now):
        return False
    run = ImportRun.objects.select_related("clinic", "created_by", "practitioner").get(pk=pk)
    try:
        report = attempt(run, now)
    except FileRefused as refused:
        finish(run, State.REFUSED, message=str(refused)[:300])
    except Exception as error:  # noqa: BLE001 - the page must say so, whatever it was
        log.error("import %s broke off: %s", pk, type(error).__name__)
        finish(run, State.BROKEN, message="Importen stoppet. Det som er importert, står. Prøv igjen.")
    else:
        succeed(run, report)
    return True


def attempt(run: ImportRun, now: datetime) -> Report:
    """Run it, dry when it is being checked. Raises FileRefused."""
    with storage.report_of(run.stored).open("w", encoding="utf-8", newline="") as sink:
        order = Order(
            clinic=run.clinic,
            now=now,
            by=run.created_by,
            consent_collected=run.consent_collected,
            dry_run=run.state == State.CHECKING,
            type_map=run.type_map,
            practitioner=run.practitioner,
            report=Report(sink),
            progress=Beat(run),
        )
        return running.run([rows_of(run, order.report)], order)


def rows_of(run: ImportRun, report: Report) -> Iterator[Raw]:
    """Yield the rows of the stored file."""
    read = fhir.read if run.format == Format.FHIR else csv_fields.read
    return read(storage.path_of(run.stored), report, name=run.name)


def succeed(run: ImportRun, report: Report) -> None:
    """Write the result; the file has served when it is imported."""
    state = State.CHECKED if run.state == State.CHECKING else State.DONE
    counts = dict(report.counts)
    foreseen = counts if state == State.CHECKED else run.foreseen
    finish(run, state, counts=counts, foreseen=foreseen, lines=report.lines_as_json())
    if state == State.DONE:
        storage.forget(run.stored)


def finish(run: ImportRun, state: State, **fields: Any) -> None:
    """Write how it ended."""
    ImportRun.objects.filter(pk=run.pk).update(state=state, finished_at=timezone.now(), **fields)


def forget_old(now: datetime) -> int:
    """Delete the files of imports asked for more than KEPT ago; the rows and their counts stay. Returns how many."""
    old = ImportRun.objects.filter(asked_at__lt=now - KEPT).exclude(stored="").exclude(state__in=RUNNING)
    for run in old:
        storage.forget(run.stored)
        storage.report_of(run.stored).unlink(missing_ok=True)
    gone = "Filen ble slettet etter 30 dager. Last den opp på nytt."
    old.filter(state__in=[State.CHECKED, State.BROKEN]).update(state=State.REFUSED, message=gone)
    return old.update(stored="")
