"""«Angre» and «Stopp»: what takes a bulk back, all of it or what has not gone (spec I4)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from bulk_send.confirming import locked
from bulk_send.models import IN_HAND, Bulk, Handover, HandoverState, Recipient, RecipientState, State, Type
from clinics import audit
from clinics.models import AuditAction, User
from notifications.bulk import delete_found, insert_found
from notifications.kinds import LIFETIME, DeliveryState, Kind, Reason
from notifications.kinds import State as NoticeState
from notifications.models import Delivery, DeliveryEvent, Notification


@transaction.atomic
def undo(bulk: Bulk, *, by: User, now: datetime) -> bool:
    """Take it back before the countdown ends: it is a draft again, as it was. Returns whether it was in time."""
    current = locked(bulk)
    if current.state != State.COUNTDOWN or current.release_at is None or current.release_at <= now:
        return False
    delete_found(Recipient.objects.filter(bulk=current, state=RecipientState.LEFT_OUT))
    current.confirmed_by = current.confirmed_at = current.release_at = None
    current.size, current.digest, current.code, current.tariff_on = 0, "", "", None
    current.version += 1
    back_to(current, now)
    audit.record(AuditAction.BULK, clinic=current.clinic, actor=by, what=f"undone {current.pk}")
    return True


def back_to(bulk: Bulk, now: datetime) -> None:
    """Make it a draft again; beside another draft of the same selection it is kept as undone."""
    bulk.state = State.DRAFT
    try:
        with transaction.atomic():
            bulk.save()
    except IntegrityError:
        bulk.state, bulk.ended_at = State.UNDONE, now
        bulk.save()


@transaction.atomic
def stop(bulk: Bulk, *, by: User, now: datetime) -> bool:
    """Stop what has not been handed to a provider: the rest makes nothing, waiting SMS are not sent.

    E-contacts that are made stand, card and notice with them. Returns False when there was nothing left to stop.
    """
    current = locked(bulk)
    if current.state not in (*IN_HAND, State.DONE) or not is_stoppable(current):
        return False
    Recipient.objects.filter(bulk=current, state=RecipientState.CHOSEN).update(
        state=RecipientState.STOPPED, reason=Reason.BULK_STOPPED
    )
    if current.is_sms:
        stop_messages(current, now)
    current.state, current.ended_at = State.STOPPED, now
    current.save(update_fields=["state", "ended_at"])
    audit.record(AuditAction.BULK, clinic=current.clinic, actor=by, what=f"stopped {current.pk}")
    return True


def stop_messages(bulk: Bulk, now: datetime) -> None:
    """Close what waits and what is queued, also while the channel rests; what a worker holds comes to `sweep`."""
    Notification.objects.filter(batch=bulk.pk, state=NoticeState.WAITING).update(
        state=NoticeState.CANCELLED, reason=Reason.BULK_STOPPED, settled_at=now
    )
    stopped = {"state": DeliveryState.SUPPRESSED, "reason": Reason.BULK_STOPPED}
    queued = Delivery.objects.filter(batch=bulk.pk, state=DeliveryState.QUEUED)
    queued.update(settled_at=now, **stopped)
    closed = Delivery.objects.filter(batch=bulk.pk, settled_at=now, **stopped).order_by().values_list("pk")
    insert_found(
        DeliveryEvent, {"what": DeliveryEvent.What.STOPPED, "code": "", "at": now, **stopped}, ["delivery"], closed
    )


@transaction.atomic(durable=True)
def sweep(now: datetime) -> int:
    """Close what a worker held when its bulk was stopped, and has put back since because the provider asked it to wait.

    Judged by itself it would first come up when the wait is over. Returns how many bulks had some.
    """
    queued = Delivery.objects.filter(batch=OuterRef("pk"), state=DeliveryState.QUEUED)
    lately = Bulk.objects.filter(type=Type.SMS, state=State.STOPPED, ended_at__gte=now - LIFETIME[Kind.BULK_SMS])
    found = list(lately.filter(Exists(queued)))
    for bulk in found:
        stop_messages(bulk, now)
    return len(found)


def is_stoppable(bulk: Bulk) -> bool:
    """Whether something is left that has not been handed over."""
    if bulk.state in IN_HAND:
        return True
    if Handover.objects.filter(bulk=bulk, state=HandoverState.QUEUED).exists():
        return True
    waiting = Notification.objects.filter(batch=bulk.pk, state=NoticeState.WAITING)
    queued = Delivery.objects.filter(batch=bulk.pk, state=DeliveryState.QUEUED)
    return bulk.is_sms and (waiting.exists() or queued.exists())
