"""The SMS gateway's status callbacks, signed as Twilio signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from sandbox.courier import Call
from sandbox.world import Message, Settings


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Return X-Twilio-Signature: HMAC-SHA1 over the URL followed by every name and value, sorted by name."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def steps(outcome: str) -> list[tuple[str, str]]:
    """Return the (status, error code) pairs a message goes through."""
    match outcome:
        case "delivered":
            return [("queued", ""), ("sent", ""), ("delivered", "")]
        case "sent":
            return [("queued", ""), ("sent", "")]
        case "30036":
            return [("queued", ""), ("failed", outcome)]
        case _:
            return [("queued", ""), ("sent", ""), ("undelivered", outcome)]


def last_status(outcome: str) -> tuple[str, str]:
    """Return where a message with this outcome ends."""
    return steps(outcome)[-1]


def calls_for(message: Message, settings: Settings) -> list[Call]:
    """Return the genuine callbacks of a message."""
    return [_call(message, settings, step) for step in steps(message.outcome)]


def forged_for(message: Message, settings: Settings) -> list[Call]:
    """Return a callback that claims failure and is signed with a key that is not ours."""
    return [_call(message, settings, ("undelivered", "30005"), forged=True)]


def _call(message: Message, settings: Settings, step: tuple[str, str], *, forged: bool = False) -> Call:
    status, code = step
    form = {
        "AccountSid": settings.account_sid,
        "ApiVersion": "2010-04-01",
        "From": message.sender,
        "MessageSid": message.id,
        "MessageStatus": status,
        "SmsSid": message.id,
        "SmsStatus": status,
        "To": message.to,
    }
    if code:
        form["ErrorCode"] = code
    key = "forged" if forged else settings.auth_token
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature(key, message.callback, form),
    }

    def arrive() -> None:
        message.status, message.code = status, code

    body = urlencode(form).encode()
    before = None if forged else arrive
    return Call("sms", message.callback, body, headers, status, forged=forged, before=before)
