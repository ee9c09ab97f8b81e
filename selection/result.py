"""A page of those a search finds: who, why, and what they can be reached by (spec G2, G4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from patients.models import Patient, PatientQuerySet
from selection import criteria as c
from selection import evidence, reach_marks
from selection.compiling import matching
from selection.ordering import BY_NAME, Order

if TYPE_CHECKING:
    from clinics.models import Clinic

PAGE = 50  # rows
WALKS = (2_000, 20_000)  # cards


@dataclass(frozen=True, slots=True)
class Row:
    """One patient found."""

    patient: Patient
    evidence: list[str]
    last_contact: date | None
    mark: reach_marks.Mark


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order; `total` is all that the search finds where the page shows it, `more` whom the next one follows."""

    rows: list[Row]
    total: int | None  # not counted: more than a page
    more: int | None


def page_of(root: c.Group, clinic: Clinic, today: date, *, after: int | None = None, order: Order = BY_NAME) -> Page:
    """Return the page that comes after a patient, or the first: nine queries at most.

    Nothing is counted: a page reads no more than it shows, and `total_of` may take its time afterwards.
    """
    keys = keys_of(matching(root, clinic, today), clinic, after, order)
    shown = keys[:PAGE]
    cards = Patient.objects.of(clinic).with_activity().filter(pk__in=shown)
    by_key = {card.pk: card for card in cards.select_related("person", "general_practitioner")}
    patients = [by_key[pk] for pk in shown if pk in by_key]
    is_all = after is None and len(keys) <= PAGE
    more = shown[-1] if len(keys) > PAGE else None
    return Page(list(rows_of(root, patients, clinic, today)), len(shown) if is_all else None, more)


def total_of(root: c.Group, clinic: Clinic, today: date) -> int:
    """Count all that the search finds."""
    return matching(root, clinic, today).count()


def keys_of(found: PatientQuerySet, clinic: Clinic, after: int | None, order: Order = BY_NAME) -> list[int]:
    """Return the page's patients in their order, one more than it shows.

    A search that finds many fills the page with the next few cards, one by one; only one that finds few is worth
    asking of everybody. No planner can tell which it is from the table's statistics, so the cards themselves are asked.
    """
    cards = Patient.objects.of(clinic).order_by(*order.by)
    if last := place_of(after, clinic, order):
        cards, found = cards.filter(order.beyond(*last)), found.filter(order.beyond(*last))
    for few in WALKS:
        keys = first_of(found.filter(pk__in=cards.values("pk")[:few]), order)
        if len(keys) > PAGE:
            return keys
        if not keys:
            break
    return first_of(found, order)


def first_of(found: QuerySet[Patient], order: Order) -> list[int]:
    """Return the first in the order."""
    return list(found.order_by(*order.by).values_list("pk", flat=True)[: PAGE + 1])


def place_of(after: int | None, clinic: Clinic, order: Order) -> tuple[Any, int] | None:
    """Return where the page before ended; the address carries the id, never the name."""
    rows = Patient.objects.of(clinic).filter(pk=after).values_list(order.field, "pk")
    return rows.first() if after else None


def rows_of(root: c.Group, patients: list[Patient], clinic: Clinic, today: date) -> Iterator[Row]:
    """Yield the rows with what stands in the journal."""
    why = evidence.of_page(root, patients, clinic, today)
    contacts = evidence.last_contacts(patients, clinic, today)
    for patient in patients:
        patient.clinic = clinic
        yield Row(patient, why.get(patient.pk, []), contacts.get(patient.pk), reach_marks.mark(patient, clinic))
