"""Which provider serves a channel: a setting, read once."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import cache
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from notifications.kinds import Channel
from notifications.providers.base import Provider
from notifications.providers.mailgun import MailgunProvider
from notifications.providers.push import PushProvider
from notifications.providers.smtp import SmtpProvider
from notifications.providers.twilio import TwilioProvider


class Closing(Provider, Protocol):
    """A provider that holds connections."""

    def close(self) -> None:
        """Close them."""
        ...


EMAIL: dict[str, Callable[[], Closing]] = {"mailgun": MailgunProvider, "smtp": SmtpProvider}
READ = ("TWILIO_", "MAILGUN_", "ANYMAIL", "EMAIL_", "PUSH_", "PROVIDER_", "SMS_", "SANDBOX_")
MADE: list[Closing] = []


@cache
def provider_for(channel: Channel) -> Provider:
    """Return the channel's provider, the same one every time. Raises ImproperlyConfigured for an unknown one."""
    provider = _made(channel)
    MADE.append(provider)
    return provider


def _made(channel: Channel) -> Closing:
    match channel:
        case Channel.SMS:
            return TwilioProvider()
        case Channel.PUSH:
            return PushProvider()
        case Channel.EMAIL if settings.EMAIL_PROVIDER in EMAIL:
            return EMAIL[settings.EMAIL_PROVIDER]()
    raise ImproperlyConfigured(f"EMAIL_PROVIDER is one of {', '.join(EMAIL)}, not {settings.EMAIL_PROVIDER!r}")


@atexit.register
def forget() -> None:
    """Close every provider; the next call makes them anew."""
    provider_for.cache_clear()
    while MADE:
        MADE.pop().close()


@receiver(setting_changed, dispatch_uid="providers.forget")
def forget_changed(*, setting: str, **kwargs: object) -> None:
    """Forget the providers when a test changes what they have read."""
    if setting.startswith(READ):
        forget()
