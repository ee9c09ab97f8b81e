"""A channel that rests, and how it wakes: 429, wrong set-up, or a provider that has stopped answering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from notifications.kinds import Channel, Reason
from notifications.models import ChannelPause
from notifications.providers.base import Outcome, Verdict

SETUP_REST = timedelta(minutes=2)  # then one message is tried again
BREAKER = 5  # unknown outcomes in one batch with nothing accepted
SILENT = frozenset({Reason.PROVIDER_DOWN})


def allowance(channel: Channel, now: datetime, limit: int) -> int:
    """Return how many may be claimed: none while resting, one as a probe after the rest, else the limit."""
    pause = ChannelPause.objects.filter(channel=channel).first()
    if pause is None:
        return limit
    return 0 if pause.until > now else 1


def learn(channel: Channel, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Pause or wake the channel by what the batch met."""
    verdicts = [outcome.verdict for outcome in outcomes]
    if Verdict.SETUP in verdicts:
        rest(channel, Reason.PROVIDER_SETUP, SETUP_REST, now)
    elif waits := [outcome.retry_after for outcome in outcomes if outcome.retry_after]:
        rest(channel, Reason.PROVIDER_BUSY, max(waits), now)
    elif Verdict.ACCEPTED in verdicts or Verdict.REFUSED in verdicts:
        ChannelPause.objects.filter(channel=channel).delete()
    elif verdicts.count(Verdict.UNKNOWN) >= BREAKER:
        rest(channel, Reason.NO_ANSWER, timedelta(seconds=settings.BREAKER_SECONDS), now)
    elif any(outcome.reason in SILENT for outcome in outcomes):
        rest(channel, Reason.PROVIDER_DOWN, timedelta(seconds=settings.BREAKER_SECONDS), now)


def rest(channel: Channel, reason: Reason, how_long: timedelta, now: datetime) -> None:
    """Let the channel rest; a longer rest with the same cause keeps its beginning."""
    ChannelPause.objects.update_or_create(
        channel=channel,
        defaults={"reason": reason, "until": now + how_long},
        create_defaults={"reason": reason, "until": now + how_long, "since": now},
    )
