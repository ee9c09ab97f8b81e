"""The log of calls: one row a minute for those that went the same way, without content, kept 90 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Sum

from clinics.models import Clinic
from integrations.neighbour_models import Call, InboxEvent, Result, Why

KEPT = timedelta(days=90)
VERIFIED = (Result.DONE, Result.REPEATED, Result.REFUSED)


def note(clinic: Clinic, neighbour: str, kind: str, result: Result, reason: Why | None, now: datetime) -> None:
    """Count one call."""
    known = {
        "clinic": clinic,
        "neighbour": neighbour,
        "kind": kind[:32],
        "result": result,
        "reason": reason or "",
        "minute": now.replace(second=0, microsecond=0),
    }
    if not count_up(known, now) and not Call.objects.get_or_create(**known, defaults={"at": now})[1]:
        count_up(known, now)  # another worker wrote the minute's first meanwhile


def count_up(known: dict[str, Any], now: datetime) -> int:
    """Count one more of the same. Returns 0 when it is the minute's first."""
    return Call.objects.filter(**known).update(count=F("count") + 1, at=now)


def this_minute(clinic: Clinic, neighbour: str, now: datetime) -> int:
    """Return how many calls with the right signature have come in this minute; forgeries take nobody's place."""
    minute = now.replace(second=0, microsecond=0)
    rows = Call.objects.of(clinic).filter(neighbour=neighbour, minute=minute, result__in=VERIFIED)
    total: int | None = rows.aggregate(total=Sum("count"))["total"]
    return total or 0


def purge(now: datetime) -> None:
    """Forget what is older than 90 days."""
    Call.objects.filter(at__lt=now - KEPT).delete()
    InboxEvent.objects.filter(received_at__lt=now - KEPT).delete()
