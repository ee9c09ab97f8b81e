"""What becomes of a mail, as Mailgun's events API and its signed webhooks tell it."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time

from sandbox.auth import basic
from sandbox.courier import Call
from sandbox.world import Message, Settings

WEBHOOK = "/webhooks/email/mailgun/"
FAILURES: dict[str, dict[str, object]] = {
    "unknown": {
        "severity": "permanent",
        "reason": "bounce",
        "delivery-status": {
            "code": 550,
            "enhanced-code": "5.1.1",
            "message": "5.1.1 The email account that you tried to reach does not exist",
            "description": "Not delivering to previously bounced address",
        },
    },
    "full": {
        "severity": "permanent",
        "reason": "bounce",
        "delivery-status": {
            "code": 552,
            "enhanced-code": "5.2.2",
            "message": "5.2.2 Mailbox full",
            "description": "Mailbox full",
        },
    },
    "temporary": {
        "severity": "temporary",
        "reason": "generic",
        "delivery-status": {"code": 451, "message": "4.7.1 Greylisted, please try again later", "description": ""},
    },
}
STORIES = {
    "delivered": ("accepted", "delivered"),
    "accepted": ("accepted",),
    "unknown": ("accepted", "unknown"),
    "full": ("accepted", "full"),
    "temporary": ("accepted", "temporary", "delivered"),
    "complaint": ("accepted", "delivered", "complained"),
}


def story(message: Message) -> list[dict[str, object]]:
    """Return the message's events, oldest first, a millisecond apart; the last is now, for nobody lists the future."""
    names = STORIES[message.outcome]
    return [_event(message, name, message.at - (len(names) - n) / 1000) for n, name in enumerate(names, 1)]


def _event(message: Message, name: str, at: float) -> dict[str, object]:
    event: dict[str, object] = {
        "event": "failed" if name in FAILURES else name,
        "id": secrets.token_urlsafe(12),
        "timestamp": at,
        "recipient": message.to,
        "user-variables": {"attempt": message.token} if message.token else {},
        "message": {
            "headers": {
                "message-id": message.id.strip("<>"),
                "to": message.to,
                "from": message.sender,
                "subject": message.subject,
            }
        },
        "tags": [],
    }
    if name == "delivered":
        event["delivery-status"] = {"code": 250, "message": "OK", "description": ""}
    return event | FAILURES.get(name, {})


def calls_for(message: Message, settings: Settings) -> list[Call]:
    """Return the genuine webhooks of a message."""
    return [_call(event, settings, settings.signing_key) for event in message.events]


def forged_for(message: Message, settings: Settings) -> list[Call]:
    """Return a webhook that claims a bounce and is signed with a key that is not ours."""
    bounce = message.events[0] | {"event": "failed"} | FAILURES["unknown"]
    return [_call(bounce, settings, "forged")]


def _call(event: dict[str, object], settings: Settings, key: str) -> Call:
    stamp, token = str(int(time.time())), secrets.token_hex(25)
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    payload = {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": event}
    name, _, secret = settings.webhook_secret.partition(":")
    headers = {"Content-Type": "application/json", "Authorization": basic(name, secret).decode()}
    forged = key != settings.signing_key
    return Call("email", WEBHOOK, json.dumps(payload).encode(), headers, str(event["event"]), forged=forged)
