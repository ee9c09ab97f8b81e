"""Twilio: codes, look-ups, and callbacks nobody can forge (spec J2; research §3 rows 21–22; domain §3.3)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from notifications.kinds import Channel, DeliveryState, Reason
from notifications.providers.base import InvalidSignature, LookupFailed, Outgoing, Provider, Verdict
from notifications.providers.registry import provider_for
from notifications.providers.twilio_codes import translate
from notifications.providers.validity import seconds_left
from sandbox.twilio_callbacks import signature
from tests.providers.stages import HANG, TwilioStage
from tests.rig import wait_for
from tests.sandbox.running import Mailroom, Sandbox

TOKEN = "0123456789abcdef" * 2
SID = "SM" + "a" * 32
PATH = f"/webhooks/sms/{TOKEN}/"


@pytest.fixture
def stage(product: object, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> TwilioStage:
    return TwilioStage(product, sandbox, monkeypatch)


@pytest.fixture
def twilio(product: object) -> Provider:
    return provider_for(Channel.SMS)


CODES = [
    ("21211", Verdict.REFUSED, Reason.INVALID_NUMBER),
    ("21610", Verdict.REFUSED, Reason.OPTED_OUT),
    ("21614", Verdict.REFUSED, Reason.NOT_SMS_CAPABLE),
    ("21635", Verdict.REFUSED, Reason.NOT_SMS_CAPABLE),
    ("21617", Verdict.REFUSED, Reason.REJECTED),
    ("21212", Verdict.SETUP, Reason.PROVIDER_SETUP),
    ("21606", Verdict.SETUP, Reason.PROVIDER_SETUP),
    ("21612", Verdict.SETUP, Reason.PROVIDER_SETUP),
    ("21408", Verdict.SETUP, Reason.PROVIDER_SETUP),
    ("20003", Verdict.SETUP, Reason.PROVIDER_SETUP),
    ("21611", Verdict.LATER, Reason.PROVIDER_BUSY),
    ("20429", Verdict.LATER, Reason.PROVIDER_BUSY),
]


@pytest.mark.parametrize(("code", "verdict", "reason"), CODES)
def test_every_error_code_has_its_outcome(stage: TwilioStage, code: str, verdict: Verdict, reason: Reason) -> None:
    stage.code = code
    stage.fails("refuse")

    [outcome] = stage.send(stage.to(1))

    assert (outcome.verdict, outcome.reason, outcome.code) == (verdict, reason, code)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+15005550001", Reason.INVALID_NUMBER),
        ("+15005550004", Reason.OPTED_OUT),
        ("+15005550009", Reason.NOT_SMS_CAPABLE),
        ("22000000", Reason.INVALID_NUMBER),
    ],
)
def test_twilios_own_test_numbers_are_refused(stage: TwilioStage, number: str, reason: Reason) -> None:
    [outcome] = stage.send(replace(stage.to(1), recipient=number))

    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, reason)


def test_one_clinics_wrong_sender_stops_no_other_clinic(stage: TwilioStage) -> None:
    stage.settings.SMS_IN_FLIGHT = 1
    wrong = [replace(stage.to(number), sender="Altfor langt navn") for number in range(3)]

    outcomes = stage.send(*wrong, stage.to(9, "Fra en annen klinikk"))

    assert [outcome.verdict for outcome in outcomes] == ["setup", "setup", "setup", "accepted"]
    assert len(stage.sandbox.log()) == 2  # the wrong sender was tried once


def test_after_429_the_rest_of_the_batch_is_not_even_tried(stage: TwilioStage) -> None:
    stage.settings.SMS_IN_FLIGHT = 1
    stage.fails("429", retry_after=30, count=1)

    outcomes = stage.send(*[stage.to(number) for number in range(5)])

    assert {outcome.retry_after for outcome in outcomes} == {timedelta(seconds=30)}
    assert len(stage.sandbox.log()) == 1


def test_a_message_carries_sender_callback_and_validity(stage: TwilioStage) -> None:
    message = stage.to(1)

    stage.send(message)

    [row] = stage.sandbox.messages(channel="sms")
    assert (row["sender"], row["token"]) == ("Klinikken", message.token)
    assert row["callback"] == f"http://localhost:8000/webhooks/sms/{message.token}/"


@pytest.mark.parametrize(("ahead", "seconds"), [(-60, 1), (0, 1), (90, 90), (36_000, 36_000), (999_999, 36_000)])
def test_validity_is_what_is_left_between_a_second_and_ten_hours(ahead: int, seconds: int) -> None:
    expires_at = timezone.now() + timedelta(seconds=ahead)

    assert seconds_left(expires_at, longest=36_000) in (seconds, seconds - 1)


def test_an_id_finds_the_message(stage: TwilioStage) -> None:
    message = stage.to(1)
    [outcome] = stage.send(message)
    wait_for(lambda: stage.sandbox.messages()[0]["status"] == "delivered")

    receipt = stage.provider.lookup(stage.sought(message, provider_id=outcome.provider_id))

    assert receipt is not None
    assert (receipt.token, receipt.state) == (message.token, DeliveryState.DELIVERED)


def test_an_unknown_id_is_none(stage: TwilioStage) -> None:
    assert stage.provider.lookup(stage.sought(stage.to(1), provider_id=SID)) is None


def test_without_an_id_number_text_and_time_find_the_message(stage: TwilioStage) -> None:
    stage.fails("reset-accepted")
    message = stage.to(1, "Den rette")
    stage.send(message)
    stage.fails("ok")
    stage.send(stage.to(1, "En annen"))

    receipt = stage.provider.lookup(stage.sought(message))

    [row] = [row for row in stage.sandbox.messages() if row["text"] == "Den rette"]
    assert receipt is not None
    assert receipt.provider_id == row["id"]


def test_a_message_that_belongs_to_another_delivery_is_not_taken(stage: TwilioStage) -> None:
    [outcome] = stage.send(stage.to(1, "Samme tekst"))

    sought = stage.sought(stage.to(1, "Samme tekst"), taken=frozenset({outcome.provider_id}))

    assert stage.provider.lookup(sought) is None


def test_an_earlier_message_with_the_same_text_is_not_taken(stage: TwilioStage) -> None:
    message = stage.to(1, "Samme tekst")
    stage.send(message)

    sought = replace(stage.sought(message), started_at=timezone.now() + timedelta(minutes=2))

    assert stage.provider.lookup(sought) is None


def test_a_message_beyond_the_first_page_is_found(stage: TwilioStage) -> None:
    message = stage.to(1, "Den første")
    stage.send(message)
    stage.send(*[stage.to(1, f"Senere {number}") for number in range(60)])

    assert stage.provider.lookup(stage.sought(message)) is not None


@pytest.mark.parametrize("mode", ["429", "500", "401", "hang", "reset", "malformed"])
@pytest.mark.parametrize("provider_id", ["", SID])
def test_a_look_up_that_fails_says_so(stage: TwilioStage, mode: str, provider_id: str) -> None:
    stage.send(stage.to(1))
    stage.waits(mode)
    stage.sandbox.modes(sms={"reads": mode, "seconds": HANG})
    if mode == "malformed" and provider_id:
        provider_id = str(stage.sandbox.messages()[0]["id"])
    if provider_id == SID:
        provider_id = str(stage.sandbox.messages()[0]["id"])

    with pytest.raises(LookupFailed):
        stage.provider.lookup(stage.sought(stage.to(1), provider_id=provider_id))


# --- Callbacks ----------------------------------------------------------------------------------------------------


def form(**changes: str | None) -> dict[str, str]:
    """Return a genuine callback's form, with changes; None leaves a name out."""
    values: dict[str, str | None] = {
        "AccountSid": os.environ["TWILIO_ACCOUNT_SID"],
        "From": "Klinikken",
        "MessageSid": SID,
        "MessageStatus": "delivered",
        "To": "+4742000001",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def callback(body: Mapping[str, str] | str, sign: str | None, path: str = PATH, **more: str) -> HttpRequest:
    """Return a callback as it reaches the view."""
    raw = body if isinstance(body, str) else urlencode(body)
    headers = {"X-Twilio-Signature": sign} if sign is not None else {}
    kind = more.get("content_type", "application/x-www-form-urlencoded")
    return RequestFactory().post(path, raw, content_type=kind, headers=headers)


def signed(body: Mapping[str, str], key: str | None = None, url: str = "http://localhost:8000" + PATH) -> str:
    """Return Twilio's signature."""
    return signature(key or os.environ["TWILIO_AUTH_TOKEN"], url, body)


STATUSES = [
    ("queued", "", DeliveryState.ACCEPTED, None),
    ("sent", "", DeliveryState.ACCEPTED, None),
    ("delivered", "", DeliveryState.DELIVERED, None),
    ("read", "", DeliveryState.DELIVERED, None),
    ("undelivered", "30003", DeliveryState.UNDELIVERED, Reason.UNREACHABLE),
    ("undelivered", "30004", DeliveryState.UNDELIVERED, Reason.BLOCKED),
    ("undelivered", "30005", DeliveryState.UNDELIVERED, Reason.INVALID_NUMBER),
    ("undelivered", "30006", DeliveryState.UNDELIVERED, Reason.NOT_SMS_CAPABLE),
    ("failed", "30007", DeliveryState.FAILED, Reason.FILTERED),
    ("failed", "30036", DeliveryState.FAILED, Reason.TOO_LATE),
    ("undelivered", "30008", DeliveryState.UNDELIVERED, Reason.REJECTED),
    ("failed", "", DeliveryState.FAILED, Reason.REJECTED),
]


@pytest.mark.parametrize(("status", "code", "state", "reason"), STATUSES)
def test_every_status_has_its_state_and_reason(
    twilio: Provider, status: str, code: str, state: DeliveryState, reason: Reason | None
) -> None:
    body = form(MessageStatus=status, ErrorCode=code or None)

    [receipt] = twilio.parse_receipt(callback(body, signed(body)), {"token": TOKEN})

    assert (receipt.token, receipt.provider_id, receipt.status) == (TOKEN, SID, status)
    assert (receipt.state, receipt.reason, receipt.code) == (state, reason, code)
    assert translate(receipt.status, receipt.code) == (state, reason)  # what is stored is enough to judge again


def test_the_old_key_is_accepted_while_keys_are_changed(product: object, twilio: Provider) -> None:
    product.TWILIO_OLD_AUTH_TOKEN = "old-key"
    body = form()

    assert provider_for(Channel.SMS).parse_receipt(callback(body, signed(body, "old-key")), {"token": TOKEN})


def test_the_sandbox_signs_as_the_official_validator_expects(
    stage: TwilioStage, mailroom: Mailroom, sandbox: Sandbox
) -> None:
    message = stage.to(1)
    stage.send(message)

    calls = mailroom.wait(3)

    states = []
    for call in calls:
        request = callback(call.body.decode(), call.headers["X-Twilio-Signature"], call.path)
        states += [row.state for row in stage.provider.parse_receipt(request, {"token": message.token})]
    assert states == [DeliveryState.ACCEPTED, DeliveryState.ACCEPTED, DeliveryState.DELIVERED]


def test_the_sandboxs_forged_callbacks_are_refused(stage: TwilioStage, mailroom: Mailroom) -> None:
    stage.sandbox.modes(sms={"callbacks": "forged"})
    message = stage.to(1)
    stage.send(message)

    forged = mailroom.wait(4)[0]

    request = callback(forged.body.decode(), forged.headers["X-Twilio-Signature"], forged.path)
    with pytest.raises(InvalidSignature):
        stage.provider.parse_receipt(request, {"token": message.token})


def corpus() -> list[tuple[str, HttpRequest]]:
    """Return callbacks that are not Twilio's, or not about us."""
    body, other = form(), form(AccountSid="AC" + "9" * 32)
    shifted = form(MessageSid=None, MessageStatus=None) | {"MessageSi": "d" + SID + "MessageStatusdelivered"}
    short, odd, word = form(MessageSid="SM12"), form(MessageStatus="lost"), form(ErrorCode="abc")
    twice = urlencode([*body.items(), ("MessageStatus", "delivered")])
    both = urlencode([*body.items(), ("MessageStatus", "failed")])
    return [
        ("no signature", callback(body, None)),
        ("empty signature", callback(body, "")),
        ("another key", callback(body, signed(body, "forged"))),
        ("empty key", callback(body, signed(body, "x"))),
        ("changed status", callback(form(MessageStatus="failed"), signed(body))),
        ("another path", callback(body, signed(body), f"/webhooks/sms/{'f' * 32}/")),
        ("a query added", callback(body, signed(body), PATH + "?x=1")),
        ("another host", callback(body, signed(body, url="http://evil.example" + PATH))),
        ("https instead of http", callback(body, signed(body, url="https://localhost:8000" + PATH))),
        ("another account", callback(other, signed(other))),
        ("names and values shifted", callback(shifted, signed(body))),
        ("names and values shifted, signed", callback(shifted, signed(shifted))),
        ("a short id", callback(short, signed(short))),
        ("an unknown status", callback(odd, signed(odd))),
        ("a word for a code", callback(word, signed(word))),
        ("a name twice", callback(twice, signed(body))),
        ("a name twice with two values", callback(both, signed(body))),
        ("nothing", callback("", signed({}))),
        ("JSON", callback('{"MessageSid": "x"}', signed(body), content_type="application/json")),
        ("too large", callback(form(Pad="x" * 20_000), signed(form(Pad="x" * 20_000)))),
        ("not text", callback("%ff%fe=%00", "AAAA")),
        ("a signature of another kind", callback(body, "é" * 28)),
    ]


@pytest.mark.parametrize("case", range(len(corpus())), ids=[name for name, _ in corpus()])
def test_a_forged_callback_is_refused(twilio: Provider, case: int) -> None:
    with pytest.raises(InvalidSignature):
        twilio.parse_receipt(corpus()[case][1], {"token": TOKEN})


def test_without_a_key_of_our_own_nothing_is_genuine(product: object) -> None:
    product.TWILIO_AUTH_TOKEN = ""
    body = form()

    with pytest.raises(InvalidSignature):
        provider_for(Channel.SMS).parse_receipt(callback(body, signature("", "http://localhost:8000" + PATH, body)), {})


def test_callbacks_come_back_in_any_order_with_the_same_meaning(stage: TwilioStage, mailroom: Mailroom) -> None:
    stage.sandbox.modes(sms={"callbacks": "duplicate", "outcome": "30005"})
    message: Outgoing = stage.to(1)
    stage.send(message)

    statuses = [dict(parse_qsl(call.body.decode()))["MessageStatus"] for call in mailroom.wait(6)]

    assert statuses == ["queued", "queued", "sent", "sent", "undelivered", "undelivered"]
