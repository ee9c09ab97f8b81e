"""What a bulk's SMS says of itself when its notice is judged: the text, and whether the bulk still stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from bulk_send import eligibility, placeholders
from bulk_send.models import Recipient, State, Type
from bulk_send.placeholders import Filled
from notifications.kinds import Reason, SubjectType
from notifications.kinds import State as NoticeState
from notifications.models import Notification
from notifications.subjects import Facts, Stop
from patients.proxy_models import Proxy


class BulkSubject:
    """The registry's entry for recipients of bulks."""

    type = SubjectType.BULK

    def facts(self, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
        """Return facts by notification pk, with one query; a recipient that is gone has none."""
        keys = {notification.subject_id for notification in notifications}
        to_proxies = Proxy.objects.filter(patient=OuterRef("patient"), receives_notices=True)
        rows = Recipient.objects.filter(pk__in=keys).values_list(
            "pk", "bulk__text", "bulk__state", "patient__given_name", Exists(to_proxies)
        )
        found = {
            pk: (placeholders.nameless(text) if is_told_to_proxy else text, state, name)
            for pk, text, state, name, is_told_to_proxy in rows
        }
        return {row.pk: facts_of(row, *found[row.subject_id]) for row in notifications if row.subject_id in found}


def facts_of(notification: Notification, text: str, state: str, given_name: str) -> Facts:
    """Say what one recipient gets, or why not any more."""
    clinic = notification.clinic
    if state == State.STOPPED and notification.resend_of_id is None:
        return Facts(stop=Stop(NoticeState.CANCELLED, Reason.BULK_STOPPED))
    if reason := eligibility.lost(clinic, Type.SMS):
        return Facts(stop=Stop(NoticeState.SUPPRESSED, reason))
    return Facts(text=placeholders.fill(text, Filled(given_name, clinic.alias, clinic.phone)))
