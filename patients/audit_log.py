"""The audit log as its readers see it: narrowed, page by page and with names (threat 34)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinics.models import AuditEvent, Clinic, User
from patients import audit_words
from patients.models import Patient

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log: the event, the card it concerns if there still is one, and where in words.

    Without an actor: the relation by which somebody acted for the patient and the name that the clinic knows them by,
    or the system that did it; neither is the patient, or the engine.
    """

    event: AuditEvent
    patient: Patient | None
    where: str
    proxy: int = 0
    proxy_name: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and the key of the next page; empty when there is none."""

    lines: Sequence[Line]
    more: str


def narrowed(
    clinic: Clinic,
    *,
    actor: int | None = None,
    action: str = "",
    patient: int | None = None,
    first: date | None = None,
    last: date | None = None,
) -> QuerySet[AuditEvent]:
    """Return the clinic's events that fit; the days count in the clinic's time zone, both included."""
    wanted = Q()
    if actor:
        wanted &= Q(actor=actor)
    if action:
        wanted &= Q(action=action)
    if patient:
        wanted &= Q(patient_id=patient)
    if first:
        wanted &= Q(at__gte=datetime.combine(first, time(), clinic.zone))
    if last:
        wanted &= Q(at__lt=datetime.combine(last + timedelta(days=1), time(), clinic.zone))
    rows: QuerySet[AuditEvent] = AuditEvent.objects.of(clinic).filter(wanted)
    return rows


def page(rows: QuerySet[AuditEvent], key: str, clinic: Clinic) -> Page:
    """Return the lines after the key, newest first; a key that cannot be read begins at the beginning.

    Two queries, and one more where somebody has acted for a patient.
    """
    at, pk = parsed(key)
    if at:
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    found = list(rows.select_related("actor").order_by("-at", "-pk")[: PAGE + 1])
    events = found[:PAGE]
    cards = Patient.objects.of(clinic).in_bulk({event.patient_id for event in events if event.patient_id})
    names = proxy_names({audit_words.proxy_in(event.what) for event in events} - {0}, clinic)
    lines = [line(event, cards.get(event.patient_id or 0), names) for event in events]
    return Page(lines, key_of(events[-1]) if len(found) > PAGE else "")


def line(event: AuditEvent, patient: Patient | None, names: Mapping[int, str]) -> Line:
    """Return the event as its readers see it."""
    proxy, system = audit_words.proxy_in(event.what), audit_words.SYSTEMS.get(event.source, "")
    return Line(event, patient, audit_words.where(event.what), proxy, names.get(proxy, ""), system)


def proxy_names(keys: set[int], clinic: Clinic) -> dict[int, str]:
    """Return the names of those who have a card of their own at the clinic, by their relation."""
    if not keys:
        return {}
    rows = Patient.objects.of(clinic).filter(person__proxied__in=keys).annotate(proxy=F("person__proxied"))
    return {card.proxy: str(card) for card in rows if card.proxy in keys}


def colleagues(clinic: Clinic) -> QuerySet[User]:
    """Return everyone who works or has worked at the clinic."""
    return User.objects.filter(memberships__clinic=clinic).order_by("last_name", "first_name", "pk")


def parsed(key: str) -> tuple[datetime | None, int]:
    """Read a page key: time and id."""
    text, _bar, pk = key.partition("_")
    try:
        at = parse_datetime(text)
    except ValueError:
        return None, 0
    is_readable = at and timezone.is_aware(at) and pk.isdecimal() and len(pk) < 19
    return (at, int(pk)) if is_readable else (None, 0)


def key_of(event: Any) -> str:
    """Return where the next page begins."""
    return f"{event.at:%Y-%m-%dT%H:%M:%S.%fZ}_{event.pk}"
