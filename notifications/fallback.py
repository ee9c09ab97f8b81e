"""What follows when a hop fails for good: mark a dead contact value, open the other channel once (spec C3)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from notifications import dispatch, outbox, reach, rules, subjects
from notifications.kinds import Channel, Reason
from notifications.models import Delivery, DeliveryEvent, Notification
from patients.models import DeadContact, Patient

log = logging.getLogger(__name__)

DEAD: dict[str, tuple[str, str, DeadContact]] = {  # reason → value field, its mark, the mark's word
    Reason.UNKNOWN_ADDRESS: ("email", "email_dead", DeadContact.HARD_BOUNCE),
    Reason.COMPLAINT: ("email", "email_dead", DeadContact.COMPLAINT),
    Reason.INVALID_NUMBER: ("mobile", "mobile_dead", DeadContact.NOT_IN_SERVICE),
    Reason.NOT_SMS_CAPABLE: ("mobile", "mobile_dead", DeadContact.NOT_IN_SERVICE),
    Reason.OPTED_OUT: ("mobile", "mobile_dead", DeadContact.OPTED_OUT),
}


def mark_dead(delivery: Delivery, reason: str) -> None:
    """Remember that the value does not work, unless it has been edited since it was used (spec C3)."""
    if reason not in DEAD or not delivery.recipient:
        return
    value, mark, word = DEAD[reason]
    patient = Patient.objects.filter(pk=delivery.notification.patient_id, **{value: delivery.recipient})
    patient.update(**{mark: word})


def open_for(failed: Sequence[Delivery], now: datetime) -> None:
    """Open the other channel for every failed hop that has one; log why for those that have not.

    The caller's transaction has written the failure. Raises nothing for a single hop.
    """
    if not failed:
        return
    keys = {delivery.notification_id for delivery in failed}
    # Two channels of one notice may fail at once: whoever comes second must see what the first one opened.
    rows = Notification.objects.filter(pk__in=keys).order_by("pk").select_for_update()
    locked = list(rows.values_list("pk", flat=True))
    notices = list(Notification.objects.filter(pk__in=locked).select_related("clinic", "patient"))
    used = channels_used(keys)
    pushable = reach.with_push((notice.patient for notice in notices), now)
    facts = subjects.facts_about(notices, now)
    by_pk = {notice.pk: notice for notice in notices}
    for delivery in failed:
        notice = by_pk[delivery.notification_id]
        try:
            with transaction.atomic():  # a hop that cannot be made must not undo the outcomes written with it
                open_one(delivery, notice, used[notice.pk], facts=facts[notice.pk], pushable=pushable, now=now)
        except Exception:
            log.exception("no fallback could be made for delivery %s", delivery.pk)
            note(delivery, rules.OTHER[Channel(delivery.channel)], Reason.INTERNAL_ERROR, now)
    outbox.wake_sender(notices[0].lane)


def channels_used(keys: set[int]) -> dict[int, set[Channel]]:
    """Return the channels each notice has used already."""
    used: dict[int, set[Channel]] = {key: set() for key in keys}
    for key, channel in Delivery.objects.filter(notification__in=keys).values_list("notification_id", "channel"):
        used[key].add(Channel(channel))
    return used


def open_one(
    failed: Delivery,
    notice: Notification,
    used: set[Channel],
    *,
    facts: subjects.Facts,
    pushable: set[int],
    now: datetime,
) -> None:
    """Open the fallback hop of one failed delivery, or log why there is none."""
    # Whether it can be reached is asked afterwards, so that the log can say why not.
    other = rules.fallback(notice.kind, Channel(failed.channel), used, frozenset(Channel))
    if other is None:
        return
    expires_at = dispatch.deadline(notice, facts)
    found = reach.reach(notice.patient, notice.clinic, pushable)
    stop = dispatch.stopped(notice, facts, expires_at, now)
    problem = stop.reason if stop else found.problems.get(other)
    if problem is None:
        hop = dispatch.hop(notice, other, facts, now=now, expires_at=expires_at, is_fallback=True)
        hop.save(force_insert=True)
        used.add(other)
    note(failed, other, problem, now)


def note(failed: Delivery, other: Channel, problem: Reason | None, now: datetime) -> None:
    """Log that the other channel was opened, or why not."""
    DeliveryEvent.objects.create(
        delivery=failed, what=DeliveryEvent.What.FALLBACK, reason=problem or "", code=other.value, at=now
    )
