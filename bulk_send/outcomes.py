"""What became of each recipient: the lists behind the sums, for the bulk's page, the export and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bulk_send.models import Bulk, Handover, HandoverState, Recipient, RecipientState, State
from bulk_send.progress import CLOSED, CLOSED_NOTICE, FALLEN, HANDED, LOST, ON_THE_WAY, resent, was_told
from notifications.kinds import DeliveryState, Reason, SubjectType
from notifications.kinds import State as NoticeState
from notifications.models import Delivery, Notification
from patients.models import Patient


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recipient: told, on the way, or why not; `css` and `icon` as the status component takes them."""

    patient: Patient
    word: str
    reason: str = ""
    css: str = "off"
    icon: str = "clock"
    at: datetime | None = None
    notification: int | None = None  # for «Hvorfor?»
    recipient: int | None = None  # for «Hvorfor?» of one who has no notice
    is_told: bool | None = False  # as `progress.of` counts; None while it is on its way


def not_told(bulk: Bulk, reason: str = "") -> QuerySet[Recipient]:
    """Return those who were not told, all or for one reason; the same rows that `progress.of` counts.

    A union, for the few are then found where they are few: by OR everyone would be looked through.
    """
    fits = Q(reason=reason) if reason else Q()
    left_out = Recipient.objects.filter(fits, bulk=bulk, state__in=[RecipientState.LEFT_OUT, RecipientState.STOPPED])
    if bulk.is_sms:
        closed = Notification.objects.filter(fits, batch=bulk.pk, state__in=CLOSED_NOTICE)
        hops = Delivery.objects.filter(fits, batch=bulk.pk, state__in=CLOSED, accepted_at=None)
        others = [closed.values("subject_id"), hops.values("notification__subject_id")]
    else:
        refused = Handover.objects.filter(fits, bulk=bulk, state__in=FALLEN)
        others = [refused.values("recipient")]
    keys = left_out.order_by().values("pk").union(*[rows.order_by() for rows in others], all=True)
    found: QuerySet[Recipient] = Recipient.objects.filter(bulk=bulk, pk__in=keys).order_by("position")
    return found.exclude(pk__in=resent(bulk)) if bulk.is_sms else found


def of(recipients: Sequence[Recipient]) -> list[Outcome]:
    """Say what became of these, of one bulk or several; a fixed number of queries."""
    bulks = {row.bulk_id for row in recipients}
    people = [row.patient_id for row in recipients]
    notices = Notification.objects.filter(batch__in=bulks, patient__in=people).prefetch_related("deliveries")
    found = {(notice.batch, notice.patient_id): notice for notice in notices}
    for key, notice in again(recipients):  # the last that told them, else the last
        if key not in found or has_told(notice) or not has_told(found[key]):
            found[key] = notice
    handovers = {row.recipient_id: row for row in Handover.objects.filter(recipient__in=recipients)}
    return [
        sms(row, notice) if row.bulk.is_sms else econtact(row, handovers.get(row.pk), notice)
        for row in recipients
        for notice in [found.get((row.bulk_id, row.patient_id))]
    ]


def has_told(notice: Notification) -> bool:
    """Whether the provider has accepted it."""
    return any(was_told(hop) for hop in notice.deliveries.all())


def again(recipients: Sequence[Recipient]) -> list[tuple[tuple[int, int], Notification]]:
    """Return the notices by which staff sent a bulk's SMS again from the card, with bulk and patient, oldest first."""
    by_key = {row.pk: row for row in recipients if row.bulk.is_sms}
    notices = Notification.objects.filter(
        subject_type=SubjectType.BULK, resend_of__isnull=False, subject_id__in=by_key
    ).order_by("pk")
    rows = [(by_key[notice.subject_id], notice) for notice in notices.prefetch_related("deliveries")]
    return [((row.bulk_id, row.patient_id), notice) for row, notice in rows]


def left(row: Recipient, notice: Notification | None) -> Outcome | None:
    """Say what became of one whose message was never made."""
    if row.state == RecipientState.CHOSEN and row.bulk.state == State.UNDONE:
        return Outcome(row.patient, _("Angret"), icon="undo-2")
    if row.state == RecipientState.CHOSEN:
        return Outcome(row.patient, _("Venter på tur"), css="wait", is_told=None)
    if row.state == RecipientState.PLANNED:
        return None
    word = _("Stoppet") if row.state == RecipientState.STOPPED else _("Ikke varslet")
    found = Outcome(row.patient, word, words(row.reason), "warn", "ban")
    return replace(found, notification=notice.pk) if notice else replace(found, recipient=row.pk)


def sms(row: Recipient, notice: Notification | None) -> Outcome:
    """Say what became of one SMS."""
    if found := left(row, notice):
        return found
    if notice is None:
        return Outcome(row.patient, _("Ikke varslet"), words(Reason.INTERNAL_ERROR), "fail", "circle-x")
    hop = next(iter(notice.deliveries.all()), None)
    if hop is None:
        if notice.state == NoticeState.WAITING:
            return Outcome(row.patient, _("I kø"), css="wait", notification=notice.pk, is_told=None)
        return Outcome(row.patient, _("Ikke varslet"), words(notice.reason), "warn", "ban", notification=notice.pk)
    css, icon = STYLES.get(hop.state, ("fail", "circle-x"))
    is_told = None if hop.state in ON_THE_WAY else was_told(hop)
    word = _("Varslet, siden meldt feilet") if is_told and hop.state in LOST else hop.get_state_display()
    at = hop.settled_at or hop.accepted_at
    return Outcome(row.patient, word, words(hop.reason), css, icon, at, notice.pk, is_told=is_told)


def econtact(row: Recipient, handover: Handover | None, notice: Notification | None) -> Outcome:
    """Say what became of one e-contact."""
    if found := left(row, notice):
        return found
    pk = notice.pk if notice else None
    if handover is None:
        at = notice.event_at if notice else None
        return Outcome(row.patient, _("Levert i portalen"), "", "ok", "circle-check", at, pk, is_told=True)
    css, icon = {
        HandoverState.DELIVERED: ("ok", "circle-check"),
        HandoverState.REFUSED: ("fail", "circle-x"),
        HandoverState.EXPIRED: ("fail", "circle-x"),
    }.get(HandoverState(handover.state), ("wait", "clock"))
    word = handover.get_state_display()
    is_told = None if handover.state in HANDED else handover.state == HandoverState.DELIVERED
    return Outcome(row.patient, word, words(handover.reason), css, icon, handover.settled_at, pk, is_told=is_told)


STYLES: dict[str, tuple[str, str]] = {
    DeliveryState.QUEUED: ("wait", "clock"),
    DeliveryState.SENDING: ("wait", "clock"),
    DeliveryState.ACCEPTED: ("ok", "check"),
    DeliveryState.DELIVERED: ("ok", "circle-check"),
    DeliveryState.UNCONFIRMED: ("ok", "check"),
    DeliveryState.UNKNOWN: ("warn", "circle-question-mark"),
    DeliveryState.FAILED_UNKNOWN: ("warn", "circle-question-mark"),
    DeliveryState.SUPPRESSED: ("warn", "ban"),
}


def words(reason: str) -> str:
    """Say a reason of the closed list."""
    return str(Reason(reason).label) if reason else ""
