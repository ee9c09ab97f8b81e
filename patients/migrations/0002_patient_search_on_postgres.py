"""Let quick search find the start of any word in a name among a million cards (spec G1). Nothing to do on SQLite."""

from django.db import migrations

FORWARD = [
    # search_name holds a-z, 0-9 and blanks only: byte order is its order, and lets LIKE 'ka%' walk patient_by_name.
    'ALTER TABLE patients_patient ALTER COLUMN search_name TYPE varchar(320) COLLATE "C"',
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX patient_by_words ON patients_patient USING gin (search_name gin_trgm_ops)",
]
BACK = [
    "DROP INDEX patient_by_words",
    'ALTER TABLE patients_patient ALTER COLUMN search_name TYPE varchar(320) COLLATE "default"',
]


def run(statements):
    def on_postgres(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return on_postgres


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]

    operations = [migrations.RunPython(run(FORWARD), run(BACK))]
