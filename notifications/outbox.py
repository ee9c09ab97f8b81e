"""Write what has been promised, in the caller's transaction; the task is only an alarm clock (design, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction, User
from notifications import hints, rules
from notifications.decision import Seen
from notifications.kinds import LIFETIME, OPEN_DELIVERY, External, Kind, Lane, Reason, State, SubjectType
from notifications.models import Delivery, Notification, Silence
from notifications.queries import NotificationQuerySet

CHUNK = 1_000  # rows per INSERT: measured flat from 500 upwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A notice to promise. Times in UTC."""

    clinic_id: int
    patient_id: int
    kind: Kind
    subject_type: SubjectType
    subject_id: int
    slot: str
    event_at: datetime
    due_at: datetime
    starts_at: datetime | None = None  # the appointment's; news and reminders die then (spec D7)
    baseline: Mapping[str, object] | None = None
    by_id: int | None = None
    lane: Lane = Lane.URGENT

    def row(self) -> Notification:
        """Return the unsaved row."""
        return Notification(
            clinic_id=self.clinic_id,
            patient_id=self.patient_id,
            kind=self.kind,
            subject_type=self.subject_type,
            subject_id=self.subject_id,
            slot=self.slot,
            lane=self.lane,
            baseline=self.baseline,
            event_at=self.event_at,
            due_at=self.due_at,
            expires_at=rules.expiry(self.kind, self.due_at, self.starts_at),
            by_id=self.by_id,
        )


def plan(planned: Planned) -> Notification:
    """Promise one notice. Raises IntegrityError when one waits in the same slot: close it first."""
    notification = planned.row()
    notification.save(force_insert=True)
    wake_if_due([planned])
    return notification


def plan_many(planned: Sequence[Planned]) -> None:
    """Promise many, set-based; what is already promised in the same slot stays as it is."""
    for first in range(0, len(planned), CHUNK):
        rows = [item.row() for item in planned[first : first + CHUNK]]
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
    wake_if_due(planned)


def keep_silent(planned: Planned, reason: Reason, *, seen: Seen, remedy_at: datetime | None = None) -> None:
    """Remember that an event called for no notice, and why; it is no row of the history (spec A3, J3)."""
    silence(planned, reason, seen=seen, remedy_at=remedy_at).save(force_insert=True)


def keep_silent_many(silences: Iterable[Silence]) -> None:
    """Remember many at once."""
    Silence.objects.bulk_create(silences, batch_size=CHUNK)


def silence(planned: Planned, reason: Reason, *, seen: Seen, remedy_at: datetime | None = None) -> Silence:
    """Return the unsaved row; `remedy_at` is the latest moment at which the event would have given the notice."""
    return Silence(
        clinic_id=planned.clinic_id,
        patient_id=planned.patient_id,
        kind=planned.kind,
        subject_type=planned.subject_type,
        subject_id=planned.subject_id,
        reason=reason,
        seen=seen.packed(),
        remedy_at=remedy_at,
        event_at=planned.event_at,
        by_id=planned.by_id,
    )


def record_external(planned: Planned, who: External) -> Notification:
    """Write into the history that another system notifies about this (spec D13, F4)."""
    notification = planned.row()
    notification.state, notification.external = State.EXTERNAL, who
    notification.settled_at = planned.event_at
    notification.save(force_insert=True)
    return notification


def close(rows: NotificationQuerySet, state: State, reason: Reason, now: datetime) -> int:
    """Close waiting rows with a reason. Returns how many."""
    return rows.waiting().update(state=state, reason=reason, settled_at=now)


class CannotResend(Exception):
    """The notice cannot be sent again; the text says why, in bokmål."""


@transaction.atomic
def resend(
    notification: Notification, *, by: User, now: datetime | None = None, seen: int | None = None
) -> Notification:
    """Promise the notice once more, at a colleague's request; it is judged as any other. Raises CannotResend.

    `seen` is how often it had been sent again when the page was shown: the same form twice sends once.
    """
    now = now or timezone.now()
    original = Notification.objects.select_for_update().get(pk=notification.pk)
    refuse_resend(original, now)
    count = original.resends.count()
    if seen is not None and seen != count:
        raise CannotResend(_("Varselet er alt sendt på nytt siden du så på siden."))
    again = Notification(
        clinic_id=original.clinic_id,
        patient_id=original.patient_id,
        kind=original.kind,
        subject_type=original.subject_type,
        subject_id=original.subject_id,
        slot=f"resend:{original.pk}:{count + 1}",
        event_at=now,
        due_at=now,
        expires_at=original.expires_at if original.kind not in LIFETIME else now + LIFETIME[original.kind],
        resend_of=original,
        by=by,
    )
    again.save(force_insert=True)
    audit.record(AuditAction.RESEND, clinic=original.clinic, actor=by, patient_id=original.patient_id, what=again.kind)
    wake_dispatcher()
    return again


def refuse_resend(original: Notification, now: datetime) -> None:
    """Raise CannotResend, in words, when sending again would be wrong."""
    if why := why_not_resend(original, list(original.deliveries.all()), now):
        raise CannotResend(why)
    if (
        original.resends.filter(state__in=[State.WAITING]).exists()
        or Delivery.objects.filter(notification__resend_of=original, state__in=OPEN_DELIVERY).exists()
    ):
        raise CannotResend(_("Varselet er alt på vei på nytt."))


def why_not_resend(original: Notification, deliveries: Sequence[Delivery], now: datetime) -> str:
    """Return why the notice cannot be sent again, or nothing. Pure, so that the history can ask for every row."""
    if original.state in (State.WAITING, State.EXTERNAL, State.REPLACED):
        return _("Varselet er ikke sendt ennå, eller sendes av andre.")
    if original.state == State.CANCELLED:
        return _("Varselet gjelder ikke lenger.")
    if original.kind not in LIFETIME and original.expires_at <= now:
        return _("Timen har begynt; varselet er for sent.")
    if any(row.state in OPEN_DELIVERY for row in deliveries):
        return _("Varselet er fortsatt på vei. Vent til det er avklart.")
    return ""


def wake_if_due(planned: Sequence[Planned]) -> None:
    """Wake the dispatcher for lanes with rows that are due already."""
    for lane in {item.lane for item in planned if item.due_at <= item.event_at}:
        wake_dispatcher(lane)


def wake_dispatcher(lane: Lane = Lane.URGENT) -> None:
    """Hint, after commit, that rows are due; a lost hint costs one tick, never a message."""
    name = "dispatch_due" if lane == Lane.URGENT else "dispatch_bulk"
    transaction.on_commit(lambda: hints.offer(f"notifications.tasks.{name}"), robust=True)


def wake_sender(lane: Lane) -> None:
    """Hint, after commit, that hops are queued."""
    name = "send_due" if lane == Lane.URGENT else "send_bulk"
    transaction.on_commit(lambda: hints.offer(f"notifications.tasks.{name}"), robust=True)
