"""The table of the shared cache: rate limits of log-in and codes that have been used."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def create(apps: Any, schema_editor: Any) -> None:
    """Create the table unless it is there."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """A table without a model: Django's database cache owns it."""

    dependencies = [("clinics", "0003_audit_personal")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
