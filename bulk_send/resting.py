"""A gateway that rests, how it wakes, and when staff hear of it: the same lessons as for channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from bulk_send.models import GatewayPause
from clinics.models import Clinic
from notifications.health import ALARM_AFTER
from notifications.kinds import Reason
from notifications.pauses import WAKE, lesson_of
from notifications.providers.base import Outcome


def allowance(provider: str, now: datetime, limit: int) -> int:
    """Return how many may be claimed: none while resting, one as a probe after the rest, else the limit."""
    pause = GatewayPause.objects.filter(provider=provider).first()
    if pause is None:
        return limit
    return 0 if pause.until > now else 1


def learn(provider: str, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Pause or wake the gateway by what the batch met; a longer rest keeps its beginning."""
    lesson = lesson_of(outcomes)
    if lesson == WAKE:
        GatewayPause.objects.filter(provider=provider).delete()
    elif lesson:
        reason, how_long = lesson
        until = {"reason": reason, "until": now + how_long}
        GatewayPause.objects.update_or_create(
            provider=provider, defaults=until, create_defaults={**until, "since": now}
        )


def alarms(clinic: Clinic, now: datetime) -> Sequence[str]:
    """Say that the clinic's own provider rests, and why; a short rest alarms nobody."""
    if not clinic.econtact_provider:
        return ()
    return [
        _("%(provider)s er på pause: %(reason)s. E-kontaktene ligger i kø og går ut når feilen er rettet.")
        % {"provider": pause.get_provider_display(), "reason": Reason(pause.reason).label}
        for pause in GatewayPause.objects.filter(provider=clinic.econtact_provider)
        if pause.reason == Reason.PROVIDER_SETUP or pause.since < now - ALARM_AFTER
    ]
