"""How long a provider may keep trying: never past the notice's own end."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def seconds_left(expires_at: datetime, *, longest: int) -> int:
    """Return the seconds until then, at least 1 and at most `longest`."""
    return max(1, min(longest, int((expires_at - timezone.now()).total_seconds())))
