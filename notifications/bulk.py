"""Many rows in one statement, with a value each: what `bulk_update` and `bulk_create` do, at a third of the CPU.

PostgreSQL's driver adapts plain values itself; only JSON, and SQLite as a whole, pay for Django's preparation field by
field. Not for auto fields or signals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], extra: str = ""
) -> int:
    """Set `columns` of each row; a row is (pk, value, …). `extra` is a constant SQL guard. Returns rows changed."""
    if not rows:
        return 0
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    casts = [cast_of(field, f"v.column{index}") for index, field in enumerate(fields, start=2)]
    sets = ", ".join(f'"{field.column}" = {cast}' for field, cast in zip(fields, casts, strict=True))
    # Names are the model's own, values are parameters.
    sql = (
        f'UPDATE "{model._meta.db_table}" AS t SET {sets} FROM (VALUES {slots(len(fields) + 1, len(rows))}) AS v '  # nosec B608
        f"WHERE t.id = v.column1{extra}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, list(flat([model._meta.pk, *fields], rows)))
        return int(cursor.rowcount)


def insert_instances(model: type[models.Model], instances: Sequence[models.Model]) -> None:
    """Insert unsaved instances; their pk stays unknown. Every column is written as the instance has it."""
    fields: list[Any] = [field for field in model._meta.concrete_fields if not field.primary_key]
    value_of = attrgetter(*(field.attname for field in fields))
    insert_rows(model, [field.attname for field in fields], [value_of(row) for row in instances])


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as values in the order of `columns`; a column left out must have a default in the database."""
    if not rows:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    names = ", ".join(f'"{field.column}"' for field in fields)
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {slots(len(fields), len(rows))}'  # nosec B608
    with connection.cursor() as cursor:
        cursor.execute(sql, list(flat(fields, rows)))


def insert_each(
    like: models.Model, columns: Sequence[str], rows: Sequence[Sequence[Any]], returning: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Insert rows that are like one unsaved instance but for `columns`: what they share goes to the database once.

    What must differ (tokens, keys) has to be among the columns. Returns the `returning` columns of each, in any order.
    """
    if not rows:
        return []
    model = type(like)
    own: list[Any] = [model._meta.get_field(name) for name in columns]
    shared: list[Any] = [field for field in model._meta.concrete_fields if not field.primary_key and field not in own]
    names = ", ".join(f'"{field.column}"' for field in [*shared, *own])
    values = [cast_of(field, "%s") for field in shared]
    values += [cast_of(field, f"v.column{index}") for index, field in enumerate(own, start=1)]
    # Names are the model's own, values are parameters.
    sql = (
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(values)} '  # nosec B608
        f"FROM (VALUES {slots(len(own), len(rows))}) AS v{returned(model, returning)}"
    )
    params = [*flat(shared, [[getattr(like, field.attname) for field in shared]]), *flat(own, rows)]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if returning else []


def returned(model: type[models.Model], names: Sequence[str]) -> str:
    """Return the RETURNING clause."""
    if not names:
        return ""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    return " RETURNING " + ", ".join(f'"{field.column}"' for field in fields)


def insert_found(
    model: type[models.Model],
    same: Mapping[str, Any],
    columns: Sequence[str],
    found: models.QuerySet[Any, Any],
    *,
    skips_known: bool = False,
) -> None:
    """Insert what a `values_list` query finds, in the database itself; `columns` name its values in their order.

    With `skips_known`, rows that a constraint refuses because they are there already stay as they are; asking each
    constraint first takes a fifth more. Columns left out need a default.
    """
    try:
        query, params = found.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return
    shared: list[Any] = [model._meta.get_field(name) for name in same]
    found_in: list[Any] = [model._meta.get_field(name) for name in columns]
    own = [f'"{field.column}"' for field in found_in]
    names = ", ".join([*own, *(f'"{field.column}"' for field in shared)])
    values = ", ".join([*own, *(cast_of(field, "%s") for field in shared)])
    known = " WHERE true ON CONFLICT DO NOTHING" if skips_known else ""
    # The query is the ORM's own, names are the model's, values are parameters.
    sql = (
        f"WITH found({', '.join(own)}) AS ({query}) "  # nosec B608
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {values} FROM found{known}'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *flat(shared, [list(same.values())])])


def delete_found(rows: models.QuerySet[Any, Any]) -> None:
    """Delete rows in one statement, none of them read or cascaded; the database refuses what is referred to."""
    rows._raw_delete(rows.db)


def slots(width: int, height: int) -> str:
    """Return the placeholders of a VALUES list."""
    row = "(" + ", ".join(["%s"] * width) + ")"
    return ", ".join([row] * height)


def flat(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterable[Any]:
    """Return every value in order, as the driver takes it."""
    if connection.vendor == "postgresql":
        if any(isinstance(field, models.JSONField) for field in fields):
            ready = [json.dumps if isinstance(field, models.JSONField) else None for field in fields]
            return (
                make(value) if make and value is not None else value
                for row in rows
                for make, value in zip(ready, row, strict=True)
            )
        return (value for row in rows for value in row)
    return (field.get_db_prep_save(value, connection) for row in rows for field, value in zip(fields, row, strict=True))


def cast_of(field: Any, expression: str) -> str:
    """Give the value its column's type; PostgreSQL takes a bare parameter in VALUES for text."""
    if connection.vendor != "postgresql":
        return expression
    return f"CAST({expression} AS {field.db_type(connection)})"
