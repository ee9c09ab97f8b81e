"""The neighbours' way in: who may call, what is turned away, and that everything is done once."""

from __future__ import annotations

import base64
import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from economy import payment
from economy.kinds import Method
from economy.models import BillingCard, Receipt
from integrations import calls, keys, way_in
from integrations.neighbour_models import Call, InboxEvent, Neighbour, Result, Why
from integrations.reading import Malformed, parse
from integrations.signing import Knock, sign
from notifications.kinds import External, Kind, State
from notifications.models import Notification
from tests.factories import BillingCardFactory, ClinicFactory, LineFactory, PatientFactory
from tests.neighbours.neighbour_calls import Caller, post, signature

PING = b'{"type": "ping", "data": {}}'


@pytest.fixture(autouse=True)
def no_collected_files(settings: object) -> None:
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def clinic(db: None) -> object:
    return ClinicFactory(convene=True)


@pytest.fixture
def convene(clinic: object) -> Caller:
    return Caller(clinic, Neighbour.CONVENE)


def open_card(clinic: object, **fields: object) -> BillingCard:
    """Return an open card of which the patient owes 160 kr."""
    sums = {"fee_ore": 17_500, "refund_ore": 1_500, "patient_ore": 16_000}
    card = BillingCardFactory(patient=PatientFactory(clinic=clinic), **sums)
    LineFactory(card=card)
    BillingCard.objects.filter(pk=card.pk).update(**{"state": "open"} | fields)
    return card


def paid(card: BillingCard, reference: str = "T-1", *, app: str = "no", ore: int = 16_000) -> dict[str, object]:
    """Return what Convene tells of a payment."""
    return {"card": card.number, "amountOre": ore, "reference": reference, "appInvitation": app}


def test_the_signature_is_that_of_standard_webhooks():
    """The specification's own example, signed by its Python library 1.1.0."""
    knock = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    assert sign(base64.b64decode(secret), *knock) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature("whsec_" + secret, *knock) == sign(base64.b64decode(secret), *knock)


SECRET, AT = b"s" * 32, datetime(2026, 11, 23, 9, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))
RIGHT = {"key_id": "k", "event_id": "m1", "timestamp": STAMP, "signatures": sign(SECRET, "m1", STAMP, b"{}")}
OTHER = sign(b"x" * 32, "m1", STAMP, b"{}")


@pytest.mark.parametrize(
    "changed",
    [
        {"signatures": ""},
        {"signatures": "v1,"},
        {"signatures": OTHER},
        {"signatures": RIGHT["signatures"].removeprefix("v1,")},
        {"signatures": RIGHT["signatures"].replace("v1,", "v1a,")},
        {"signatures": RIGHT["signatures"][:-2]},
        {"signatures": RIGHT["signatures"] + "="},
        {"signatures": f"{RIGHT['signatures']},{OTHER}"},  # two headers of the name, joined by the server
        {"signatures": " ".join([OTHER] * 4 + [RIGHT["signatures"]])},
        {"signatures": "v1,æøå"},
        {"event_id": ""},
        {"event_id": "m1,m2"},
        {"event_id": "m1\n"},
        {"event_id": "m1.1"},  # the parts of what is signed must not shift
        {"event_id": "m" * 65},
        {"timestamp": ""},
        {"timestamp": f"{STAMP}.0"},
        {"timestamp": f" {STAMP}"},
        {"timestamp": "-1"},
        {"timestamp": "1e9"},
        {"timestamp": "٣"},
        {"timestamp": str(int(STAMP) + 1)},
        {"key_id": ""},
        {"body": b"{} "},
        {"body": b""},
    ],
)
def test_a_changed_call_is_forged(changed):
    """Threat 21: forged, shifted, empty and doubled headers."""
    knock = Knock(**({"body": b"{}"} | RIGHT | changed))

    assert Knock(**RIGHT, body=b"{}").is_signed_by([b"y" * 32, SECRET])
    assert not knock.is_signed_by([SECRET])


def test_the_replay_window_is_five_minutes_either_way():
    """Threat 22; a timestamp beyond the calendar is old, not a fault."""
    knock = Knock(**RIGHT, body=b"{}")

    assert [knock.is_fresh(AT + timedelta(seconds=late)) for late in (-301, -300, 300, 301)] == [
        False,
        True,
        True,
        False,
    ]
    assert not Knock(**RIGHT | {"timestamp": "9" * 12}, body=b"{}").is_fresh(AT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"a": 1} x',
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"\xff{}",
        b"[" * 100_000,
    ],
)
def test_only_one_reading_of_a_body_is_possible(body):
    with pytest.raises(Malformed):
        parse(body)


