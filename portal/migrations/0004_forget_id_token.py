"""The ID token holds the national number: it is kept nowhere."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0003_seen_receipt"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="session",
            name="id_token",
        ),
    ]
