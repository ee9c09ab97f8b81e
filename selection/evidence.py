"""Which entry made the hit: for the few patients of a page, in two queries (spec G2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import F, IntegerField, Max, Q, QuerySet, Value, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from patients.journal import EntryType, JournalEntry
from patients.models import Patient
from selection import criteria as c
from selection.compiling import LOOKUPS, Compiler
from selection.predefined import code_names

if TYPE_CHECKING:
    from clinics.models import Clinic

MOST_LEAVES = 12  # criteria about the journal that are shown with what fits them
TOP = 3  # entries shown of «at least so many»


def of_page(root: c.Group, patients: Sequence[Patient], clinic: Clinic, today: date) -> dict[int, list[str]]:
    """Return a line for each criterion about the journal, by patient: the newest entry that fits, or that none does."""
    leaves = [leaf for leaf in root.leaves() if isinstance(leaf, c.Entry)][:MOST_LEAVES]
    if not leaves or not patients:
        return {}
    compiler, pks = Compiler(clinic, today), [patient.pk for patient in patients]
    parts = [newest(compiler, leaf, pks, number) for number, leaf in enumerate(leaves)]
    found: dict[tuple[int, int], list[JournalEntry]] = defaultdict(list)
    for entry in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        found[entry.patient_id, entry.leaf].append(entry)  # type: ignore[attr-defined]  # annotated
    return {pk: lines([(leaf, found[pk, number]) for number, leaf in enumerate(leaves)]) for pk in pks}


def newest(compiler: Compiler, leaf: c.Entry, pks: list[int], number: int) -> QuerySet[JournalEntry]:
    """Return the newest fitting entries of each patient; for what is missing, the newest ever."""
    asked = replace(leaf, period=c.EVER, active=False, for_days=None) if leaf.negated else leaf
    fits = compiler.entry_q(asked)
    if leaf.comparison and not leaf.negated:
        fits &= Q(value__isnull=False) if leaf.latest else Q(**{LOOKUPS[leaf.comparison]: leaf.value})
    order = Window(RowNumber(), partition_by=F("patient"), order_by=[F("starts_on").desc(), F("pk").desc()])
    rows = JournalEntry.objects.of(compiler.clinic).filter(fits, patient__in=pks)
    rows = rows.annotate(leaf=Value(number, output_field=IntegerField()), rank=order)
    kept: QuerySet[JournalEntry] = rows.filter(rank__lte=leaf.at_least or 1)
    return kept


def lines(found: list[tuple[c.Entry, list[JournalEntry]]]) -> list[str]:
    """Say them in the order of the criteria; a criterion that does not fit, and is not asked to, says nothing."""
    return list(dict.fromkeys(line for leaf, entries in found if (line := said(leaf, entries))))


def said(leaf: c.Entry, entries: list[JournalEntry]) -> str:
    """Say what stands in the journal for one criterion."""
    if leaf.negated:
        return missing(leaf, entries)
    entries = sorted(entries, key=lambda entry: (entry.starts_on, entry.pk), reverse=True)
    rest = _(" og flere") if len(entries) > TOP else ""
    return ", ".join(entry_said(entry) for entry in entries[:TOP]) + rest


def missing(leaf: c.Entry, entries: list[JournalEntry]) -> str:
    """Say when what is missing was last seen."""
    names = code_names()[""]
    what = names.get(leaf.codes[0], leaf.codes[0]) if leaf.codes else _("kontakt")
    if leaf.type == EntryType.DIAGNOSIS:
        return ""
    if not entries:
        return _("Ingen %s") % what
    return _("Sist %(what)s %(day)s") % {"what": what, "day": f"{max(entry.starts_on for entry in entries):%d.%m.%Y}"}


def entry_said(entry: JournalEntry) -> str:
    """Say one entry: code, text, value and day."""
    value = "" if entry.value is None else f"{entry.value.normalize():f} {entry.unit}".strip().replace(".", ",")
    parts = [entry.code, entry.text, value, f"{entry.starts_on:%d.%m.%Y}"]
    return " ".join(part for part in parts if part)


def last_contacts(patients: Sequence[Patient], clinic: Clinic, today: date) -> dict[int, date]:
    """Return the day of each patient's last contact with the clinic, in one query."""
    rows = JournalEntry.objects.of(clinic).filter(type=EntryType.CONTACT, starts_on__lte=today, patient__in=patients)
    return dict(rows.order_by().values_list("patient").annotate(day=Max("starts_on")))
