"""Mailgun's webhooks, and the codes of refusals, in our words (spec J2; research §3 row 23)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from notifications.kinds import Channel, DeliveryState, Reason
from notifications.providers.base import InvalidSignature
from notifications.providers.mail_codes import code_of, reason_of, translate
from notifications.providers.registry import provider_for
from tests.providers.stages import MailgunStage
from tests.sandbox.running import Mailroom

TOKEN = "0123456789abcdef" * 2


def webhook(body: bytes, password: str = "hook:secret", content_type: str = "application/json") -> HttpRequest:
    """Return a webhook as it reaches the view."""
    headers = {"Authorization": "Basic " + base64.b64encode(password.encode()).decode()} if password else {}
    return RequestFactory().post("/webhooks/email/mailgun/", body, content_type=content_type, headers=headers)


def payload(event: object, *, key: str | None = None, at: float | None = None) -> bytes:
    """Return an event signed as Mailgun signs."""
    stamp = str(int(time.time() if at is None else at))
    secret = (key or os.environ["MAILGUN_WEBHOOK_SIGNING_KEY"]).encode()
    signature = hmac.new(secret, f"{stamp}abc".encode(), hashlib.sha256).hexdigest()
    return json.dumps(
        {"signature": {"timestamp": stamp, "token": "abc", "signature": signature}, "event-data": event}
    ).encode()


def event(name: str = "delivered", **more: object) -> dict[str, object]:
    """Return what became of a mail."""
    known = {"event": name, "timestamp": 1.0, "recipient": "a@x.no", "user-variables": {"attempt": TOKEN}}
    return {**known, "message": {"headers": {"message-id": "1@x"}}, **more}


@pytest.mark.parametrize(
    ("outcome", "states"),
    [
        ("delivered", [("accepted", None), ("delivered", None)]),
        ("unknown", [("accepted", None), ("bounced", Reason.UNKNOWN_ADDRESS)]),
        ("full", [("accepted", None), ("bounced", Reason.MAILBOX_FULL)]),
        ("temporary", [("accepted", None), ("delivered", None)]),
        ("complaint", [("accepted", None), ("delivered", None), ("delivered", Reason.COMPLAINT)]),
    ],
)
def test_webhooks_tell_what_became_of_a_mail(
    mailgun: MailgunStage, mailroom: Mailroom, outcome: str, states: list[tuple[str, Reason | None]]
) -> None:
    mailgun.sandbox.modes(email={"outcome": outcome})
    message = mailgun.to(1)
    mailgun.send(message)
    mailgun.sandbox.quiet()

    receipts = []
    for call in mailroom.received:
        request = RequestFactory().post(
            call.path,
            call.body,
            content_type="application/json",
            headers={"Authorization": call.headers["Authorization"]},
        )
        receipts += mailgun.provider.parse_receipt(request, {})

    assert [(str(receipt.state), receipt.reason) for receipt in receipts] == states
    assert {receipt.token for receipt in receipts} == {message.token}


def test_a_bounce_without_codes_is_read_by_its_words(product: object) -> None:
    told = event("failed", severity="permanent", **{"delivery-status": {"message": "Mailbox is full", "code": 550}})

    [receipt] = provider_for(Channel.EMAIL).parse_receipt(webhook(payload(told)), {})

    assert (receipt.state, receipt.reason) == (DeliveryState.BOUNCED, Reason.MAILBOX_FULL)
    assert translate(receipt.status, receipt.code) == (receipt.state, receipt.reason)


@pytest.mark.parametrize("name", ["opened", "clicked", "unsubscribed", "stored", "whatever"])
def test_events_that_say_nothing_of_delivery_are_ignored(product: object, name: str) -> None:
    assert provider_for(Channel.EMAIL).parse_receipt(webhook(payload(event(name))), {}) == []


def test_a_mail_that_is_not_ours_is_ignored(product: object) -> None:
    assert provider_for(Channel.EMAIL).parse_receipt(webhook(payload(event(**{"user-variables": {}}))), {}) == []


FORGED = [
    ("no password", lambda: webhook(payload(event()), "")),
    ("wrong password", lambda: webhook(payload(event()), "hook:wrong")),
    ("another key", lambda: webhook(payload(event(), key="forged"))),
    ("too old", lambda: webhook(payload(event(), at=1.0))),
    ("from the future", lambda: webhook(payload(event(), at=time.time() + 200_000))),
    ("no signature", lambda: webhook(json.dumps({"event-data": event()}).encode())),
    ("a list", lambda: webhook(b"[]")),
    ("a number", lambda: webhook(b"1")),
    ("not JSON", lambda: webhook(b"{")),
    ("not text", lambda: webhook(b"\xff\xfe")),
    ("an odd signature", lambda: webhook(b'{"signature": {"timestamp": "\\u00e9", "token": 1, "signature": []}}')),
    ("a null", lambda: webhook(b'{"signature": null}')),
    ("a form", lambda: webhook(b"token=a&timestamp=1&signature=x", content_type="application/x-www-form-urlencoded")),
    ("no event", lambda: webhook(payload({}))),
    ("event is text", lambda: webhook(payload("x"))),
    ("too large", lambda: webhook(payload(event(pad="x" * 70_000)))),
]


@pytest.mark.parametrize("make", [make for _, make in FORGED], ids=[name for name, _ in FORGED])
def test_a_forged_webhook_is_refused(product: object, make: object) -> None:
    with pytest.raises(InvalidSignature):
        provider_for(Channel.EMAIL).parse_receipt(make(), {})


@pytest.mark.parametrize("missing", ["WEBHOOK_SECRET", "MAILGUN_WEBHOOK_SIGNING_KEY"])
def test_without_secrets_nothing_is_genuine(product: object, missing: str) -> None:
    genuine = payload(event())
    product.ANYMAIL = {**product.ANYMAIL, missing: type(product.ANYMAIL[missing])()}

    with pytest.raises(InvalidSignature):
        provider_for(Channel.EMAIL).parse_receipt(webhook(genuine), {})


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (550, "5.1.1 no such user", Reason.UNKNOWN_ADDRESS),
        (550, "", Reason.UNKNOWN_ADDRESS),
        (550, "5.2.2 over quota", Reason.MAILBOX_FULL),
        (552, "", Reason.MAILBOX_FULL),
        (605, "Not delivering to previously bounced address", Reason.UNKNOWN_ADDRESS),
        (607, "", Reason.COMPLAINT),
        (554, "5.7.1 blocked", Reason.FILTERED),
        (500, "Message looks like spam", Reason.FILTERED),
        (500, "the user does not exist", Reason.UNKNOWN_ADDRESS),
        (500, "computer says no", Reason.REJECTED),
        (None, None, Reason.REJECTED),
    ],
)
def test_every_refusal_has_its_reason(code: object, text: object, reason: Reason) -> None:
    assert reason_of(code_of(code, text)) == reason
