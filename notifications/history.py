"""What the card's «Status og historikk» and the clinic's log show: the engine's own rows, in words (spec J1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.models import Module
from notifications import outbox
from notifications.kinds import MODULE_OF, Channel, DeliveryState, External, Kind, Reason, State
from notifications.models import Attempt, Delivery, DeliveryEvent, Notification
from notifications.queries import NotificationQuerySet
from patients.models import Patient

ICONS = {Channel.EMAIL: "mail", Channel.SMS: "message-square", Channel.PUSH: "smartphone"}
STATUS_ICONS = {"ok": "circle-check", "fail": "circle-x", "wait": "clock", "warn": "ban", "off": "circle-slash"}
CSS: dict[str, str] = {
    DeliveryState.QUEUED: "wait",
    DeliveryState.SENDING: "wait",
    DeliveryState.ACCEPTED: "ok",
    DeliveryState.DELIVERED: "ok",
    DeliveryState.FAILED: "fail",
    DeliveryState.UNDELIVERED: "fail",
    DeliveryState.BOUNCED: "fail",
    DeliveryState.UNKNOWN: "warn",
    DeliveryState.FAILED_UNKNOWN: "warn",
    DeliveryState.UNCONFIRMED: "warn",
    DeliveryState.EXPIRED: "fail",
    State.WAITING: "wait",
    State.DISPATCHED: "wait",
    State.REPLACED: "off",
    State.CANCELLED: "off",
    State.EXTERNAL: "off",
}
# Suppressed for these reasons reads «Ikke mulig»; for all others «Stoppet» (design, section 3).
IMPOSSIBLE = frozenset(
    {
        Reason.NO_CONTACT,
        Reason.NO_EMAIL,
        Reason.NO_MOBILE,
        Reason.LANDLINE,
        Reason.EMAIL_DEAD,
        Reason.MOBILE_DEAD,
        Reason.NO_PUSH,
        Reason.FOREIGN_NUMBER,
        Reason.DEMO,
        Reason.INTERNAL_ERROR,
    }
)


@dataclass(frozen=True, slots=True)
class Label:
    """A status in words: never by colour alone."""

    word: str
    css: str

    @property
    def icon(self) -> str:
        """The icon beside the word."""
        return STATUS_ICONS[self.css]


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One method and its status."""

    channel: str
    icon: str
    name: str
    css: str
    status_icon: str
    word: str
    at: datetime | None
    reason: str
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the expanded row."""

    at: datetime
    text: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One notice as staff see it."""

    notification: Notification
    at: datetime
    event: str
    module: str
    text: str
    channels: Sequence[ChannelLine]
    log: Sequence[LogLine] = field(default_factory=list)
    can_resend: bool = False
    why_not_resend: str = ""


def of_patient(patient: Patient) -> NotificationQuerySet:
    """Return the patient's notices, newest first."""
    rows: NotificationQuerySet = Notification.objects.filter(patient=patient, clinic_id=patient.clinic_id)
    return rows.order_by("-due_at", "-pk")


def rows(notifications: Iterable[Notification] | NotificationQuerySet, now: datetime | None = None) -> list[Row]:
    """Return rows with their channels and logs: four queries, however many rows."""
    now = now or timezone.now()
    found = list(with_parts(notifications))
    return [row(notification, now) for notification in found]


def with_parts(notifications: Iterable[Notification] | NotificationQuerySet) -> Iterable[Notification]:
    """Fetch deliveries, attempts and events in one query each, for a page of any size."""
    keys = [notification.pk for notification in notifications]
    deliveries = Delivery.objects.order_by("is_fallback", "pk")
    complete = Notification.objects.filter(pk__in=keys).select_related("by", "clinic", "patient", "resend_of")
    by_pk = {
        notification.pk: notification
        for notification in complete.prefetch_related(
            Prefetch("deliveries", deliveries),
            Prefetch("deliveries__tries", Attempt.objects.order_by("number")),
            Prefetch("deliveries__events", DeliveryEvent.objects.order_by("at", "pk")),
        )
    }
    return [by_pk[pk] for pk in keys if pk in by_pk]


def row(notification: Notification, now: datetime) -> Row:
    """Describe one notice; deliveries, attempts and events are prefetched."""
    deliveries = list(notification.deliveries.all())
    why_not = outbox.why_not_resend(notification, deliveries, now)
    return Row(
        notification=notification,
        at=notification.due_at,
        event=str(Kind(notification.kind).label),
        module=str(Module(module).label) if (module := MODULE_OF[notification.kind]) else "",
        text=message(notification, deliveries),
        channels=[channel_line(delivery) for delivery in deliveries] or [notice_line(notification)],
        log=log(notification, deliveries),
        can_resend=not why_not,
        why_not_resend=why_not,
    )


