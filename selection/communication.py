"""How overview and search ask who was sent to, without importing whoever sends (spec G2, H4; design 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from clinics.models import Clinic
from patients.models import Patient
from selection.models import Selection


@dataclass(frozen=True, slots=True)
class Communication:
    """What has become of the newest message to a patient."""

    told: bool  # notified as spec I4 says it: «Pasient mottok elektronisk varsel»
    label: str  # the live state, in the product's one vocabulary: «Levert», «I kø», «Feilet»
    css: str  # the class of the state's icon and colour: ok, fail, wait, warn, off
    at: datetime | None = None  # aware; when that state began


class Source(Protocol):
    """Whoever sends to selections, registered by its app in `AppConfig.ready()`."""

    def told(self, clinic: Clinic, selections: QuerySet[Selection]) -> QuerySet[Any, Any]:
        """Return the ids of patients notified from these selections, or again from what came of them; one query."""
        ...

    def addressed(self, clinic: Clinic, selections: QuerySet[Selection]) -> QuerySet[Any, Any]:
        """Return the ids of patients who are being notified now, and may be told any moment; one query."""
        ...

    def about(
        self, clinic: Clinic, selections: QuerySet[Selection], patient_ids: Sequence[int]
    ) -> Mapping[int, Communication]:
        """Return what came of the newest message to each of these patients; a constant number of queries."""
        ...

    def told_since(self, clinic: Clinic, since: datetime) -> QuerySet[Any, Any]:
        """Return the ids of patients whom something beside a notice of the engine has told since then; one query."""
        ...


REGISTRY: list[Source] = []


def register(source: Source) -> None:
    """Make a source known; the last one decides."""
    REGISTRY.append(source)


def told(clinic: Clinic, selections: QuerySet[Selection]) -> QuerySet[Any, Any]:
    """Return the ids of the clinic's patients who were notified from these selections."""
    if not REGISTRY:
        return Patient.objects.none().values_list("pk", flat=True)
    return REGISTRY[-1].told(clinic, selections)


def addressed(clinic: Clinic, selections: QuerySet[Selection]) -> QuerySet[Any, Any]:
    """Return the ids of the clinic's patients who are being notified now from these selections."""
    if not REGISTRY:
        return Patient.objects.none().values_list("pk", flat=True)
    return REGISTRY[-1].addressed(clinic, selections)


def told_since(clinic: Clinic, since: datetime) -> QuerySet[Any, Any]:
    """Return the ids of the clinic's patients who were told since then otherwise than by a notice of the engine."""
    if not REGISTRY:
        return Patient.objects.none().values_list("pk", flat=True)
    return REGISTRY[-1].told_since(clinic, since)


def about(clinic: Clinic, selections: QuerySet[Selection], patient_ids: Sequence[int]) -> Mapping[int, Communication]:
    """Return what came of the newest message to each of these patients; nothing for those who were sent none."""
    return REGISTRY[-1].about(clinic, selections, patient_ids) if REGISTRY and patient_ids else {}
