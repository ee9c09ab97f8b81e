"""The code that proves that a new contact value is the person's (spec K3)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from patients.models import Person


class Field(models.TextChoices):
    """Which value; the names are patients.contact's."""

    EMAIL = "email", _("E-post")
    MOBILE = "mobile", _("Mobil")


class ContactCode(models.Model):
    """One code sent to one new value. The value counts for nothing before the code has come back."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    field = models.CharField(max_length=6, choices=Field.choices)
    value = models.CharField(max_length=254)  # cleaned: an address, or E.164
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "field", "-sent_at"], name="code_by_person"),  # the newest, and how many
            models.Index(fields=["value", "-sent_at"], name="code_by_value"),  # how many to one stranger
        ]

    def __str__(self) -> str:
        return f"Kode {self.pk}"
