"""A page of those a search finds: who, why, and what they can be reached by (spec G2, G4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from patients.models import Patient
from selection import criteria as c
from selection import evidence, reach_marks
from selection.compiling import matching

if TYPE_CHECKING:
    from clinics.models import Clinic

PAGE = 50  # rows


@dataclass(frozen=True, slots=True)
class Row:
    """One patient found."""

    patient: Patient
    evidence: list[str]
    last_contact: date | None
    mark: reach_marks.Mark


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by name; `total` is all that the search finds, `more` the patient that the next page comes after."""

    rows: list[Row]
    total: int
    more: int | None


def page_of(root: c.Group, clinic: Clinic, today: date, *, after: int | None = None) -> Page:
    """Return the page that comes after a patient, or the first: eight queries at most."""
    found = matching(root, clinic, today)
    patients = list(beyond(found.with_activity(), clinic, after)[: PAGE + 1])
    is_all = after is None and len(patients) <= PAGE
    total = len(patients) if is_all else found.count()
    shown = patients[:PAGE]
    more = shown[-1].pk if len(patients) > PAGE else None
    return Page(list(rows_of(root, shown, clinic, today)), total, more)


def beyond(found: QuerySet[Patient], clinic: Clinic, after: int | None) -> QuerySet[Patient]:
    """Order by name, and begin after the patient; the address carries the id, never the name."""
    rows = found.select_related("person", "general_practitioner").order_by("search_name", "pk")
    last = Patient.objects.of(clinic).filter(pk=after).values_list("search_name", "pk").first() if after else None
    if last is None:
        return rows
    name, pk = last  # the bound on the name alone lets the index begin where the page begins
    return rows.filter(Q(search_name__gt=name) | Q(pk__gt=pk), search_name__gte=name)


def rows_of(root: c.Group, patients: list[Patient], clinic: Clinic, today: date) -> Iterator[Row]:
    """Yield the rows with what stands in the journal."""
    why = evidence.of_page(root, patients, clinic, today)
    contacts = evidence.last_contacts(patients, clinic, today)
    for patient in patients:
        patient.clinic = clinic
        yield Row(patient, why.get(patient.pk, []), contacts.get(patient.pk), reach_marks.mark(patient, clinic))
