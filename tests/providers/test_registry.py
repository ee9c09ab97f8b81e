"""Which provider serves a channel, and whether it is a real one."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from notifications.kinds import Channel
from notifications.providers.registry import provider_for


@pytest.mark.parametrize(("name", "kind"), [("mailgun", "mailgun"), ("smtp", "smtp")])
def test_the_setting_chooses_the_mail_provider(settings: object, name: str, kind: str) -> None:
    settings.EMAIL_PROVIDER = name

    assert provider_for(Channel.EMAIL).name == kind


def test_an_unknown_mail_provider_is_said_aloud(settings: object) -> None:
    settings.EMAIL_PROVIDER = "pigeon"

    with pytest.raises(ImproperlyConfigured, match="mailgun, smtp"):
        provider_for(Channel.EMAIL)


def test_a_channel_keeps_its_provider() -> None:
    assert provider_for(Channel.SMS) is provider_for(Channel.SMS)


@pytest.mark.parametrize(
    ("url", "real"),
    [
        ("https://api.twilio.com", True),
        ("http://127.0.0.1:8001", False),
        ("http://localhost:8001", False),
        ("http://[::1]:8001", False),
        ("http://127.8.8.8", False),
        ("http://sandbox:8001", False),
        ("https://127.0.0.1.evil.no", True),
        ("https://localhost.evil.no", True),
    ],
)
def test_only_this_machine_and_the_sandbox_are_not_real(settings: object, url: str, real: bool) -> None:
    settings.SANDBOX_URL = "http://sandbox:8001"
    settings.TWILIO_BASE_URL = url

    assert provider_for(Channel.SMS).is_real is real


@pytest.mark.parametrize(("host", "real"), [("smtp.example.com", True), ("localhost", False), ("127.0.0.1", False)])
def test_a_local_mail_server_is_not_real(settings: object, host: str, real: bool) -> None:
    settings.EMAIL_PROVIDER = "smtp"
    settings.EMAIL_HOST = host

    assert provider_for(Channel.EMAIL).is_real is real
