"""The database itself refuses to change paid and void cards, lines of anything but drafts, and receipts (spec F5).

SQLite loses a table's triggers when a later migration makes the table anew: such a migration runs `seal` again.
"""

from typing import Any

from django.db import migrations

FINAL = "'paid', 'void'"
MESSAGE = "paid and void billing cards, their lines and receipts are final"
POSTGRES = [
    f"""
    CREATE FUNCTION economy_refuse_final() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$
    """,
    """
    CREATE FUNCTION economy_refuse_settled_line() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'INSERT' AND EXISTS (SELECT 1 FROM economy_billingcard WHERE id = OLD.card_id AND state <> 'draft')
      OR TG_OP <> 'DELETE' AND EXISTS (SELECT 1 FROM economy_billingcard WHERE id = NEW.card_id AND state <> 'draft')
      THEN RAISE EXCEPTION 'paid and void billing cards, their lines and receipts are final'; END IF;
      IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
      RETURN NEW;
    END $$
    """,
    f"""
    CREATE TRIGGER economy_card_sealed BEFORE UPDATE ON economy_billingcard
    FOR EACH ROW WHEN (OLD.state IN ({FINAL})) EXECUTE FUNCTION economy_refuse_final()
    """,
    """
    CREATE TRIGGER economy_card_kept BEFORE DELETE ON economy_billingcard
    FOR EACH ROW EXECUTE FUNCTION economy_refuse_final()
    """,
    """
    CREATE TRIGGER economy_line_sealed BEFORE INSERT OR UPDATE OR DELETE ON economy_line
    FOR EACH ROW EXECUTE FUNCTION economy_refuse_settled_line()
    """,
    """
    CREATE TRIGGER economy_receipt_sealed BEFORE UPDATE OR DELETE ON economy_receipt
    FOR EACH ROW EXECUTE FUNCTION economy_refuse_final()
    """,
]
POSTGRES_BACK = [
    "DROP TRIGGER economy_receipt_sealed ON economy_receipt",
    "DROP TRIGGER economy_line_sealed ON economy_line",
    "DROP TRIGGER economy_card_kept ON economy_billingcard",
    "DROP TRIGGER economy_card_sealed ON economy_billingcard",
    "DROP FUNCTION economy_refuse_settled_line()",
    "DROP FUNCTION economy_refuse_final()",
]
ABORT = f"SELECT RAISE(ABORT, '{MESSAGE}')"
NOT_DRAFT = "EXISTS (SELECT 1 FROM economy_billingcard WHERE id = {row}.card_id AND state <> 'draft')"
SQLITE_TRIGGERS = {
    "economy_card_no_update": f"UPDATE ON economy_billingcard WHEN OLD.state IN ({FINAL})",
    "economy_card_no_delete": "DELETE ON economy_billingcard",
    "economy_line_no_insert": f"INSERT ON economy_line WHEN {NOT_DRAFT.format(row='NEW')}",
    "economy_line_no_update": (
        f"UPDATE ON economy_line WHEN {NOT_DRAFT.format(row='OLD')} OR {NOT_DRAFT.format(row='NEW')}"
    ),
    "economy_line_no_delete": f"DELETE ON economy_line WHEN {NOT_DRAFT.format(row='OLD')}",
    "economy_receipt_no_update": "UPDATE ON economy_receipt",
    "economy_receipt_no_delete": "DELETE ON economy_receipt",
}
SQLITE = [f"CREATE TRIGGER {name} BEFORE {when} BEGIN {ABORT}; END" for name, when in SQLITE_TRIGGERS.items()]
SQLITE_BACK = [f"DROP TRIGGER {name}" for name in SQLITE_TRIGGERS]


def seal(apps: Any, schema_editor: Any) -> None:
    """Create the triggers that fit the database."""
    run(schema_editor, POSTGRES, SQLITE)


def unseal(apps: Any, schema_editor: Any) -> None:
    """Drop them."""
    run(schema_editor, POSTGRES_BACK, SQLITE_BACK)


def run(schema_editor: Any, postgres: list[str], sqlite: list[str]) -> None:
    """Execute the statements that fit the database."""
    for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """Triggers that refuse what services, models and querysets refuse already."""

    dependencies = [("economy", "0001_initial")]
    operations = [migrations.RunPython(seal, unseal)]
