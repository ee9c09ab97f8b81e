"""Which provider serves a channel."""

from __future__ import annotations

from notifications.kinds import Channel
from notifications.providers.base import Provider


def provider_for(channel: Channel) -> Provider:
    """Return the channel's provider."""
    raise LookupError(channel)
