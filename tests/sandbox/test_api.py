"""The sandbox's own promises: what tests, benchmarks and fault runs lean on (design, section 5)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests

from sandbox.mailgun_events import STORIES, story
from sandbox.world import Message
from tests.sandbox.running import Mailroom, Sandbox

CALLBACK = "http://klinikken.example/webhooks/sms/0123456789abcdef0123456789abcdef/"


@pytest.fixture
def own_sandbox(tmp_path: Path, mailroom: Mailroom) -> Iterator[Sandbox]:
    """A sandbox that a test may kill."""
    sandbox = Sandbox(tmp_path / "log.jsonl", mailroom.url).start()
    yield sandbox
    if sandbox.process and sandbox.process.poll() is None:
        sandbox.stop()


def test_an_sms_is_created_as_twilio_answers(sandbox: Sandbox) -> None:
    answer = sandbox.twilio(body="Hei på deg")

    assert answer.status_code == 201
    assert answer.json()["status"] == "queued"
    assert answer.json()["body"] == "Hei på deg"


def test_a_wrong_key_is_refused_in_twilios_words(sandbox: Sandbox) -> None:
    account = os.environ["TWILIO_ACCOUNT_SID"]
    url = f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages.json"

    answer = requests.post(url, data={"To": "+4742000001"}, auth=(account, "wrong"), timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"to": "+15005550001"}, 21211),
        ({"to": "22000000"}, 21211),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"From": "12345678901234567"}, 21212),
        ({"From": ""}, 21603),
        ({"ValidityPeriod": "0"}, 20001),
        ({"ValidityPeriod": "36001"}, 20001),
    ],
)
def test_what_twilio_refuses_is_refused(sandbox: Sandbox, form: dict[str, str], code: int) -> None:
    answer = sandbox.twilio(**form)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert sandbox.messages() == []


def test_callbacks_go_only_to_the_product(sandbox: Sandbox, mailroom: Mailroom) -> None:
    sandbox.twilio(StatusCallback=CALLBACK)

    calls = mailroom.wait(3)

    assert {call.path for call in calls} == {"/webhooks/sms/0123456789abcdef0123456789abcdef/"}
    assert [dict(parse_qsl(call.body.decode()))["MessageStatus"] for call in calls] == ["queued", "sent", "delivered"]


@pytest.mark.parametrize(
    ("how", "statuses"),
    [
        ("none", []),
        ("late", ["queued", "sent", "delivered"]),
        ("duplicate", ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        ("forged", ["undelivered", "queued", "sent", "delivered"]),
    ],
)
def test_callbacks_come_as_chosen(sandbox: Sandbox, mailroom: Mailroom, how: str, statuses: list[str]) -> None:
    sandbox.modes(sms={"callbacks": how, "callback_delay": 0.05})

    sandbox.twilio(StatusCallback=CALLBACK)
    sandbox.quiet()

    assert [dict(parse_qsl(call.body.decode()))["MessageStatus"] for call in mailroom.received] == statuses


def test_shuffled_callbacks_all_come(sandbox: Sandbox, mailroom: Mailroom) -> None:
    sandbox.modes(sms={"callbacks": "shuffled"})
    for _ in range(8):
        sandbox.twilio(StatusCallback=CALLBACK)
    sandbox.quiet()

    told = [dict(parse_qsl(call.body.decode())) for call in mailroom.received]

    assert sorted(call["MessageStatus"] for call in told) == ["delivered"] * 8 + ["queued"] * 8 + ["sent"] * 8
    assert any(call["MessageStatus"] != "queued" for call in told[::3])


def test_a_count_runs_out(sandbox: Sandbox) -> None:
    sandbox.modes(sms={"mode": "500", "count": 2})

    assert [sandbox.twilio().status_code for _ in range(4)] == [500, 500, 201, 201]


def test_a_probability_strikes_some(sandbox: Sandbox) -> None:
    sandbox.modes(sms={"mode": "500", "probability": 0.5, "callbacks": "none"}, seed=7)

    statuses = {sandbox.twilio().status_code for _ in range(30)}

    assert statuses == {500, 201}


def test_a_rule_strikes_by_suffix(sandbox: Sandbox) -> None:
    sandbox.modes(sms={"rules": [{"suffix": "99", "mode": "refuse", "code": "21610"}]})

    assert sandbox.twilio("+4742000099").json()["code"] == 21610
    assert sandbox.twilio("+4742000098").status_code == 201


def test_a_late_list_does_not_show_the_newest(sandbox: Sandbox) -> None:
    sandbox.modes(sms={"list_lag": 60})
    account = os.environ["TWILIO_ACCOUNT_SID"]
    sandbox.twilio()

    url = f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages.json"
    listed = requests.get(url, auth=(account, os.environ["TWILIO_AUTH_TOKEN"]), timeout=10).json()

    assert listed["messages"] == []
    assert len(sandbox.messages()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"sms": {"mode": "nonsense"}},
        {"sms": {"nonsense": 1}},
        {"fax": {"mode": "ok"}},
        {"sms": {"rules": [{"mode": "ok"}]}},
        {"sms": {"rules": "x"}},
        {"sms": {"delay": "x"}},
        {"email": {"outcome": "30003"}},
        [],
    ],
)
def test_a_wrong_mode_is_refused_and_changes_nothing(sandbox: Sandbox, wrong: object) -> None:
    before = sandbox.get("/modes").json()

    answer = requests.put(sandbox.url + "/modes", json=wrong, timeout=10)

    assert answer.status_code == 400
    assert sandbox.get("/modes").json() == before


def test_the_ground_truth_has_a_line_for_what_was_taken_and_what_was_not(sandbox: Sandbox) -> None:
    sandbox.twilio(body="Tatt imot", StatusCallback=CALLBACK)
    sandbox.modes(sms={"mode": "500"})
    sandbox.twilio(body="Ikke tatt imot")
    sandbox.modes(sms={"mode": "500-accepted"})
    sandbox.twilio(body="Tatt imot likevel")

    lines = sandbox.log()

    assert [(line["body"], line["mode"], line["accepted"]) for line in lines] == [
        ("Tatt imot", "ok", True),
        ("Ikke tatt imot", "500", False),
        ("Tatt imot likevel", "500-accepted", True),
    ]
    assert lines[0]["token"] == "0123456789abcdef0123456789abcdef"


def test_a_restart_brings_the_history_back(own_sandbox: Sandbox) -> None:
    own_sandbox.twilio(body="Før strømbruddet")
    own_sandbox.mailgun(text="Også før", html="<p>Også</p>")
    made = requests.post(own_sandbox.url + "/push/subscriptions", json={"owner": "Kari"}, timeout=10).json()
    before = [(row["id"], row["text"], row["html"]) for row in own_sandbox.messages()]

    own_sandbox.stop(signal.SIGKILL)
    own_sandbox.start()

    assert [(row["id"], row["text"], row["html"]) for row in own_sandbox.messages()] == before
    assert [row["id"] for row in own_sandbox.get("/push/subscriptions").json()["subscriptions"]] == [made["id"]]


def test_a_line_cut_off_by_a_crash_does_not_stop_the_start(own_sandbox: Sandbox) -> None:
    own_sandbox.twilio(body="Hel linje")
    own_sandbox.stop(signal.SIGKILL)
    with own_sandbox.log_path.open("a") as file:
        file.write('{"t": 1, "kind": "requ')

    own_sandbox.start()

    assert [row["text"] for row in own_sandbox.messages()] == ["Hel linje"]


def test_clearing_keeps_subscriptions_and_people(sandbox: Sandbox) -> None:
    made = requests.post(sandbox.url + "/push/subscriptions", json={}, timeout=10).json()
    sandbox.twilio()

    requests.delete(sandbox.url + "/messages", timeout=10)

    assert sandbox.messages() == []
    assert made["id"] in [row["id"] for row in sandbox.get("/push/subscriptions").json()["subscriptions"]]


def test_a_merged_call_becomes_one_mail_each(sandbox: Sandbox) -> None:
    variables = '{"a@x.no": {"name": "Kari", "v:attempt": "1"}, "b@x.no": {"name": "Ola", "v:attempt": "2"}}'

    sandbox.mailgun(
        ["a@x.no", "b@x.no"],
        text="Hei %recipient.name%",
        **{"recipient-variables": variables, "v:attempt": "%recipient.v:attempt%"},
    )

    assert [(row["text"], row["token"]) for row in sandbox.messages()] == [("Hei Kari", "1"), ("Hei Ola", "2")]


@pytest.mark.parametrize("outcome", STORIES)
def test_a_mails_events_are_told_in_order_and_none_lies_in_the_future(outcome: str) -> None:
    """Whoever asks right after the answer is told of all of them: the list ends now."""
    message = Message("id", "email", "p1@example.com", "Hei", at=1_800_000_000.0, outcome=outcome)

    stamps = [event["timestamp"] for event in story(message)]

    assert stamps == sorted(set(stamps))
    assert stamps[-1] == message.at


def test_more_than_a_thousand_recipients_are_refused(sandbox: Sandbox) -> None:
    assert sandbox.mailgun([f"p{number}@x.no" for number in range(1001)]).status_code == 400


def test_a_push_without_vapid_is_refused(sandbox: Sandbox) -> None:
    made = requests.post(sandbox.url + "/push/subscriptions", json={}, timeout=10).json()

    answer = requests.post(made["endpoint"], data=b"x", headers={"TTL": "60"}, timeout=10)

    assert answer.status_code == 401


def test_a_removed_subscription_answers_410(sandbox: Sandbox) -> None:
    made = requests.post(sandbox.url + "/push/subscriptions", json={}, timeout=10).json()
    requests.delete(f"{sandbox.url}/push/subscriptions/{made['id']}", timeout=10)

    assert requests.post(made["endpoint"], data=b"x", timeout=10).status_code == 410


def test_another_hosts_name_is_refused(sandbox: Sandbox) -> None:
    answer = requests.get(sandbox.url + "/messages", headers={"Host": "evil.example"}, timeout=10)

    assert answer.status_code == 403


def test_another_sites_page_cannot_change_anything(sandbox: Sandbox) -> None:
    answer = requests.post(sandbox.url + "/behaviour/reset", headers={"Sec-Fetch-Site": "cross-site"}, timeout=10)

    assert answer.status_code == 403
