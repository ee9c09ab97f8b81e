"""How the engine is doing: the bell, the alarms that staff see, the heartbeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.models import Clinic
from notifications.kinds import FAILED_STATES, Reason
from notifications.models import ChannelPause, Delivery, Heartbeat

BELL_WINDOW = timedelta(days=7)
BEAT_EVERY = timedelta(seconds=10)
SILENT_AFTER = timedelta(seconds=60)
ALARM_AFTER = timedelta(minutes=2)  # a short rest after a 429 alarms nobody
SOURCES: list[Callable[[Clinic, datetime], Sequence[str]]] = []  # apps above add theirs in `AppConfig.ready()`


@dataclass(frozen=True, slots=True)
class Alarms:
    """What every staff page shows."""

    failed: int = 0  # deliveries that ended badly the last seven days, the bell
    messages: Sequence[str] = field(default_factory=list)


def alarms(clinic: Clinic) -> Alarms:
    """Return the clinic's bell and the engine's alarms, in three queries and those of other apps."""
    now = timezone.now()
    failed = Delivery.objects.of(clinic).filter(state__in=FAILED_STATES, settled_at__gte=now - BELL_WINDOW)
    others = [words for ask in SOURCES for words in ask(clinic, now)]
    return Alarms(failed.count(), [*pause_messages(now), *silence_messages(now), *others])


def pause_messages(now: datetime) -> list[str]:
    """Say which channels rest, and why."""
    return [
        _("%(channel)s er på pause: %(reason)s. Varslene ligger i kø og går ut når feilen er rettet.")
        % {"channel": pause.get_channel_display(), "reason": pause.get_reason_display()}
        for pause in ChannelPause.objects.order_by("channel")
        if pause.reason == Reason.PROVIDER_SETUP or pause.since < now - ALARM_AFTER
    ]


def silence_messages(now: datetime) -> list[str]:
    """Say so when no tick has run for a minute: a worker can be connected and dead."""
    beat = Heartbeat.objects.filter(name="engine").first()
    if beat and beat.at < now - SILENT_AFTER:
        return [_("Varslingsmotoren har ikke meldt seg på over ett minutt. Varsler sendes når den er i gang igjen.")]
    return []


def beat(now: datetime) -> None:
    """Note that the engine runs, at most every ten seconds."""
    if Heartbeat.objects.filter(name="engine", at__gt=now - BEAT_EVERY).exists():
        return
    if not Heartbeat.objects.filter(name="engine").update(at=now):
        try:
            with transaction.atomic():
                Heartbeat.objects.create(name="engine", at=now)
        except IntegrityError:  # another worker was first
            return
