"""The database itself refuses to change or delete lines of the audit log (research: threat 34)."""

from typing import Any

from django.db import migrations

POSTGRES = [
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON clinics_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON clinics_auditevent
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """
    for verb in ("UPDATE", "DELETE")
]
POSTGRES_BACK = ["DROP TRIGGER audit_append_only ON clinics_auditevent", "DROP FUNCTION audit_is_append_only()"]
SQLITE_BACK = ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]


def run(schema_editor: Any, postgres: list[str], sqlite: list[str]) -> None:
    """Execute the statements that fit the database."""
    for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """Triggers that refuse UPDATE and DELETE."""

    dependencies = [("clinics", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: run(editor, POSTGRES, SQLITE),
            lambda apps, editor: run(editor, POSTGRES_BACK, SQLITE_BACK),
        )
    ]
