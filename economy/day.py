"""A clinic's cards of one day, narrowed, with their sums (spec F1). All amounts in øre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum

from clinics.models import Clinic
from economy.kinds import Method, State
from economy.models import BillingCard
from economy.sealing import CardQuerySet

COUNTED = ~Q(state=State.VOID)


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands under the list; void cards count for nothing."""

    count: int
    fee: int
    refund: int
    patient: int
    paid: int
    unpaid: int
    by_method: Sequence[tuple[str, int, int]]  # label, how many cards, øre paid less øre paid back


def cards(clinic: Clinic, day: date, *, state: str = "", practitioner: str = "") -> CardQuerySet:
    """Return the day's cards, newest number first; unknown filters narrow nothing."""
    rows: CardQuerySet = BillingCard.objects.of(clinic).filter(service_date=day)
    if state in State.values:
        rows = rows.filter(state=state)
    if practitioner.isdecimal() and len(practitioner) < 19:
        rows = rows.filter(practitioner=int(practitioner))
    return rows.order_by("-number")


def sums(rows: CardQuerySet) -> Sums:
    """Add up, in two queries whatever the number of cards."""
    standing = rows.order_by().filter(COUNTED)
    totals = standing.aggregate(
        count=Count("pk"),
        fee=Sum("fee_ore", default=0),
        refund=Sum("refund_ore", default=0),
        patient=Sum("patient_ore", default=0),
        paid=Sum("patient_ore", filter=Q(state=State.PAID), default=0),
    )
    methods = standing.filter(state=State.PAID).values("method").annotate(cards=Count("pk"), oere=Sum("patient_ore"))
    found = {row["method"]: (row["cards"], row["oere"]) for row in methods}
    by_method = [(str(method.label), *found[method]) for method in Method if method in found]
    return Sums(**totals, unpaid=totals["patient"] - totals["paid"], by_method=by_method)
