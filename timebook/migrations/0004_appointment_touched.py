"""The database itself writes when appointments change: a sync by `_lastUpdated` must miss none."""

from django.db import migrations

from clinics.touching import keep_time, no_longer


class Migration(migrations.Migration):
    """A trigger that sets updated_at."""

    dependencies = [("timebook", "0003_appointment_updated_at")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: keep_time(editor, "timebook_appointment"),
            lambda apps, editor: no_longer(editor, "timebook_appointment"),
        )
    ]
