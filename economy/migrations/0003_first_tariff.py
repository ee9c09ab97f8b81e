"""The tariff that the product is shipped with, so that a new clinic can bill; load_tariff brings newer ones."""

from pathlib import Path
from typing import Any

from django.db import migrations

from economy import tariff_file
from patients.names import search_key

FILE = Path(__file__).resolve().parent.parent / "tariffs" / "fastlege.csv"


def load(apps: Any, schema_editor: Any) -> None:
    """Write every line that is not there already."""
    tariff = apps.get_model("economy", "Tariff")
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in tariff_file.read(lines):
            fields = dict(row.fields)
            key = {name: fields.pop(name) for name in ("code", "valid_from")}
            fields["search_text"] = search_key(f"{key['code']} {fields['text']}")[:320]
            tariff.objects.get_or_create(**key, defaults=fields)


class Migration(migrations.Migration):
    """Data only; cards carry their own amounts, so going back removes nothing that they need."""

    dependencies = [("economy", "0002_seal")]
    operations = [
        migrations.RunPython(load, lambda apps, editor: apps.get_model("economy", "Tariff").objects.all().delete())
    ]
