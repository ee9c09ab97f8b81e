"""HTTP basic authentication, computed once per name and secret."""

from __future__ import annotations

import base64
from functools import cache


@cache
def basic(name: str, secret: str) -> bytes:
    """Return the Authorization header that the name and secret make."""
    return b"Basic " + base64.b64encode(f"{name}:{secret}".encode())
