"""Numbers that rise by one within a clinic, without gaps: taken in the transaction that uses them (spec F2)."""

from __future__ import annotations

from typing import Literal

from django.db.models import F

from clinics.models import Clinic
from economy.models import NumberSeries


def next_number(clinic: Clinic, series: Literal["cards", "receipts"]) -> int:
    """Return the clinic's next number; the row stays locked until the transaction ends, so none is lost or doubled."""
    return take(clinic, series, 1)


def take(clinic: Clinic, series: Literal["cards", "receipts"], count: int) -> int:
    """Take the clinic's next `count` numbers, and return the first of them."""
    NumberSeries.objects.get_or_create(clinic=clinic)
    NumberSeries.objects.filter(clinic=clinic).update(**{series: F(series) + count})
    last: int = NumberSeries.objects.values_list(series, flat=True).get(clinic=clinic)
    return last - count + 1
