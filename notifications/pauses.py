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
Lesson = tuple[Reason, timedelta]
WAKE: Lesson = Reason.NO_ANSWER, timedelta(0)  # rest no longer


def allowance(channel: Channel, now: datetime, limit: int) -> int:
    """Return how many may be claimed: none while resting, one as a probe after the rest, else the limit."""
    pause = ChannelPause.objects.filter(channel=channel).first()
    if pause is None:
        return limit
    return 0 if pause.until > now else 1


def learn(channel: Channel, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Pause or wake the channel by what the batch met."""
    lesson = lesson_of(outcomes)
    if lesson == WAKE:
        ChannelPause.objects.filter(channel=channel).delete()
    elif lesson:
        rest(channel, *lesson, now)


def lesson_of(outcomes: Sequence[Outcome]) -> Lesson | None:
    """Say why and how long to rest, WAKE when the provider answers again, or None when the batch taught nothing."""
    verdicts = [outcome.verdict for outcome in outcomes]
    silence = timedelta(seconds=settings.BREAKER_SECONDS)
    if Verdict.SETUP in verdicts:
        return Reason.PROVIDER_SETUP, SETUP_REST
    if waits := [outcome.retry_after for outcome in outcomes if outcome.retry_after]:
        return Reason.PROVIDER_BUSY, max(waits)
    if Verdict.ACCEPTED in verdicts or Verdict.REFUSED in verdicts:
        return WAKE
    if verdicts.count(Verdict.UNKNOWN) >= BREAKER:
        return Reason.NO_ANSWER, silence
    if any(outcome.reason in SILENT for outcome in outcomes):
        return Reason.PROVIDER_DOWN, silence
    return None


def rest(channel: Channel, reason: Reason, how_long: timedelta, now: datetime) -> None:
    """Let the channel rest; a longer rest with the same cause keeps its beginning."""
    ChannelPause.objects.update_or_create(
        channel=channel,
        defaults={"reason": reason, "until": now + how_long},
        create_defaults={"reason": reason, "until": now + how_long, "since": now},
    )