def message(notification: Notification, deliveries: Sequence[Delivery]) -> str:
    """Return the message as it went out; the shortest channel says it best in a table."""
    if not deliveries:
        return _("Teksten lages når varselet går ut.") if notification.state == State.WAITING else ""
    best = min(deliveries, key=lambda delivery: (delivery.channel == Channel.EMAIL, delivery.pk))
    return best.subject if best.channel == Channel.EMAIL else best.text


def reason_words(reason: str) -> str:
    """Put a reason into words; Django's own get_reason_display hashes the whole list for every row."""
    return str(Reason(reason).label) if reason else ""


def notice_label(notification: Notification) -> Label:
    """Return the status of a notice without deliveries."""
    state = State(notification.state)
    match state:
        case State.EXTERNAL:
            name = External(notification.external).label
            return Label(_("Varsles av %(name)s") % {"name": name}, "off")
        case State.EXPIRED:
            return Label(str(state.label), "fail")
        case State.SUPPRESSED if notification.reason not in IMPOSSIBLE:
            return Label(_("Stoppet"), "off")
        case State.SUPPRESSED:
            return Label(_("Ikke mulig"), "warn")
    return Label(str(state.label), CSS[state])


def notice_line(notification: Notification) -> ChannelLine:
    """Return the status line of a notice without deliveries."""
    label = notice_label(notification)
    return ChannelLine(
        channel="",
        icon="bell",
        name=_("Varsel"),
        css=label.css,
        status_icon=label.icon,
        word=label.word,
        at=notification.settled_at,
        reason=reason_words(notification.reason),
    )


def delivery_label(delivery: Delivery) -> Label:
    """Return the status of one hop."""
    state = DeliveryState(delivery.state)
    if state == DeliveryState.SUPPRESSED:
        possible = delivery.reason not in IMPOSSIBLE
        return Label(_("Stoppet"), "off") if possible else Label(_("Ikke mulig"), "warn")
    return Label(str(state.label), CSS[state])


def channel_line(delivery: Delivery) -> ChannelLine:
    """Return the status line of one hop."""
    label = delivery_label(delivery)
    return ChannelLine(
        channel=delivery.channel,
        icon=ICONS[Channel(delivery.channel)],
        name=str(Channel(delivery.channel).label),
        css=label.css,
        status_icon=label.icon,
        word=label.word,
        at=delivery.settled_at or delivery.accepted_at or delivery.created_at,
        reason=reason_words(delivery.reason),
        recipient=delivery.recipient,
    )


def log(notification: Notification, deliveries: Sequence[Delivery]) -> list[LogLine]:
    """Tell the whole story of a notice in order of time."""
    lines = [LogLine(notification.event_at, event_words(notification))]
    if notification.settled_at and not deliveries:
        label = notice_label(notification)
        reason = f": {reason_words(notification.reason)}" if notification.reason else ""
        lines.append(LogLine(notification.settled_at, f"{label.word}{reason}", label.css))
    for delivery in deliveries:
        lines.extend(delivery_log(delivery))
    return sorted(lines, key=lambda line: line.at)


def event_words(notification: Notification) -> str:
    """Say what happened, and by whom."""
    by = _(" av %(name)s") % {"name": notification.by} if notification.by else ""
    if notification.resend_of_id:
        return _("Sendt på nytt%(by)s") % {"by": by}
    return _("%(event)s: registrert%(by)s") % {"event": Kind(notification.kind).label, "by": by}


def delivery_log(delivery: Delivery) -> list[LogLine]:
    """Tell what happened to one hop."""
    name = str(Channel(delivery.channel).label)
    to = _(" til %(recipient)s") % {"recipient": delivery.recipient} if delivery.recipient else ""
    first = _("%(channel)s lagt i kø%(to)s") if not delivery.is_fallback else _("%(channel)s i stedet%(to)s")
    lines = [LogLine(delivery.created_at, first % {"channel": name, "to": to})]
    lines += [
        LogLine(attempt.at, _("%(channel)s: forsøk %(number)s") % {"channel": name, "number": attempt.number})
        for attempt in delivery.tries.all()
    ]
    return lines + [LogLine(event.at, event_line(event, name), css_of(event)) for event in delivery.events.all()]


def event_line(event: DeliveryEvent, name: str) -> str:
    """Put one event into words, with its reason and the provider's own code."""
    what = event.What(event.what)
    if what == event.What.FALLBACK:
        other = Channel(event.code).label
        if event.reason:
            return _("%(other)s ikke forsøkt: %(reason)s") % {"other": other, "reason": reason_words(event.reason)}
        return _("Gikk over til %(other)s") % {"other": other}
    word = DeliveryState(event.state).label if what == event.What.RECEIPT else what.label
    reason = f": {reason_words(event.reason)}" if event.reason else ""
    code = f" ({event.code})" if event.code else ""
    return f"{name}: {word}{reason}{code}"


def css_of(event: DeliveryEvent) -> str:
    """Return how the line is marked."""
    return CSS.get(event.state, "") if event.what != DeliveryEvent.What.FALLBACK else ""
