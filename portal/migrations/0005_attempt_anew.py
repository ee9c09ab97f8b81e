from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0004_forget_id_token"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="anew",
            field=models.BooleanField(default=False),
        ),
    ]
