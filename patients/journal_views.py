"""The card's tab Journal: what has been imported of the patient's record, read only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinics.access import Right
from clinics.gate import StaffRequest, needs
from patients import card
from patients.journal import EntryType, JournalEntry
from patients.models import Patient

FEW, PAGE = 8, 50  # rows of each type together, and of one type alone
LASTING = {EntryType.DIAGNOSIS, EntryType.MEDICINE}  # without an end they still hold


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one type, or the newest of them."""

    kind: EntryType
    rows: list[JournalEntry]
    count: int

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return self.count > len(self.rows)

    @property
    def is_lasting(self) -> bool:
        """Whether an entry without an end still holds."""
        return self.kind in LASTING


@require_GET
@needs(Right.READ_CARD)
def journal(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the patient's journal entries by type, newest first; one type alone comes page by page."""
    patient = card.opened(request, pk)
    kind, entries = request.GET.get("type", ""), of_patient(patient)
    context: dict[str, Any] = {"patient": patient, "tab": "journal"}
    if kind in EntryType.values:
        page = Paginator(newest(entries, EntryType(kind)), PAGE).get_page(request.GET.get("side"))
        context |= alone(EntryType(kind), page)
    else:
        context["sections"] = list(together(entries))
    return render(request, "patients/journal.html", context)


def of_patient(patient: Patient) -> QuerySet[JournalEntry]:
    """Return the card's entries."""
    entries: QuerySet[JournalEntry] = JournalEntry.objects.of(patient.clinic).filter(patient=patient)
    return entries


def newest(entries: QuerySet[JournalEntry], kind: EntryType) -> QuerySet[JournalEntry]:
    """Return those of a type, newest first."""
    return entries.filter(type=kind).order_by("-starts_on", "-pk")


def together(entries: QuerySet[JournalEntry]) -> Iterator[Section]:
    """Yield a section for each type that the patient has. One query, and one a section."""
    counts = dict(entries.order_by().values_list("type").annotate(Count("pk")))
    for kind in EntryType:
        if count := counts.get(kind.value):
            yield Section(kind, list(newest(entries, kind)[:FEW]), count)


def alone(kind: EntryType, page: Page[JournalEntry]) -> dict[str, Any]:
    """Return what the page shows of one type."""
    count = page.paginator.count
    return {
        "sections": [Section(kind, list(page.object_list), count)] if count else [],
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "query": f"type={kind.value}&",
    }
