"""A neighbour that signs as its contract says, with code of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clinics.models import Clinic
from integrations import keys
from integrations.neighbour_models import Call, KeyPair, Neighbour

NUMBERS = itertools.count(1)


class Caller:
    """One clinic's neighbour with its key pair."""

    def __init__(self, clinic: Clinic, neighbour: Neighbour) -> None:
        self.clinic, self.neighbour = clinic, neighbour
        self.pair = keys.make(clinic, neighbour, by=None, seen=0, now=timezone.now())
        self.secret = keys.shown(self.pair)

    def tell(self, type_: str, event_id: str = "", **data: Any) -> HttpResponse:
        """Send one event; every call is another one unless the id is given."""
        return self.send(json.dumps({"type": type_, "data": data}).encode(), event_id=event_id)

    def send(self, body: bytes, *, event_id: str = "", at: datetime | None = None, **headers: str) -> HttpResponse:
        """Sign and send a body; `headers` replace the real ones, None leaves one out."""
        signed = self.headers(body, event_id or f"msg_{next(NUMBERS)}", at or timezone.now())
        return post(self.neighbour, body, {**signed, **headers})

    def headers(self, body: bytes, event_id: str, at: datetime) -> dict[str, str]:
        """Return the headers of Standard Webhooks, and whose key it is."""
        timestamp = str(int(at.timestamp()))
        return {
            "webhook-key": self.pair.key_id,
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.secret, event_id, timestamp, body),
        }

    def log(self) -> list[tuple[str, str, str, int]]:
        """Return what the manager's page says of the calls, oldest first."""
        rows = Call.objects.filter(clinic=self.clinic, neighbour=self.neighbour).order_by("pk")
        return list(rows.values_list("kind", "result", "reason", "count"))


def signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """Sign as the contract says."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def post(
    neighbour: str, body: bytes, headers: Mapping[str, str | None], kind: str = "application/json"
) -> HttpResponse:
    """Post without log-in or CSRF token."""
    sent = {name: value for name, value in headers.items() if value is not None}
    return Client(enforce_csrf_checks=True).post(f"/api/naboer/{neighbour}/v1/events", body, kind, headers=sent)


def pair_of(caller: Caller) -> KeyPair:
    """Return the pair as it is now."""
    return KeyPair.objects.get(pk=caller.pair.pk)
