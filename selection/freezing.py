"""Freeze persons into a selection in one statement, whatever their number; no id goes through the browser (G4)."""

from __future__ import annotations

from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from patients.models import Patient
from selection.models import Member, Origin, Selection


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
    audit.record(
        AuditAction.BULK,
        clinic=clinic,
        actor=by,
        what=f"selection {selection.pk} {origin} {origin_id} {selection.size}",
    )
    return selection


def insert_members(selection: Selection, patients: QuerySet[Patient]) -> None:
    """Insert what the query finds, in the database, in the order of the names."""
    connection = connections[patients.db]
    rows = patients.order_by().values("pk")
    by_name = Window(RowNumber(), order_by=[F("search_name"), F("pk")])
    try:
        found, params = rows.annotate(position=by_name).query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return
    # The query is the ORM's own; its values are parameters.
    sql = (
        f"WITH found(id, position) AS ({found}) "  # noqa: S608 # nosec B608
        f"INSERT INTO {Member._meta.db_table} (selection_id, patient_id, position) SELECT %s, id, position FROM found"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, (*params, selection.pk))