@pytest.mark.parametrize("said", ["", "  ", "x" * 11, "a\x00b", "\ud800", 5, None, ["x"], True])
def test_a_field_is_text_that_can_be_shown(said):
    with pytest.raises(Malformed):
        parse(json.dumps({"a": said}).encode()).text("a", 10)
    for wrong in ("1", 1.0, 0, -1, True, None, 11):
        with pytest.raises(Malformed):
            parse(json.dumps({"a": wrong}).encode()).number("a", 10)


@pytest.mark.parametrize(
    "said", ["2026-11-23", "2026-11-23T09:00", "2026-11-23 09:00Z", "2026-02-30T09:00Z", "0001-01-01T00:00+02:00", 5]
)
def test_a_moment_tells_its_offset(said):
    with pytest.raises(Malformed):
        parse(json.dumps({"a": said}).encode()).moment("a")
    assert parse(b'{"a": "2026-11-23T10:00:00.5+01:00"}').moment("a") == AT


def test_a_payment_at_the_terminal_pays_the_card_once(convene, clinic):
    """spec F4, J1: paid by the terminal; JA is in the history as Convene's, NEI is not; repeated, nothing more."""
    yes, no = open_card(clinic), open_card(clinic)

    first = convene.tell("payment.completed", "evt-1", **paid(yes, "T-1", app="yes"))
    again = convene.tell("payment.completed", "evt-1", **paid(yes, "T-1", app="yes"))
    under_another_id = convene.tell("payment.completed", "evt-2", **paid(yes, "T-1", app="yes"))
    convene.tell("payment.completed", "evt-3", **paid(no, "T-2"))

    assert (first.status_code, first.json()["result"], first.json()["card"]) == (200, "paid", yes.number)
    assert first.json() == again.json() == under_another_id.json()
    assert Receipt.objects.filter(card__in=[yes, no]).count() == 2
    yes.refresh_from_db()
    assert (yes.state, yes.method, yes.payment_reference) == ("paid", "terminal", "T-1")
    (invited,) = Notification.objects.filter(kind=Kind.APP_INVITATION)
    assert (invited.state, invited.external, invited.patient_id) == (State.EXTERNAL, External.CONVENE, yes.patient_id)
    assert Notification.objects.filter(kind=Kind.RECEIPT).count() == 2
    assert convene.log() == [
        ("payment.completed", Result.DONE, "", 3),
        ("payment.completed", Result.REPEATED, "", 1),
    ]


def test_a_payment_that_does_not_fit_changes_nothing(convene, clinic):
    """spec F4, F5: to the øre, the clinic's own card, open, and never one that is paid."""
    card, draft, theirs = open_card(clinic), open_card(clinic), open_card(ClinicFactory())
    cash, void = open_card(clinic), open_card(clinic, state="void")
    BillingCard.objects.filter(pk=draft.pk).update(state="draft")
    payment.mark_paid(cash, by=None, method=Method.CASH)
    BillingCard.objects.filter(pk=theirs.pk).update(number=987_654)
    theirs.number = 987_654
    before = list(BillingCard.objects.order_by("pk").values())

    answers = [
        convene.tell("payment.completed", **said)
        for said in (
            paid(card, ore=15_999),
            paid(card, ore=16_001),
            paid(theirs),
            paid(draft),
            paid(void),
            paid(cash),
        )
    ]

    codes = ["wrong_amount", "wrong_amount", "unknown_card", "not_payable", "not_payable", "already_paid"]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, code) for code in codes]
    assert list(BillingCard.objects.order_by("pk").values()) == before
    assert Receipt.objects.count() == Notification.objects.count() == 1  # the one paid in cash
    convene.tell("payment.completed", **paid(card, "T-9"))
    assert convene.tell("payment.completed", **paid(open_card(clinic), "T-9")).json()["code"] == "payment_used"


def test_what_was_refused_is_judged_anew_and_what_was_done_is_not(convene, clinic):
    card = open_card(clinic)
    BillingCard.objects.filter(pk=card.pk).update(state="draft")

    assert convene.tell("payment.completed", "evt-1", **paid(card)).status_code == 422
    assert convene.tell("payment.completed", "evt-1", **paid(card, "T-2")).json() == {"code": "id_reused"}
    BillingCard.objects.filter(pk=card.pk).update(state="open")
    done = convene.tell("payment.completed", "evt-1", **paid(card))
    other = convene.tell("payment.completed", "evt-1", **paid(card, ore=16_001))

    assert (done.status_code, other.status_code) == (200, 409)


