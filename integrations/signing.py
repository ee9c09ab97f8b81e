"""Standard Webhooks signatures (HMAC-SHA256 over id, timestamp and body): sign and check. Pure.

The library of that name is not used: it lets a malformed signature escape as ValueError, reads timestamps as floats,
and signs the rounded one instead of what was sent.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=5)
ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)  # no comma: two headers of the name come joined by one
TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)  # whole seconds since the epoch
SIGNATURE = re.compile(r"v1,([A-Za-z0-9+/]{43}=)", re.ASCII)
MOST_SIGNATURES = 4  # two while rotating; more is someone trying


@dataclass(frozen=True, slots=True)
class Knock:
    """One call as it came: who says to call, what they signed it with, and the body."""

    key_id: str
    event_id: str
    timestamp: str
    signatures: str = field(repr=False)
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, headers: Mapping[str, str], body: bytes) -> Knock:
        """Read the headers; a missing one is empty, and fails."""
        return cls(
            key_id=headers.get("webhook-key", ""),
            event_id=headers.get("webhook-id", ""),
            timestamp=headers.get("webhook-timestamp", ""),
            signatures=headers.get("webhook-signature", ""),
            body=body,
        )

    @property
    def is_well_formed(self) -> bool:
        """Whether every header is one that a real neighbour could send."""
        fits = ID.fullmatch(self.key_id) and ID.fullmatch(self.event_id) and TIMESTAMP.fullmatch(self.timestamp)
        return bool(fits and self.signatures)

    def is_signed_by(self, secrets: Sequence[bytes]) -> bool:
        """Whether one of the signatures was made with one of the secrets."""
        if not self.is_well_formed:
            return False
        given = [match[1] for one in self.signatures.split(" ") if (match := SIGNATURE.fullmatch(one))]
        wanted = [sign(secret, self.event_id, self.timestamp, self.body) for secret in secrets]
        return any(hmac.compare_digest(f"v1,{one}", right) for one in given[:MOST_SIGNATURES] for right in wanted)

    def is_fresh(self, now: datetime) -> bool:
        """Whether it was signed within the replay window, before or after `now`."""
        try:
            return abs(now - datetime.fromtimestamp(int(self.timestamp), UTC)) <= WINDOW
        except (OverflowError, OSError, ValueError):
            return False


def sign(secret: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature header's value."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    return f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"
