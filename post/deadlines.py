"""When an e-consultation must be answered (research: domain.md, Post types). Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from post.models import DialogKind

ANSWER_WITHIN = timedelta(days=5)  # days on the calendar, weekends included: the rule makes no exception


def answer_by(kind: str, written_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the deadline in UTC: the same clock time five days later in the clinic's zone, also over a DST change.

    A clock time that is skipped that night means the moment after the skip. Other kinds have none.
    """
    if kind != DialogKind.E_CONSULTATION:
        return None
    wall = written_at.astimezone(zone).replace(tzinfo=None) + ANSWER_WITHIN
    return wall.replace(tzinfo=zone).astimezone(UTC)