def test_who_cannot_sign_learns_nothing(convene, clinic, caplog, settings):
    """Threats 8, 21 and 22: unknown, foreign, old, withdrawn and stale; the page tells, the log holds no secret."""
    caplog.set_level(logging.DEBUG)
    other = Caller(ClinicFactory(convene=True), Neighbour.DIGICARE)
    old = convene.headers(PING, "evt-1", timezone.now())

    unknown = convene.send(PING, **{"webhook-key": "nok_nobody"})
    forged = convene.send(PING, **{"webhook-signature": OTHER})
    nothing = post("convene", PING, {})
    anothers = post("convene", PING, other.headers(PING, "evt-1", timezone.now()))
    assert {(one.status_code, one.content) for one in (unknown, forged, nothing, anothers)} == {
        (401, b'{"code": "unauthorized"}')
    }
    late = convene.send(PING, at=timezone.now() - timedelta(minutes=6))
    assert (late.status_code, late.json()) == (401, {"code": "stale"})
    assert convene.send(PING).json() == {"result": "pong"}
    clinic.convene = False
    clinic.save()
    assert convene.send(PING).json() == {"code": "not_granted"}
    clinic.convene, clinic.is_active = True, False
    clinic.save()
    assert convene.send(PING).status_code == 401
    clinic.is_active = True
    clinic.save()
    keys.withdraw(clinic, Neighbour.CONVENE, by=None)
    assert post("convene", PING, old).status_code == 401
    rows = set(convene.log())
    assert ("?", Result.FORGED, Why.BAD_SIGNATURE, 1) in rows
    assert ("?", Result.REFUSED, Why.STALE, 1) in rows
    assert ("?", Result.REFUSED, Why.NOT_GRANTED, 1) in rows
    assert convene.secret.removeprefix("whsec_") not in caplog.text
    assert "nok_" not in caplog.text


def test_an_address_that_cannot_sign_fills_no_log_and_stops_nobody(convene, clinic, caplog):
    """Threat 7: known key or not, the answers are the same; what is signed comes through from the same address."""
    cache.clear()
    caplog.set_level(logging.WARNING, "integrations")
    with time_machine.travel(timezone.now(), tick=False):
        tried = [{"webhook-key": f"nok_{number}"} for number in range(60)]
        answers = [post("convene", PING, convene.headers(PING, "evt", timezone.now()) | one) for one in tried]
        more = [convene.send(PING, **{"webhook-key": "nok_x"}), convene.send(PING, **{"webhook-signature": OTHER})]
        signed = convene.send(PING)

    assert {one.status_code for one in answers} == {401}
    assert {(one.status_code, one["Retry-After"], one.content) for one in more} == {
        (429, "60", b'{"code": "too_many"}')
    }
    ours = [record for record in caplog.records if record.name == "integrations.api_views"]
    assert (signed.status_code, len(ours)) == (200, 60)


def test_two_secrets_hold_while_rotating(convene, clinic):
    """The old secret lasts a week after the new one was made; a second press makes no third."""
    now, old = timezone.now(), convene.secret

    pair = keys.make(clinic, Neighbour.CONVENE, by=None, seen=1, now=now)
    with pytest.raises(keys.Stale):
        keys.make(clinic, Neighbour.CONVENE, by=None, seen=1, now=now)

    assert convene.send(PING).status_code == 200
    convene.secret = keys.shown(pair)
    assert old != convene.secret
    assert convene.send(PING).status_code == 200
    assert len(keys.secrets_of(pair, now + timedelta(days=6, hours=23))) == 2
    assert len(keys.secrets_of(pair, now + timedelta(days=7))) == 1


