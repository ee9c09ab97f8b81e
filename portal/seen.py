"""Which receipts a person has opened: the first page marks the others as unread (spec F2, K2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from economy.models import Receipt
from patients.models import Person


class SeenReceipt(models.Model):
    """A person has opened a receipt. Receipts themselves are final, so it is noted here (spec F5)."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["receipt", "person"], name="receipt_seen_once")]

    def __str__(self) -> str:
        return f"{self.receipt_id}"


def see(receipt: Receipt, person: Person) -> None:
    """Note that the person has opened it."""
    SeenReceipt.objects.get_or_create(receipt=receipt, person=person)
