"""Refuse to start with a way to log in that anyone on the network could pose as (spec K1)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from portal import oidc


@register()
def providers_are_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every provider has its fields and at least one level; with DEBUG off its issuer is https and no sandbox."""
    try:
        found = oidc.providers()
    except (TypeError, KeyError) as error:
        return [Error(f"OIDC_PROVIDERS: {error}", id="portal.E001")]
    wrong: list[CheckMessage] = []
    for one in found:
        if not (one.acr and one.client_id and one.client_secret):
            wrong.append(Error(f"OIDC_PROVIDERS: {one.name} lacks acr or client.", id="portal.E002"))
        if not settings.DEBUG and not one.issuer.startswith("https://"):
            wrong.append(Error(f"OIDC_PROVIDERS: {one.name}'s issuer must be https.", id="portal.E003"))
    return wrong
