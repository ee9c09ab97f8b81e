"""Write a tariff file into the table: all lines or none, the same file twice changes nothing (spec F1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from economy.tariff import Tariff
from economy.tariff_file import Row

FOREVER = date.max


@dataclass(slots=True)
class Report:
    """What became, or would become, of every line."""

    lines: list[str] = field(default_factory=list)
    errors: int = 0
    changes: int = 0


def load(rows: Sequence[Row], *, dry_run: bool = False, end_previous: bool = False) -> Report:
    """Write every line, and report each; with an error, or as a dry run, nothing is written.

    `end_previous` ends a takst's open period the day before the new one starts; otherwise periods that overlap are
    refused.
    """
    report = Report()
    with transaction.atomic():
        for row in rows:
            report.lines.append(f"linje {row.number}: {take(row, report, end_previous=end_previous)}")
        if report.errors or dry_run:
            transaction.set_rollback(True)
    return report


def take(row: Row, report: Report, *, end_previous: bool) -> str:
    """Write one line; return what happened, in bokmål."""
    if row.error:
        report.errors += 1
        return f"feil: {row.error}"
    fields = dict(row.fields)
    name = f"{fields['code']} fra {fields['valid_from']}"
    known = Tariff.objects.filter(code__iexact=fields["code"])
    ended = end_open_period(known, fields["valid_from"]) if end_previous else ""
    if clash := next((other for other in known if overlaps(other, fields)), None):
        report.errors += 1
        return f"feil: {name} overlapper perioden fra {clash.valid_from}"
    there = known.filter(valid_from=fields["valid_from"]).first()
    if there and all(getattr(there, key) == value for key, value in fields.items()):
        return f"{name} er uendret"
    report.changes += 1
    found = there or Tariff()
    for key, value in fields.items():
        setattr(found, key, value)
    found.save()
    return f"{name} er {'endret' if there else 'ny'}{ended}"


def end_open_period(known: Any, starts: date) -> str:
    """End the open period before the new one; return words about it, or nothing."""
    before = known.filter(valid_to=None, valid_from__lt=starts).first()
    if before is None:
        return ""
    before.valid_to = starts - timedelta(days=1)
    before.save()
    return f", perioden fra {before.valid_from} slutter {before.valid_to}"


def overlaps(other: Tariff, fields: Mapping[str, Any]) -> bool:
    """Whether another period of the takst has a day in common with this one."""
    if other.valid_from == fields["valid_from"]:
        return False  # the very row that is written again
    ends, other_ends = fields["valid_to"] or FOREVER, other.valid_to or FOREVER
    return bool(other.valid_from <= ends and fields["valid_from"] <= other_ends)
