"""What a billing card says of itself when a notice about it is judged: nothing but where it is (spec C4, C5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from economy.kinds import State
from economy.models import BillingCard
from notifications.kinds import SubjectType
from notifications.models import Notification
from notifications.subjects import Facts

PAYMENTS = "payments"


class CardSubject:
    """The registry's entry for billing cards."""

    type = SubjectType.CARD

    def facts(self, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
        """Return facts by notification pk, with one query; no sum and no takst is ever handed over (spec C4)."""
        keys = {notification.subject_id for notification in notifications}
        paid = set(BillingCard.objects.filter(pk__in=keys, state=State.PAID).values_list("pk", flat=True))
        return {row.pk: Facts(path=PAYMENTS) for row in notifications if row.subject_id in paid}
