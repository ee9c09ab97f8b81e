"""Many rows in one statement, with a value each: what `bulk_update` and `bulk_create` do, at a third of the CPU.

PostgreSQL's driver adapts plain values itself; only JSON, and SQLite as a whole, pay for Django's preparation field by
field. Not for auto fields or signals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

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
