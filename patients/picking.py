"""Choosing the patient of a form: search, or press a hit; everything typed stays (spec G1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from clinics import audit
from clinics.gate import StaffRequest, row_or_404
from patients import search
from patients.models import Patient

FEW = 8  # hits in a form
LONGEST = 100  # characters in the field
BIGGEST = 19  # digits that a primary key cannot have


@dataclass(frozen=True)
class Choice:
    """What the form begins with, and what its picker shows."""

    initial: dict[str, str]
    shown: dict[str, Any] = field(default_factory=dict)
    patient: Patient | None = None


def is_asked(request: StaffRequest) -> bool:
    """Whether the form was sent in to find a patient, not to do its thing."""
    return "pick" in request.POST or "find" in request.POST


def choose(request: StaffRequest, names: Iterable[str]) -> Choice:
    """Take the hit that was pressed, or search; `names` are the form's fields. Raises Http404."""
    typed = {name: text for name in names if (text := request.POST.get(name))}
    if pk := request.POST.get("pick", ""):
        patient = row_or_404(request, Patient, int(pk) if is_pk(pk) else 0)
        return Choice(typed | {"patient": str(patient.pk)}, patient=patient)
    text = request.POST.get("patient_text", "")[:LONGEST]
    return Choice(typed | {"patient": ""}, {"hits": hits(request, text, FEW), "text": text})


def hits(request: StaffRequest, text: str, limit: int) -> list[Patient]:
    """Search at the acting clinic, and log every patient shown (threat 34)."""
    found = search.quick(request.clinic, text, limit=limit)
    audit.record_search(clinic=request.clinic, actor=request.user, patient_ids=[patient.pk for patient in found])
    return found


def is_pk(text: str) -> bool:
    """Whether the text can be a primary key."""
    return text.isascii() and text.isdecimal() and len(text) < BIGGEST