def test_a_new_installation_key_keeps_the_secrets_as_long_as_the_old_one_is_named(convene, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [django_settings.SECRET_KEY], "n" * 50
    assert convene.send(PING).status_code == 200

    settings.SECRET_KEY_FALLBACKS = []
    assert convene.send(PING).status_code == 401


def test_what_does_not_follow_the_contract_is_turned_away(convene, clinic, settings):
    card = open_card(clinic)
    right = paid(card)

    def code(data: object, type_: str = "payment.completed", **more: object) -> tuple[int, dict[str, str]]:
        answer = convene.send(json.dumps({"type": type_, "data": data} | more).encode())
        return answer.status_code, answer.json()

    assert code(right | {"amountOre": "16000"}) == (400, {"code": "malformed", "field": "data.amountOre"})
    assert code(right | {"amountOre": 160.0})[1]["field"] == "data.amountOre"
    assert code(right | {"patient": "x"})[1]["field"] == "data.patient"
    assert code(right, extra=1)[1]["field"] == "extra"
    assert code([])[1]["field"] == "data"
    assert code({}, "appointment.created") == (400, {"code": "unknown_type"})
    assert convene.send(b"{").json() == {"code": "malformed"}
    body = b'{"type": "ping", "data": {}}' + b" " * 262_144
    assert convene.send(body).status_code == 413
    headers = convene.headers(PING, "evt", timezone.now())
    assert post("convene", PING, headers | {"Content-Length": "²"}).json() == {"code": "length_required"}
    assert post("convene", PING, headers, "text/plain").status_code == 415
    assert post("noone", PING, headers).status_code == 404
    assert InboxEvent.objects.count() == 0
    settings.NEIGHBOUR_CALLS_PER_MINUTE = 1
    convene.send(PING)
    assert (convene.send(PING).status_code, convene.send(PING)["Retry-After"]) == (429, "60")
    card.refresh_from_db()
    assert card.state == "open"


def test_a_fault_of_ours_changes_nothing_and_quotes_nothing(convene, clinic, monkeypatch, caplog):
    """The neighbour may try again; the database's message, which quotes rows, is not in the log."""
    card = open_card(clinic)

    def fail(*args: object) -> None:
        raise RuntimeError("Kanarifugl")

    with monkeypatch.context() as patch:
        patch.setattr("integrations.convene.record_invitation", fail)
        answer = convene.tell("payment.completed", "evt-1", **paid(card, app="yes"))
    assert (answer.status_code, answer.json()) == (500, {"code": "our_error"})
    assert not InboxEvent.objects.exists()
    assert not Receipt.objects.exists()
    assert "RuntimeError" in caplog.text
    assert "Kanarifugl" not in caplog.text
    assert convene.tell("payment.completed", "evt-1", **paid(card, app="yes")).status_code == 200


@pytest.mark.postgres
def test_a_storm_of_one_event_does_the_thing_once(convene, clinic, django_assert_max_num_queries):
    """Threat 22: a thousand calls, one payment, one row of the log."""
    body = json.dumps({"type": "payment.completed", "data": paid(open_card(clinic))}).encode()
    now = timezone.now().replace(second=1, microsecond=0)
    headers = convene.headers(body, "evt-1", now)
    knock = Knock.of(headers, body)
    first = way_in.take(Neighbour.CONVENE, knock, now)
    way_in.take(Neighbour.CONVENE, knock, now)

    with django_assert_max_num_queries(4):
        way_in.take(Neighbour.CONVENE, knock, now)
    replies = [way_in.take(Neighbour.CONVENE, knock, now) for _ in range(997)]

    assert all(reply == first for reply in replies)
    assert Receipt.objects.count() == InboxEvent.objects.count() == 1
    assert convene.log() == [("payment.completed", Result.DONE, "", 1), ("payment.completed", Result.REPEATED, "", 999)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_it_once():
    """Eight workers with the same event: one carries it out, the others wait for its answer."""
    clinic = ClinicFactory(convene=True)
    convene, card, now = Caller(clinic, Neighbour.CONVENE), open_card(clinic), timezone.now()
    body = json.dumps({"type": "payment.completed", "data": paid(card, app="yes")}).encode()
    knock = Knock.of(convene.headers(body, "evt-1", now), body)
    replies: list[object] = []

    def call() -> None:
        replies.append(way_in.take(Neighbour.CONVENE, knock, now))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [reply.status for reply in replies] == [200] * 8
    assert all(reply == replies[0] for reply in replies)
    assert Receipt.objects.count() == Notification.objects.filter(kind=Kind.APP_INVITATION).count() == 1
    assert sorted(Call.objects.values_list("result", "count")) == [(Result.DONE, 1), (Result.REPEATED, 7)]


def test_the_log_is_kept_ninety_days(convene, clinic):
    convene.send(PING)
    now = timezone.now()

    calls.purge(now + timedelta(days=89))
    assert Call.objects.count() == InboxEvent.objects.count() == 1
    calls.purge(now + timedelta(days=91))
    assert not Call.objects.exists()
    assert not InboxEvent.objects.exists()
