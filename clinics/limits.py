"""How often one address may ask for what needs no log-in (threat 7)."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """Return the client's address behind the trusted proxies; of an IPv6 address the network that one customer has."""
    try:
        return str(ratelimit.get_ip(request))
    except PermissionDenied:
        return "unknown"


def is_too_often(request: HttpRequest, what: str, *, most: int) -> bool:
    """Count one call of the kind from the address, and say whether it is more than `most` within a minute."""
    rates = {what: f"{most}/m/key"}
    used = ratelimit.consume(request, app="clinics", action=what, config=rates, key=address(request), limit_get=True)
    return used is None
