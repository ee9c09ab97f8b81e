"""What follows when an e-contact is delivered, or will never be: card, dialog and notice go with it (spec I5).

Every function runs in the caller's transaction and is set-based; rows are locked by the caller.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bulk_send.models import Handover, HandoverState, Recipient, RecipientState
from economy import bulk_cards
from notifications import outbox
from notifications.kinds import LIFETIME, Kind, Lane, Reason, SubjectType
from notifications.kinds import State as NoticeState
from notifications.models import Notification
from notifications.queries import NotificationQuerySet
from post import econtact

log = logging.getLogger(__name__)


def deliver(rows: Sequence[Handover], now: datetime) -> None:
    """The gateway has them: the notice that has waited for it is due now (spec I5)."""
    settle(rows, HandoverState.DELIVERED, "", now)
    waiting = notices(rows).filter(state=NoticeState.WAITING)
    if waiting.update(due_at=now, expires_at=now + LIFETIME[Kind.ECONTACT]):
        outbox.wake_dispatcher(Lane.BULK)


def close(rows: Sequence[Handover], state: HandoverState, reason: Reason, now: datetime) -> None:
    """They will never be delivered: void the cards, close the dialogs and cancel the notices, external ones too."""
    settle(rows, state, reason, now)
    origins = [row.recipient_id for row in rows]
    words = _("E-kontakten ble ikke levert: %(why)s.") % {"why": reason.label}
    for card in bulk_cards.void_many(origins, reason=words, now=now):
        log.warning("card %s is paid and stands, though its e-contact was not delivered", card)
    standing = notices(rows).filter(state__in=[NoticeState.WAITING, NoticeState.EXTERNAL])
    standing.update(state=NoticeState.CANCELLED, reason=reason, settled_at=now)
    econtact.close_many(origins)
    if reason == Reason.BULK_STOPPED:
        Recipient.objects.filter(pk__in=origins).update(state=RecipientState.STOPPED, reason=reason)


def hold(rows: Sequence[Handover], now: datetime) -> None:
    """Nobody knows yet: keep the notice waiting for as long as it takes, or it would die meanwhile."""
    later = now + LIFETIME[Kind.ECONTACT]
    soon = notices(rows).filter(state=NoticeState.WAITING, due_at__lt=later - timedelta(days=1))
    soon.update(due_at=later, expires_at=later)


def settle(rows: Sequence[Handover], state: HandoverState, reason: str, now: datetime) -> None:
    """Write how the handovers ended."""
    Handover.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=state, reason=reason, settled_at=now, lease_until=None
    )


def notices(rows: Sequence[Handover]) -> NotificationQuerySet:
    """Return the notices of the e-contacts."""
    messages = econtact.messages_of([row.recipient_id for row in rows])
    found: NotificationQuerySet = Notification.objects.filter(
        subject_type=SubjectType.MESSAGE, subject_id__in=messages, kind=Kind.ECONTACT
    )
    return found
