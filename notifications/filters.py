"""How the history and the log are narrowed and ordered. Closed lists, never names from the address."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, Module
from notifications.history import IMPOSSIBLE
from notifications.kinds import FAILED_STATES, MODULE_OF, Channel, DeliveryState, State
from notifications.models import Delivery, Notification
from notifications.queries import NotificationQuerySet

MODULES = [("", _("Alle moduler")), *Module.choices, ("none", _("Uten modul"))]
STATUSES = [
    ("", _("Alle statuser")),
    ("failed", _("Feilet")),
    ("planned", _("Planlagt")),
    ("queued", _("I kø")),
    ("sent", _("Sendt eller levert")),
    ("unknown", _("Ukjent")),
    ("impossible", _("Ikke mulig")),
    ("stopped", _("Stoppet eller erstattet")),
    ("external", _("Varsles av andre")),
]
METHODS = [("", _("Alle metoder")), *Channel.choices]
SENT = [DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED]
DELIVERED = {
    "queued": [DeliveryState.QUEUED, DeliveryState.SENDING],
    "sent": SENT,
    "unknown": [DeliveryState.UNKNOWN, DeliveryState.FAILED_UNKNOWN],
}
NOTICE = {
    "planned": Q(state=State.WAITING),
    "impossible": Q(state=State.SUPPRESSED, reason__in=IMPOSSIBLE),
    "stopped": Q(state__in=[State.CANCELLED, State.REPLACED]) | Q(state=State.SUPPRESSED) & ~Q(reason__in=IMPOSSIBLE),
    "external": Q(state=State.EXTERNAL),
}


FOLLOW_UP = timedelta(days=14)  # how far back a failure stands first in the log
MOST_FAILURES = 25


def narrowed(rows: NotificationQuerySet, *, module: str, status: str, method: str = "") -> NotificationQuerySet:
    """Keep the module's, the method's and the status' rows; a word that is on no list keeps everything."""
    if method in Channel.values:
        rows = rows.filter(Exists(Delivery.objects.filter(notification=OuterRef("pk"), channel=method)))
    if module in [key for key, _label in MODULES if key]:
        kinds = [kind for kind, owner in MODULE_OF.items() if owner == ("" if module == "none" else module)]
        rows = rows.filter(kind__in=kinds)
    if status == "failed":
        return rows.filter(Q(state=State.EXPIRED) | with_delivery(list(FAILED_STATES)))
    if status in DELIVERED:
        return rows.filter(with_delivery(DELIVERED[status]))
    return rows.filter(NOTICE[status]) if status in NOTICE else rows


def with_delivery(states: list[DeliveryState]) -> Q:
    """Ask for notices with a hop in one of the states; EXISTS, so that no row comes twice."""
    return Q(Exists(Delivery.objects.filter(notification=OuterRef("pk"), state__in=states)))


def within(rows: NotificationQuerySet, clinic: Clinic, first: date | None, last: date | None) -> NotificationQuerySet:
    """Keep what was due on these days, both included, in the clinic's time zone."""
    if first:
        rows = rows.filter(due_at__gte=datetime(first.year, first.month, first.day, tzinfo=clinic.zone))
    if last:
        after = last + timedelta(days=1)
        rows = rows.filter(due_at__lt=datetime(after.year, after.month, after.day, tzinfo=clinic.zone))
    return rows


def unresolved(clinic: Clinic, now: datetime) -> NotificationQuerySet:
    """Return the last fortnight's failures that reached the patient on no channel and have not been sent again."""
    since = now - FOLLOW_UP
    failed = Delivery.objects.failed().of(clinic).filter(settled_at__gte=since).order_by("-settled_at")
    rows: NotificationQuerySet = Notification.objects.of(clinic).filter(due_at__gte=since - FOLLOW_UP)
    late = Q(state=State.EXPIRED, settled_at__gte=since)
    hopeless = rows.filter(Q(pk__in=failed.values("notification")) | late)
    return hopeless.exclude(with_delivery(SENT)).filter(resends=None).order_by("-due_at", "-pk")[:MOST_FAILURES]
