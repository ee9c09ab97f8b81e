"""Freeze persons into a selection in one statement, whatever their number; no id goes through the browser (G4)."""

from __future__ import annotations

from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.models import QuerySet

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
    selection.size = insert_members(selection, patients.filter(clinic=clinic))
    selection.save(update_fields=["size"])
    audit.record(
        AuditAction.BULK,
        clinic=clinic,
        actor=by,
        what=f"selection {selection.pk} {origin} {origin_id} {selection.size}",
    )
    return selection


def insert_members(selection: Selection, patients: QuerySet[Patient]) -> int:
    """Insert what the query finds, in the database; returns how many."""
    connection = connections[patients.db]
    try:
        found, params = patients.order_by().values("pk").query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return 0
    # The query is the ORM's own; its values are parameters.
    sql = (
        f"INSERT INTO {Member._meta.db_table} (selection_id, patient_id) "  # noqa: S608 # nosec B608
        f"SELECT %s, found.id FROM ({found}) AS found(id)"
    )
    if connection.vendor == "sqlite":  # no column names after a derived table's alias
        sql = (
            f"INSERT INTO {Member._meta.db_table} (selection_id, patient_id) "  # noqa: S608 # nosec B608
            f"WITH found(id) AS ({found}) SELECT %s, id FROM found"
        )
        params = (*params, selection.pk)
    else:
        params = (selection.pk, *params)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
