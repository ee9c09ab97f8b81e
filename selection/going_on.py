"""Those who are marked: the search run again by the server, with or without some of its patients (spec G4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from clinics import audit
from clinics.cells import line
from clinics.models import AuditAction, AuditEvent, User
from patients.models import Patient
from selection.compiling import matching
from selection.freezing import freeze_once
from selection.models import Origin, Selection
from selection.reading import read
from selection.search_models import SearchVersion

MOST_IDS = 5_000  # marked, or left out; all hits are one word
BATCH = 2_000  # rows read at a time


class TooMany(ValueError):
    """More patients are named than a page can."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Only these hits, or all but these."""

    is_all: bool
    ids: tuple[int, ...]


EVERYONE = Marked(is_all=True, ids=())


def marked(data: QueryDict) -> Marked:
    """Read what was marked. Raises TooMany; what is no id is no patient."""
    given = [text for field in data.getlist("ids") for text in field.split(",")[: MOST_IDS + 2]]
    ids = {int(text) for text in given if text.isascii() and text.isdecimal() and len(text) < 19}
    if len(ids) > MOST_IDS:
        raise TooMany
    return Marked(data.get("mode") == "all", tuple(sorted(ids)))


def patients(version: SearchVersion, chosen: Marked, today: date) -> QuerySet[Patient]:
    """Return the marked ones among those the search finds today; no other patient, whatever the ids."""
    found = matching(read(version.criteria), version.clinic, today)
    return found.exclude(pk__in=chosen.ids) if chosen.is_all else found.filter(pk__in=chosen.ids)


def select(version: SearchVersion, chosen: Marked, *, name: str, by: User, today: date) -> Selection | None:
    """Freeze the marked ones (spec G4); None when they are none."""
    rows = patients(version, chosen, today)
    if not rows.exists():
        return None
    return freeze_once(rows, clinic=version.clinic, origin=Origin.JOURNAL, name=name, by=by, origin_id=version.pk)


def log_export(version: SearchVersion, rows: QuerySet[Patient], *, by: User) -> int:
    """Write one line for each patient that is exported, and one for the whole; returns how many patients."""
    how_many = 0
    with transaction.atomic():
        for pks in batched(rows.order_by().values_list("pk", flat=True).iterator(chunk_size=BATCH)):
            how_many += len(pks)
            AuditEvent.objects.bulk_create(
                AuditEvent(action=AuditAction.EXPORT, clinic=version.clinic, actor=by, patient_id=pk) for pk in pks
            )
        audit.record(AuditAction.EXPORT, clinic=version.clinic, actor=by, what=f"version {version.pk} rows {how_many}")
    return how_many


def batched(pks: Iterator[int]) -> Iterator[list[int]]:
    """Yield lists of at most BATCH."""
    while batch := list(islice(pks, BATCH)):
        yield batch


def lines(rows: QuerySet[Patient]) -> Iterator[str]:
    """Yield the CSV line by line, formula-safe, «;» between fields and a BOM for spreadsheets; constant memory."""
    yield "\ufeff" + line(
        [_("Etternavn"), _("Fornavn"), _("Født"), _("Kjønn"), _("Fastlege"), _("Telefon"), _("E-post"), _("Samtykke")]
    )
    ordered = rows.select_related("general_practitioner").order_by("search_name", "pk")
    for patient in ordered.iterator(chunk_size=BATCH):
        yield line(
            [
                patient.family_name,
                patient.given_name,
                f"{patient.birth_date:%d.%m.%Y}" if patient.birth_date else "",
                patient.get_sex_display(),
                patient.general_practitioner or "",
                patient.mobile_shown,
                patient.email,
                patient.get_consent_display(),
            ]
        )
