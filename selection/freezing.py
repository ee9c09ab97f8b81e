"""Freeze persons into a selection in one statement, whatever their number; no id goes through the browser (G4)."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from notifications.bulk import insert_found
from patients.models import Patient
from selection.models import Member, Origin, Selection

MANY = 10_000  # members that make a difference to how the planner reads them
ONE_PRESS = timedelta(seconds=15)  # within this, the same button is the same press


def freeze_once(
    patients: QuerySet[Patient], *, clinic: Clinic, origin: Origin, name: str, by: User, origin_id: int
) -> Selection:
    """Freeze; the button pressed twice gives the same selection, as long as it finds the very same people."""
    recent = Selection.objects.of(clinic).filter(
        origin=origin, origin_id=origin_id, created_by=by, name=name[:120], created_at__gte=timezone.now() - ONE_PRESS
    )
    last: Selection | None = recent.order_by("-pk").first()
    is_same = last is not None and last.size == patients.count()
    if last and is_same and not patients.exclude(pk__in=last.members.values("patient")).exists():
        return last
    return freeze(patients, clinic=clinic, origin=origin, name=name, by=by, origin_id=origin_id)


@transaction.atomic
def freeze(
    patients: QuerySet[Patient], *, clinic: Clinic, origin: Origin, name: str, by: User, origin_id: int | None = None
) -> Selection:
    """Keep those patients of the clinic as a selection, and log it. An empty one is a selection too: size 0."""
    selection = Selection.objects.create(
        clinic=clinic, origin=origin, origin_id=origin_id, name=name[:120], created_by=by
    )
    insert_members(selection, patients.filter(clinic=clinic))
    selection.size = selection.members.count()
    selection.save(update_fields=["size"])
    if selection.size >= MANY:
        refresh_statistics()
    made_from = f"{origin} {origin_id}" if origin_id else origin
    what = f"selection {selection.pk} {made_from} {selection.size}"
    audit.record(AuditAction.BULK, clinic=clinic, actor=by, what=what)
    return selection


def insert_members(selection: Selection, patients: QuerySet[Patient]) -> None:
    """Insert what the query finds, in the order of the names."""
    by_name = Window(RowNumber(), order_by=[F("search_name"), F("pk")])
    found = patients.order_by().annotate(position=by_name).values_list("pk", "position")
    insert_found(Member, {"selection": selection.pk}, ["patient", "position"], found)


def refresh_statistics() -> None:
    """Tell PostgreSQL's planner of a large selection: it took it for one of the usual size, and each list for few."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {Member._meta.db_table}")
