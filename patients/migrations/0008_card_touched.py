"""The database itself writes when cards change: a sync by `_lastUpdated` must miss none."""

from django.db import migrations

from clinics.touching import keep_time, no_longer


class Migration(migrations.Migration):
    """A trigger that sets updated_at."""

    dependencies = [("patients", "0007_card_updated_at")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: keep_time(editor, "patients_patient"),
            lambda apps, editor: no_longer(editor, "patients_patient"),
        )
    ]
