"""What HTTP tells whatever the dialect: did the message certainly not go, and how long to wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from notifications.kinds import Reason
from notifications.providers.base import Outcome

LONGEST_REST = timedelta(hours=1)
SHORTEST_REST = timedelta(seconds=1)
SETUP_STATUSES = frozenset({401, 402, 403, 404, 405})  # wrong key, account, plan or address: ours to mend
BUSY_STATUSES = frozenset({408, 409, 425, 429})  # refused unprocessed


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the provider asks us to rest: seconds or an HTTP date, between a second and an hour."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        wish = timedelta(seconds=float(value)) if value[0].isdigit() else _until(value)
    except (ValueError, OverflowError):
        return None
    return min(max(wish, SHORTEST_REST), LONGEST_REST)


def _until(value: str) -> timedelta:
    moment = parsedate_to_datetime(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)


def by_status(status: int, code: str, headers: Mapping[str, str]) -> Outcome:
    """Return what an HTTP error status means when the dialect's own code says nothing more."""
    code = code or str(status)
    if status in BUSY_STATUSES:
        return Outcome.later(Reason.PROVIDER_BUSY, code, retry_after(headers))
    if status in SETUP_STATUSES or 300 <= status < 400:  # a redirect: the base URL is wrong
        return Outcome.setup(code)
    if 400 <= status < 500:
        return Outcome.refused(Reason.REJECTED, code)
    return Outcome.unknown(Reason.PROVIDER_ERROR, code)
