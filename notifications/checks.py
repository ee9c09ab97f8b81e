"""Refuse to start in a state that would leak, lose or fake notices (design, section 5)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def no_sandbox_in_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """With DEBUG off, no provider may be the sandbox, and every secret must be set."""
    if settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    loopback = ("//127.", "//localhost", "//[::1]")
    gateways = {f"{name.upper()}_GATEWAY_URL": gateway["URL"] for name, gateway in settings.GATEWAYS.items()}
    for name, url in {
        "SANDBOX_URL": settings.SANDBOX_URL,
        "TWILIO_BASE_URL": settings.TWILIO_BASE_URL,
        "MAILGUN_API_URL": settings.ANYMAIL["MAILGUN_API_URL"],
        "PUSH_BASE_URL": settings.PUSH_BASE_URL,
        **gateways,
    }.items():
        if url and (name in {"SANDBOX_URL", "PUSH_BASE_URL"} or any(part in url for part in loopback)):
            found.append(Error(f"{name} points at a sandbox while DEBUG is off.", id="notifications.E001"))
    if not settings.ANYMAIL["WEBHOOK_SECRET"] or (
        settings.EMAIL_PROVIDER == "mailgun" and not settings.ANYMAIL["MAILGUN_WEBHOOK_SIGNING_KEY"]
    ):
        found.append(
            Error(
                "Set ANYMAIL_WEBHOOK_SECRET and MAILGUN_WEBHOOK_SIGNING_KEY: webhooks must be verified.",
                id="notifications.E002",
            )
        )
    if not settings.TWILIO_AUTH_TOKEN:
        found.append(Error("Set TWILIO_AUTH_TOKEN: status callbacks must be verified.", id="notifications.E003"))
    if not settings.PUBLIC_BASE_URL.startswith("https://"):
        found.append(Error("PUBLIC_BASE_URL must be https.", id="notifications.E004"))
    for name, url in gateways.items():
        if url and not url.startswith("https://"):
            found.append(Error(f"{name} must be https: e-contact is read there.", id="notifications.E005"))
    for name, gateway in settings.GATEWAYS.items():
        if gateway["URL"] and not gateway["TOKEN"]:
            found.append(Error(f"Set {name.upper()}_GATEWAY_TOKEN.", id="notifications.E006"))
    return found
