"""How the history and the log are narrowed and ordered. Closed lists, never names from the address."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

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
HOPS = {
    "failed": list(FAILED_STATES),
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
    """Keep the module's, the method's and the status' rows; a word that is on no list keeps everything.

    A method and the status of a hop are asked of the same hop: SMS and «Feilet» mean an SMS that failed.
    """
    if module in [key for key, _label in MODULES if key]:
        kinds = [kind for kind, owner in MODULE_OF.items() if owner == ("" if module == "none" else module)]
        rows = rows.filter(kind__in=kinds)
    used = {"channel": method} if method in Channel.values else {}
    if status == "failed" and not used:
        return rows.filter(Q(state=State.EXPIRED) | with_hop(state__in=HOPS["failed"]))
    if status in HOPS:
        return rows.filter(with_hop(state__in=HOPS[status], **used))
    rows = rows.filter(with_hop(**used)) if used else rows
    return rows.filter(NOTICE[status]) if status in NOTICE else rows


def failed_since(clinic: Clinic, since: datetime) -> NotificationQuerySet:
    """Return the clinic's notices with a hop that has failed since, or closed as too late since.

    A union, because each half has its index: an OR of the two reads every row.
    """
    failed = Delivery.objects.failed().of(clinic).filter(settled_at__gte=since).values("notification")
    late = Notification.objects.of(clinic).filter(state=State.EXPIRED, settled_at__gte=since).values("pk")
    rows: NotificationQuerySet = Notification.objects.of(clinic).filter(pk__in=failed.union(late))
    return rows


def with_hop(**asked: Any) -> Q:
    """Ask for notices with a hop like this; EXISTS, so that no row comes twice.

    The clinic is named again, so that what few hops are is found from the clinic's hops.
    """
    return Q(Exists(Delivery.objects.filter(notification=OuterRef("pk"), clinic=OuterRef("clinic"), **asked)))


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
    hopeless = failed_since(clinic, since).filter(due_at__gte=since - FOLLOW_UP).exclude(with_hop(state__in=SENT))
    return hopeless.filter(resends=None).order_by("-due_at", "-pk")[:MOST_FAILURES]
