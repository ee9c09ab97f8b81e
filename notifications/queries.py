"""How the engine's rows are found and claimed: querysets that read as adjectives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import connections
from django.db.models import F

from clinics.models import Clinic
from clinics.scope import ClinicQuerySet
from notifications.kinds import FAILED_STATES, Channel, DeliveryState, Lane, State, SubjectType

if TYPE_CHECKING:
    from notifications.models import Delivery, Notification


def skips_locked(alias: str) -> bool:
    """Whether the database can skip rows that another worker holds (PostgreSQL can, SQLite has one writer)."""
    return connections[alias].features.has_select_for_update_skip_locked


UNREAD = ("settled_at", "replaced_by", "by", "external")
PERSONAL = (
    "given_name",
    "family_name",
    "search_name",
    "local_number",
    "birth_date",
    "sex",
    "general_practitioner",
    "preferred_at",
    "preferred_by",
    "consent_at",
    "created_at",
    "updated_at",
)


def unread(prefix: str) -> list[str]:
    """Name the columns that judging and sending never read: no name is even loaded, and rows are cheaper to build."""
    return [f"{prefix}{name}" for name in UNREAD] + [f"{prefix}patient__{name}" for name in PERSONAL]


def share_clinics(notifications: Sequence[Notification]) -> None:
    """Give every notice its clinic, one object a clinic: a join would build one for each row."""
    clinics = Clinic.objects.in_bulk({notification.clinic_id for notification in notifications})
    for notification in notifications:
        notification.clinic = clinics[notification.clinic_id]


class ClaimingQuerySet(ClinicQuerySet):
    """Rows that several workers take from at once."""

    def locked(self) -> Self:
        """Lock the rows against other claimers, skipping what they hold; on SQLite the transaction is the lock."""
        if skips_locked(self.db):
            return self.select_for_update(skip_locked=True, of=("self",))
        return self


class NotificationQuerySet(ClaimingQuerySet):
    """Notifications, found by where they stand."""

    def waiting(self) -> Self:
        """Keep what has not been judged yet."""
        return self.filter(state=State.WAITING)

    def about(self, subject_type: SubjectType, subject_id: int) -> Self:
        """Keep the notices about one subject."""
        return self.filter(subject_type=subject_type, subject_id=subject_id)

    def due(self, now: datetime, lane: Lane) -> Self:
        """Keep what should go out now, in one lane, oldest first."""
        return self.waiting().filter(lane=lane, due_at__lte=now).order_by("due_at", "pk")

    def claim_due(self, now: datetime, lane: Lane, limit: int) -> list[Notification]:
        """Lock up to `limit` due rows with what judging needs; the caller's transaction holds them."""
        keys = list(self.due(now, lane).locked().values_list("pk", flat=True)[:limit])
        rows = list(self.filter(pk__in=keys).select_related("patient").defer(*unread("")).order_by("due_at", "pk"))
        share_clinics(rows)
        return rows


class DeliveryQuerySet(ClaimingQuerySet):
    """Deliveries, found by where they stand."""

    def queued(self, channel: Channel, lane: Lane, now: datetime) -> Self:
        """Keep hops that may be handed over now, oldest first."""
        rows = self.filter(channel=channel, lane=lane, state=DeliveryState.QUEUED, due_at__lte=now)
        return rows.order_by("due_at", "pk")

    def channels_queued(self, lane: Lane, now: datetime) -> list[str]:
        """Return the channels on which a hop may be handed over now; one probe of the index for each."""
        return [channel for channel in Channel.values if self.queued(Channel(channel), lane, now).exists()]

    def claim_queued(self, channel: Channel, lane: Lane, now: datetime, limit: int) -> list[Delivery]:
        """Lock up to `limit` queued hops with their notice, clinic and patient."""
        keys = list(self.queued(channel, lane, now).locked().values_list("pk", flat=True)[:limit])
        needed = self.filter(pk__in=keys).select_related("notification", "notification__patient")
        rows = needed.defer(*unread("notification__"))
        claimed = list(rows.order_by("due_at", "pk"))
        share_clinics([delivery.notification for delivery in claimed])
        return claimed

    def abandoned(self, now: datetime) -> Self:
        """Keep hops whose worker has been silent past its lease."""
        return self.filter(state=DeliveryState.SENDING, lease_until__lt=now)

    def to_check(self, state: DeliveryState, now: datetime) -> Self:
        """Keep hops in the state whose provider should be asked now."""
        return self.filter(state=state, check_at__lte=now).order_by(F("check_at"), "pk")

    def failed(self) -> Self:
        """Keep hops that ended badly."""
        return self.filter(state__in=FAILED_STATES)
