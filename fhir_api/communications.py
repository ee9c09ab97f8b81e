"""Communication: one per notice; how it stands, why, when and by which channel. Never its text (spec C4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, Max, Min, OuterRef, Prefetch, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from clinics.models import Clinic
from clinics.scope import ClinicQuerySet
from fhir_api import parameters
from fhir_api.codes import BASE, CATEGORY, EVENT_STATUS, KINDS, MEDIUM, REASONS, concept, label_of
from fhir_api.kinds import Kind
from fhir_api.models import Scope
from fhir_api.words import instant, without_empty
from notifications.kinds import DeliveryState, External, Reason, State, SubjectType
from notifications.kinds import Kind as NoticeKind
from notifications.models import Delivery, DeliveryEvent, Notification
from timebook.models import Appointment

KNOWN = ("preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown")
MOVING = (DeliveryState.SENDING, DeliveryState.UNKNOWN)
GONE_OUT = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED)
HOPS = Delivery.objects.filter(notification=OuterRef("pk"))
COLUMNS = ("patient", "clinic", "kind", "subject_type", "subject_id", "state", "reason", "external", "event_at")
HOP_COLUMNS = ("notification", "channel", "state", "reason")


def hop(**fields: Any) -> Exists:
    """Whether the notice has such a hop."""
    return Exists(HOPS.filter(**fields))


# The one place that says what a notice's states are in FHIR; what is shown and what is searched for is the same.
STATUS = Case(
    When(state=State.WAITING, then=Value("preparation")),
    When(state=State.EXTERNAL, then=Value("unknown")),  # another system notifies, and does not tell us how it went
    When(~Q(state=State.DISPATCHED), then=Value("not-done")),
    When(Q(hop(state__in=MOVING)) | Q(hop(state=DeliveryState.QUEUED, reason="")), then=Value("in-progress")),
    When(hop(state=DeliveryState.QUEUED), then=Value("on-hold")),  # the provider asked us to wait, or is away
    When(hop(state__in=GONE_OUT), then=Value("completed")),
    When(hop(state=DeliveryState.FAILED_UNKNOWN), then=Value("unknown")),
    When(hop(attempts__gt=0), then=Value("stopped")),  # handed over, and failed for good
    When(hop(), then=Value("not-done")),
    default=Value("unknown"),
)


def of_hops(aggregate: Any) -> Subquery:
    """Return an aggregate over the notice's hops."""
    return Subquery(HOPS.order_by().values("notification").annotate(found=aggregate).values("found"))


def last_updated() -> Greatest:
    """Return the latest moment at which anything that is written here changed."""
    events = DeliveryEvent.objects.filter(delivery__notification=OuterRef("pk")).order_by("-at")
    return Greatest(
        F("event_at"),
        Coalesce(F("settled_at"), F("event_at")),
        Coalesce(of_hops(Max(Coalesce("settled_at", "accepted_at", "created_at"))), F("event_at")),
        Coalesce(Subquery(events.values("at")[:1]), F("event_at")),
    )


def updated(value: str, clinic: Clinic) -> Q:
    """Return the condition of `_lastUpdated`. Raises Problem.

    The exact moment takes four look-ups a notice. A sync asks for what is newer than its last: whatever can be is found
    by its own times first, and the moment reckoned for those alone.
    """
    exact = parameters.dated("updated_at", value, clinic.zone)
    since = parameters.earliest(value, clinic.zone)
    return exact if since is None else exact & changed_since(since, clinic)


def changed_since(since: datetime, clinic: Clinic) -> Q:
    """Return the condition that something of a notice was written then or later."""
    hops, events = Delivery.objects.of(clinic), DeliveryEvent.objects.filter(delivery__clinic=clinic, at__gte=since)
    newer = hops.filter(Q(created_at__gte=since) | Q(accepted_at__gte=since) | Q(settled_at__gte=since))
    by_hop = Q(pk__in=newer.values("notification")) | Q(pk__in=events.order_by().values("delivery__notification"))
    return Q(event_at__gte=since) | Q(settled_at__gte=since) | by_hop


def rows(clinic: Clinic) -> ClinicQuerySet:
    """Return the clinic's notices with status and times as FHIR has them; no text, address or token is loaded."""
    hops = Delivery.objects.only(*HOP_COLUMNS).order_by("pk")
    found = Notification.objects.of(clinic).select_related("clinic").prefetch_related(Prefetch("deliveries", hops))
    described: ClinicQuerySet = found.annotate(
        status=STATUS,
        sent=of_hops(Min("accepted_at")),
        received=of_hops(Min("settled_at", filter=Q(state=DeliveryState.DELIVERED))),
        updated_at=last_updated(),
    ).only(*COLUMNS, "clinic__name")
    return described


def write(page: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the resources; one query for the appointments that there still are."""
    about = {row.subject_id for row in page if row.subject_type == SubjectType.APPOINTMENT}
    there = set(Appointment.objects.filter(pk__in=about).values_list("pk", flat=True)) if about else set()
    return [communication(row, there) for row in page]


def communication(row: Any, appointments: set[int]) -> dict[str, Any]:
    """Return one resource."""
    is_there = row.subject_type == SubjectType.APPOINTMENT and row.subject_id in appointments
    is_reminder = row.kind == NoticeKind.APPOINTMENT_REMINDER
    media = dict.fromkeys(hop.channel for hop in row.deliveries.all())
    sender = External(row.external).label if row.external else row.clinic.name
    return without_empty(
        {
            "resourceType": "Communication",
            "id": str(row.pk),
            "meta": {"lastUpdated": instant(row.updated_at)},
            "status": row.status,
            "statusReason": why(row),
            "category": [concept(CATEGORY, "reminder" if is_reminder else "notification")],
            "medium": [concept(*MEDIUM[channel]) for channel in media],
            "subject": {"reference": f"Patient/{row.patient_id}"},
            "topic": concept(KINDS, row.kind, label_of(NoticeKind, row.kind)),
            "about": [{"reference": f"Appointment/{row.subject_id}"}] if is_there else [],
            "sent": instant(row.sent) if row.sent else "",
            "received": instant(row.received) if row.received else "",
            "sender": {"display": str(sender)},
        }
    )


def why(row: Any) -> dict[str, Any]:
    """Return the reason: the notice's own, or that of the last hop that has one. What went out needs none."""
    if row.status == "completed":
        return {}
    hops = [hop.reason for hop in row.deliveries.all() if hop.reason]
    reason = row.reason or (hops[-1] if hops else "")
    return concept(REASONS, reason, label_of(Reason, reason)) if reason else {}


COMMUNICATION = Kind(
    name="Communication",
    scope=Scope.COMMUNICATION,
    rows=rows,
    write=write,
    patient_of=lambda row: row.patient_id,
    narrowings={
        "_id": lambda value, clinic: Q(pk__in=parameters.keys(value, "Communication", BASE)),
        "_lastUpdated": updated,
        "patient": lambda value, clinic: Q(patient__in=parameters.keys(value, "Patient", BASE)),
        "status": lambda value, clinic: Q(status__in=parameters.codes(value, EVENT_STATUS, KNOWN, "status")),
        "sent": lambda value, clinic: parameters.dated("sent", value, clinic.zone),
    },
    types={"_id": "token", "_lastUpdated": "date", "patient": "reference", "status": "token", "sent": "date"},
)
