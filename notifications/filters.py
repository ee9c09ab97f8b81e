"""How the history and the log are narrowed: by module and by status. A closed list, never names from the address."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Module
from notifications.history import IMPOSSIBLE
from notifications.kinds import FAILED_STATES, MODULE_OF, DeliveryState, State
from notifications.models import Delivery
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
DELIVERED = {
    "queued": [DeliveryState.QUEUED, DeliveryState.SENDING],
    "sent": [DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED],
    "unknown": [DeliveryState.UNKNOWN, DeliveryState.FAILED_UNKNOWN],
}
NOTICE = {
    "planned": Q(state=State.WAITING),
    "impossible": Q(state=State.SUPPRESSED, reason__in=IMPOSSIBLE),
    "stopped": Q(state__in=[State.CANCELLED, State.REPLACED]) | Q(state=State.SUPPRESSED) & ~Q(reason__in=IMPOSSIBLE),
    "external": Q(state=State.EXTERNAL),
}


def narrowed(rows: NotificationQuerySet, *, module: str, status: str) -> NotificationQuerySet:
    """Keep the module's and the status' rows; a word that is on no list keeps everything."""
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
