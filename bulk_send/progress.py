"""How far a bulk has come, and how many were told: counted from the rows themselves, in a few indexes (spec I4, I7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When

from bulk_send.models import IN_HAND, Bulk, Handover, HandoverState, Recipient, RecipientState, State
from notifications.kinds import DeliveryState, Reason, SubjectType
from notifications.kinds import State as NoticeState
from notifications.models import Delivery, Notification

# What an SMS's delivery counts as. Accepted by the provider is told (spec I4); what came of it afterwards is told too.
TOLD = (
    DeliveryState.ACCEPTED,
    DeliveryState.DELIVERED,
    DeliveryState.UNCONFIRMED,
    DeliveryState.UNDELIVERED,
    DeliveryState.BOUNCED,
)
ON_THE_WAY = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
LOST = (DeliveryState.UNDELIVERED, DeliveryState.BOUNCED, DeliveryState.FAILED)  # of those told: it did not arrive
# Ended, and told only if the provider had accepted it first: Twilio may say «failed» of what it has accepted.
CLOSED = tuple(state for state in DeliveryState if state not in (*TOLD, *ON_THE_WAY))
TOLD_HOP = Q(state__in=TOLD) | Q(state__in=CLOSED, accepted_at__isnull=False)
CLOSED_NOTICE = tuple(state for state in NoticeState if state not in (NoticeState.WAITING, NoticeState.DISPATCHED))
UNDISPATCHED = (NoticeState.WAITING, *CLOSED_NOTICE)
HANDED = (HandoverState.QUEUED, HandoverState.SENDING, HandoverState.UNKNOWN)
FALLEN = tuple(state for state in HandoverState if state not in (*HANDED, HandoverState.DELIVERED))


Group = tuple[str, str, int]  # state, reason, how many


@dataclass(frozen=True, slots=True)
class NotTold:
    """Some who were not told, for one reason."""

    reason: str
    count: int

    @property
    def words(self) -> str:
        """Say the reason."""
        return str(Reason(self.reason).label) if self.reason in Reason.values else str(Reason.INTERNAL_ERROR.label)


@dataclass(frozen=True, slots=True)
class Progress:
    """The sums of one bulk: told + on_the_way + not_told is everyone who was in it."""

    size: int
    told: int
    on_the_way: int
    lost: int  # of those told: the provider has since said that the message failed
    uncertain: int  # of those not told: nobody knows whether it went
    groups: tuple[NotTold, ...]
    is_settled: bool  # nothing more will happen by itself

    @property
    def not_told(self) -> int:
        """Everyone who was not told."""
        return sum(group.count for group in self.groups)

    def count_of(self, reason: str | None) -> int:
        """Return how many were not told for the reason, for any when it is empty; everyone for None."""
        if reason is None:
            return self.size
        return sum(group.count for group in self.groups if reason in ("", group.reason))

    @property
    def handled(self) -> int:
        """Those whose outcome is known."""
        return self.told + self.not_told

    @property
    def percent(self) -> int:
        """Of everyone, how many hundredths are handled."""
        return 100 * self.handled // self.size if self.size else 100

    @property
    def bad_percent(self) -> int:
        """Of everyone, how many hundredths were not told; at least one if anyone was not."""
        return max(1, 100 * self.not_told // self.size) if self.not_told and self.size else 0

    @property
    def good_percent(self) -> int:
        """Of everyone, how many hundredths were told."""
        return max(0, self.percent - self.bad_percent)


def of(bulk: Bulk) -> Progress:
    """Count: four grouped queries, each answered from one index, whatever the number of recipients."""
    states = grouped(Recipient.objects.filter(bulk=bulk))
    not_told: dict[str, int] = {}
    add(not_told, [(reason, count) for state, reason, count in states if state != RecipientState.PLANNED and reason])
    to_plan = sum(count for state, _reason, count in states if state == RecipientState.CHOSEN)
    planned = sum(count for state, _reason, count in states if state == RecipientState.PLANNED)
    told, going, lost, uncertain = (sms if bulk.is_sms else econtact)(bulk, planned, not_told)
    on_the_way = 0 if bulk.state == State.UNDONE else to_plan + going
    ordered = sorted(not_told.items(), key=lambda row: -row[1])
    groups = tuple(NotTold(reason, count) for reason, count in ordered if count)
    return Progress(
        size=sum(count for _state, _reason, count in states),
        told=told,
        on_the_way=on_the_way,
        lost=lost,
        uncertain=uncertain,
        groups=groups,
        is_settled=bulk.state not in (*IN_HAND, State.DRAFT) and not on_the_way,
    )


def sms(bulk: Bulk, planned: int, not_told: dict[str, int]) -> tuple[int, int, int, int]:
    """Count SMS: told, on the way, lost, uncertain."""
    hops = grouped(Delivery.objects.filter(batch=bulk.pk, state__in=(*TOLD, *ON_THE_WAY)))
    accepted, refused = ended(bulk)
    notices = grouped(Notification.objects.filter(batch=bulk.pk, state__in=UNDISPATCHED))
    waiting = sum(count for state, _reason, count in notices if state == NoticeState.WAITING)
    add(not_told, [(reason, count) for state, reason, count in notices if state != NoticeState.WAITING])
    add(not_told, [(reason, count) for _state, reason, count in refused])
    going = waiting + sum(count for state, _reason, count in hops if state in ON_THE_WAY)
    told = [row for row in (*hops, *accepted) if row[0] not in ON_THE_WAY]
    lost = sum(count for state, _reason, count in told if state in LOST)
    uncertain = sum(count for state, _reason, count in refused if state == DeliveryState.FAILED_UNKNOWN)
    return sum(count for _state, _reason, count in told) + mended(bulk, not_told), going, lost, uncertain


def ended(bulk: Bulk) -> tuple[list[Group], list[Group]]:
    """Count the hops that have ended badly: those accepted first, and the others. Few, for they are read row by row."""
    was_accepted = Case(When(accepted_at=None, then=Value(False)), default=Value(True))
    rows = Delivery.objects.filter(batch=bulk.pk, state__in=CLOSED).order_by().annotate(told=was_accepted)
    counted = list(rows.values_list("told", "state", "reason").annotate(count=Count("pk")))
    accepted, refused = ([group[1:] for group in counted if group[0] is told] for told in (True, False))
    return accepted, refused


def was_told(hop: Delivery) -> bool:
    """Whether the provider has accepted it, whatever became of it since; the same question as TOLD_HOP (spec I4)."""
    return hop.state in TOLD or (hop.state in CLOSED and hop.accepted_at is not None)


def mended(bulk: Bulk, not_told: dict[str, int]) -> int:
    """Take those out who were told afterwards, by «Send på nytt» on the card; returns how many."""
    keys = resent(bulk)
    first = Notification.objects.filter(batch=bulk.pk, subject_id__in=keys).prefetch_related("deliveries")
    count = 0
    for notice in first if keys else ():
        hop = next(iter(notice.deliveries.all()), None)
        if hop and (was_told(hop) or hop.state in ON_THE_WAY):
            continue
        reason = (hop.reason if hop else notice.reason) or Reason.INTERNAL_ERROR
        if not_told.get(reason):
            not_told[reason] -= 1
            count += 1
    return count


def resent(bulk: Bulk) -> set[int]:
    """Return the recipients of an SMS that staff sent again, one by one, and that was accepted then."""
    again = Notification.objects.filter(
        subject_type=SubjectType.BULK,
        resend_of__isnull=False,
        subject_id__in=Recipient.objects.filter(bulk=bulk).values("pk"),
    )
    accepted = Exists(Delivery.objects.filter(TOLD_HOP, notification=OuterRef("pk")))
    return set(again.filter(accepted).values_list("subject_id", flat=True))


def econtact(bulk: Bulk, planned: int, not_told: dict[str, int]) -> tuple[int, int, int, int]:
    """Count e-contacts: a dialog in our portal is told; through a gateway it is told when the gateway has taken it."""
    handovers = grouped(Handover.objects.filter(bulk=bulk))
    in_portal = planned - sum(count for _state, _reason, count in handovers if _reason != Reason.BULK_STOPPED)
    delivered = sum(count for state, _reason, count in handovers if state == HandoverState.DELIVERED)
    going = sum(count for state, _reason, count in handovers if state in HANDED)
    refused = [row for row in handovers if row[0] in FALLEN]
    add(not_told, [(reason, count) for _state, reason, count in refused if reason != Reason.BULK_STOPPED])
    return in_portal + delivered, going, 0, 0


def grouped(rows: Any) -> list[Group]:
    """Count by state and reason: «*», or each row would be read for its key."""
    return list(rows.order_by().values_list("state", "reason").annotate(count=Count("*")))


def add(sums: dict[str, int], rows: Iterable[tuple[str, int]]) -> None:
    """Add counts by reason; one without a reason is an error of ours, and shows."""
    for reason, count in rows:
        key = reason or Reason.INTERNAL_ERROR
        sums[key] = sums.get(key, 0) + count
