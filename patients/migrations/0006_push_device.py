from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patients", "0005_patient_language")]

    operations = [
        migrations.AddField(
            model_name="pushsubscription",
            name="device",
            field=models.CharField(blank=True, max_length=60),
        ),
    ]
