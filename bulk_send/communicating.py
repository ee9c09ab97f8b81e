"""What the risk overview and the journal search are told of those who were sent to (spec G2, H4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from bulk_send import outcomes
from bulk_send.models import Handover, HandoverState, Recipient, RecipientState, State, Type
from bulk_send.progress import HANDED, ON_THE_WAY, TOLD_HOP
from clinics.models import Clinic
from notifications.kinds import Kind
from notifications.kinds import State as NoticeState
from notifications.models import Delivery, Notification
from selection.communication import Communication
from selection.models import Selection

UNSENT = (State.DRAFT, State.UNDONE)
OPENED = Q(bulk__type=Type.ECONTACT, state=RecipientState.PLANNED)  # a dialog has been made


class Bulks:
    """The registry's source: bulks to the selections, and the ones sent again after them."""

    def told(self, clinic: Clinic, selections: QuerySet[Selection]) -> QuerySet[Any, Any]:
        """Return the ids of patients notified as spec I4 says it; one query."""
        return told(sent(clinic, selections)).values_list("patient", flat=True)

    def addressed(self, clinic: Clinic, selections: QuerySet[Selection]) -> QuerySet[Any, Any]:
        """Return the ids of patients whose turn is to come, whose message waits, or whose fate is not known yet."""
        rows = sent(clinic, selections)
        waiting = Notification.objects.filter(
            batch=OuterRef("bulk"), patient=OuterRef("patient"), state=NoticeState.WAITING
        )
        going = Delivery.objects.filter(
            batch=OuterRef("bulk"), notification__patient=OuterRef("patient"), state__in=ON_THE_WAY
        )
        handed = Handover.objects.filter(recipient=OuterRef("pk"), state__in=HANDED)
        in_hand = Q(state=RecipientState.CHOSEN) | Q(Exists(waiting)) | Q(Exists(going)) | Q(Exists(handed))
        return rows.filter(in_hand).values_list("patient", flat=True)

    def about(
        self, clinic: Clinic, selections: QuerySet[Selection], patient_ids: Sequence[int]
    ) -> Mapping[int, Communication]:
        """Return what came of the newest message to each of these patients."""
        rows = sent(clinic, selections).filter(patient__in=patient_ids)
        ordered = rows.select_related("bulk", "patient").order_by("bulk__confirmed_at", "pk")
        reached = set(told(rows).values_list("pk", flat=True))
        ranked = sorted(ordered, key=lambda row: row.pk in reached)  # the newest that told them, else the newest
        newest = list({row.patient_id: row for row in ranked}.values())
        found = zip(newest, outcomes.of(newest), strict=True)
        return {row.patient_id: said(row, outcome, row.pk in reached) for row, outcome in found}

    def told_since(self, clinic: Clinic, since: datetime) -> QuerySet[Any, Any]:
        """Return the ids of patients whose e-contact was delivered since then, whoever notifies of it (spec I4, I5)."""
        notices = Notification.objects.filter(
            batch=OuterRef("bulk"), patient=OuterRef("patient"), kind=Kind.ECONTACT, event_at__gte=since
        )
        by_gateway = Q(handover__state=HandoverState.DELIVERED, handover__settled_at__gte=since)
        by_portal = Q(Exists(notices), handover=None)
        rows = Recipient.objects.of(clinic).filter(by_gateway | by_portal, OPENED)
        return rows.values_list("patient", flat=True)


def sent(clinic: Clinic, selections: QuerySet[Selection]) -> QuerySet[Any, Any]:
    """Return the recipients of what was sent to these selections."""
    from_these = Q(bulk__selection__in=selections) | Q(bulk__resend_of__selection__in=selections)
    rows: QuerySet[Any, Any] = Recipient.objects.filter(from_these, clinic=clinic).exclude(bulk__state__in=UNSENT)
    return rows


def told(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Keep those notified: accepted by the SMS provider, or the dialog delivered to the portal or gateway."""
    accepted = Delivery.objects.filter(TOLD_HOP, batch=OuterRef("bulk"), notification__patient=OuterRef("patient"))
    undelivered = Handover.objects.filter(recipient=OuterRef("pk")).exclude(state=HandoverState.DELIVERED)
    by_sms = Q(Exists(accepted), bulk__type=Type.SMS)
    by_dialog = Q(~Exists(undelivered)) & OPENED
    return rows.filter(by_sms | by_dialog)


def said(row: Recipient, outcome: outcomes.Outcome, is_told: bool) -> Communication:
    """Put an outcome in the column's words."""
    label = (
        outcome.word
        if not outcome.reason
        else _("%(word)s: %(reason)s") % {"word": outcome.word, "reason": outcome.reason}
    )
    return Communication(told=is_told, label=label, css=outcome.css, at=outcome.at or row.bulk.confirmed_at)
