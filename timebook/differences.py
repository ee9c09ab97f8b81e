"""What two editors of one appointment disagree about, in words (threat 29)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

if TYPE_CHECKING:
    from timebook.models import Appointment

FIELDS = ("starts_at", "ends_at", "practitioner", "place", "type", "remark")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what stands, and what was typed."""

    label: str
    stands: str
    typed: str


def differences(current: Appointment, typed: Mapping[str, Any]) -> list[Difference]:
    """Return the fields whose values differ."""
    zone = current.clinic.zone
    return [
        Difference(label(current, name), words(getattr(current, name), zone), words(typed[name], zone))
        for name in FIELDS
        if name in typed and getattr(current, name) != typed[name]
    ]


def label(current: Appointment, name: str) -> str:
    """Return the field's name as staff know it."""
    return str(getattr(current._meta.get_field(name), "verbose_name", name)).capitalize()


def words(value: object, zone: ZoneInfo) -> str:
    """Return a value as staff read it; «–» for none."""
    if isinstance(value, datetime):
        return date_format(value.astimezone(zone), "d.m.Y H:i")
    return str(value) if value else "–"
