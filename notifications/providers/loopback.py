"""Whether an address leads out of this machine; demo data may only be handed over when it does not."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings


def is_loopback(host: str) -> bool:
    """Whether the host name or address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def leads_out(url: str) -> bool:
    """Whether the URL is a real provider's: neither this machine nor the sandbox's own host."""
    host = urlsplit(url).hostname or ""
    sandbox = urlsplit(settings.SANDBOX_URL).hostname if settings.SANDBOX_URL else None
    return not is_loopback(host) and host != sandbox
