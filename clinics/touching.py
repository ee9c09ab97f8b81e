"""SQL that lets the database itself write `updated_at`, whichever way a row is changed. Used by migrations."""

from __future__ import annotations

from typing import Any


def keep_time(editor: Any, table: str) -> None:
    """Set `updated_at` at every UPDATE that changes something."""
    for statement in on_postgres(table) if editor.connection.vendor == "postgresql" else on_sqlite(editor, table):
        editor.execute(statement, params=None)  # a percent sign is one


def no_longer(editor: Any, table: str) -> None:
    """Undo it."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP TRIGGER {table}_touched ON {table}")
        editor.execute(f"DROP FUNCTION {table}_touched()")
    else:
        editor.execute(f"DROP TRIGGER {table}_touched")


def on_postgres(table: str) -> list[str]:
    """Return the function and the trigger."""
    return [
        f"CREATE FUNCTION {table}_touched() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN NEW.updated_at = clock_timestamp(); RETURN NEW; END $$",
        f"CREATE TRIGGER {table}_touched BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION {table}_touched()",
    ]


def on_sqlite(editor: Any, table: str) -> list[str]:
    """Return the trigger; a later migration that builds the table anew must call `keep_time` again."""
    with editor.connection.cursor() as cursor:
        described = editor.connection.introspection.get_table_description(cursor, table)
    others = [column.name for column in described if column.name not in ("id", "updated_at")]
    differs = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in others)
    return [
        f"CREATE TRIGGER {table}_touched AFTER UPDATE ON {table} WHEN {differs} BEGIN "  # nosec B608 - our own names
        f"UPDATE {table} SET updated_at = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id; END"
    ]
