"""A requests session that ends: no redirects, and a deadline for the whole answer, not only for each byte."""

from __future__ import annotations

import time
from typing import Any

import requests
from urllib3 import exceptions as wire

NEVER_CONNECTED = (wire.NewConnectionError, wire.NameResolutionError, wire.ConnectTimeoutError, wire.SSLError)
NEVER_LEFT = (
    requests.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)


class EndingSession(requests.Session):
    """Gives up after `total` seconds; a server that drips one byte at a time cannot hold a worker."""

    def __init__(self, *, connect: float, total: float) -> None:
        super().__init__()
        self.limits = connect, total
        self.max_redirects = 0
        self.trust_env = False  # no proxy and no .netrc from the environment

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Send a request and read the answer; raises requests.ConnectionError when it is not complete in time."""
        deadline = time.monotonic() + self.limits[1]
        options |= {"timeout": self.limits, "stream": True, "allow_redirects": False}
        response = super().request(method, url, *args, **options)
        try:
            response._content = _body(response, deadline)  # what reading without `stream` would have set
        except (wire.HTTPError, OSError) as problem:
            raise requests.ConnectionError(problem) from problem
        finally:
            response.close()
        return response


def _body(response: requests.Response, deadline: float) -> bytes:
    parts = []
    while part := response.raw.read1(decode_content=True):
        parts.append(part)
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long")
    return b"".join(parts)


def never_left(problem: BaseException) -> bool:
    """Whether the request certainly never left: no address, no connection or no TLS."""
    seen: object = problem
    for _ in range(6):
        if isinstance(seen, NEVER_LEFT + NEVER_CONNECTED):
            return True
        seen = (
            getattr(seen, "reason", None) or getattr(seen, "__cause__", None) or (getattr(seen, "args", None) or [0])[0]
        )
    return False
