"""E-mail: what goes into a mail, merging, Mailgun's events and webhooks, SMTP's replies (spec C3–C5, J2)."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from email.message import EmailMessage
from itertools import permutations

import pytest
import requests
from django.utils import timezone

from notifications.kinds import DeliveryState, Reason
from notifications.providers.base import LookupFailed, Outgoing, Verdict
from notifications.providers.merging import groups
from notifications.providers.sessions import EndingSession
from tests.providers.stages import HANG, MailgunStage, SmtpStage
from tests.sandbox.running import Sandbox

EVENT = "BEGIN:VEVENT\r\nSUMMARY:Time på Åsen\r\nEND:VEVENT\r\n"
ICS = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n{EVENT}END:VCALENDAR\r\n"


def received(stage: SmtpStage) -> EmailMessage:
    """Return the newest mail at the SMTP server."""
    return stage.server.mails[-1]


# --- What goes into a mail ------------------------------------------------------------------------------------------


def test_a_mail_has_text_html_and_a_sender_with_the_clinics_alias(smtp: SmtpStage) -> None:
    smtp.send(replace(smtp.to(1, "Hei på deg"), html="<p>Hei</p>", sender="Åsen legesenter, Oslo"))

    mail = received(smtp)
    assert mail["from"].addresses[0].display_name == "Åsen legesenter, Oslo"
    assert mail["from"].addresses[0].addr_spec == "varsel@example.com"
    assert mail.get_body(("html",)).get_content().strip() == "<p>Hei</p>"


def test_an_invitation_is_both_a_calendar_part_and_a_file(smtp: SmtpStage) -> None:
    smtp.send(replace(smtp.to(1), html="<p>Hei</p>", calendar=ICS))

    parts = [part for part in received(smtp).walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in parts] == ["REQUEST", "REQUEST"]
    assert [part.get_filename() for part in parts] == [None, "invite.ics"]
    assert parts[1]["content-transfer-encoding"] == "base64"
    assert parts[1].get_payload(decode=True).decode() == ICS


def test_an_invitation_through_the_api_is_a_file_that_says_its_method(mailgun: MailgunStage) -> None:
    mailgun.send(replace(mailgun.to(1), html="<p>Hei</p>", calendar=ICS))

    [row] = mailgun.sandbox.messages(channel="email")
    [file] = row["files"]
    assert file["name"] == "invite.ics"
    assert 'method="REQUEST"' in file["content_type"]
    assert file["text"] == ICS


@pytest.mark.parametrize(
    "evil", ["Klinikk\r\nBcc: x@evil.no", "Klinikk\nX: y", "A\u2028B", "A\x00B", "\u202eA", "x" * 300]
)
def test_nobody_smuggles_a_header_in(mailgun: MailgunStage, smtp: SmtpStage, evil: str) -> None:
    message = replace(smtp.to(1), sender=evil, subject=evil)

    for name in ("smtp", "mailgun"):
        smtp.settings.EMAIL_PROVIDER = name

        [outcome] = smtp.send(message)

        assert outcome.verdict == Verdict.ACCEPTED
    assert received(smtp)["bcc"] is None
    assert received(smtp)["x"] is None


@pytest.mark.parametrize(
    "recipient", ["a@x.no, b@y.no", "a@x.no\nBcc: b@y.no", "Kari <a@x.no>", "a@x.no;b@y.no", "a", ""]
)
def test_only_one_bare_address_is_a_recipient(mailgun: MailgunStage, smtp: SmtpStage, recipient: str) -> None:
    for name in ("smtp", "mailgun"):
        mailgun.settings.EMAIL_PROVIDER = name

        [outcome] = mailgun.send(replace(mailgun.to(1), recipient=recipient))

        assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, Reason.UNKNOWN_ADDRESS)
    assert mailgun.arrived() == smtp.arrived() == []


# --- Merging ---------------------------------------------------------------------------------------------------------


def calls(sandbox: Sandbox) -> int:
    """Return how many API calls the accepted mails came in: those of one call share an id."""
    return len({row["id"] for row in sandbox.messages(channel="email")})


def test_a_batch_goes_in_one_call_and_everyone_gets_their_own(mailgun: MailgunStage) -> None:
    batch = [replace(mailgun.to(n, f"Tekst {n}"), html=f"<p>{n}</p>", subject=f"Emne {n}") for n in range(50)]

    outcomes = mailgun.send(*batch)

    rows = mailgun.sandbox.messages(channel="email")
    assert calls(mailgun.sandbox) == 1
    assert [(row["to"], row["text"], row["html"], row["subject"], row["token"]) for row in rows] == [
        (message.recipient, message.text, message.html, message.subject, message.token) for message in batch
    ]
    assert {outcome.provider_id for outcome in outcomes} == {rows[0]["id"]}


def test_an_address_that_comes_twice_gets_both_messages(mailgun: MailgunStage) -> None:
    batch = [
        mailgun.to(1, "Til Kari"),
        mailgun.to(2, "Til Ola"),
        replace(mailgun.to(1, "Om Kari"), recipient="P1@Example.com"),
    ]

    outcomes = mailgun.send(*batch)

    assert {outcome.verdict for outcome in outcomes} == {Verdict.ACCEPTED}
    assert sorted(mailgun.arrived()) == ["Om Kari", "Til Kari", "Til Ola"]
    assert {row["token"] for row in mailgun.sandbox.messages()} == {message.token for message in batch}


def test_two_clinics_share_no_call(mailgun: MailgunStage) -> None:
    batch = [replace(mailgun.to(number), sender=f"Klinikk {number % 2}") for number in range(6)]

    mailgun.send(*batch)

    assert calls(mailgun.sandbox) == 2
    assert {row["sender"] for row in mailgun.sandbox.messages()} == {
        "Klinikk 0 <varsel@example.com>",
        "Klinikk 1 <varsel@example.com>",
    }


def test_no_call_has_more_than_a_thousand_recipients() -> None:
    batch = [Outgoing("t", f"p{number}@example.com", "x", timezone.now()) for number in range(2500)]

    assert [len(call) for call in groups(batch)] == [1000, 1000, 500]


def test_one_bad_address_does_not_take_the_rest(mailgun: MailgunStage) -> None:
    batch = [mailgun.to(number, f"Tekst {number}") for number in range(6)]
    mailgun.refuses(batch[3])

    outcomes = mailgun.send(*batch)

    assert [outcome.verdict for outcome in outcomes] == ["accepted"] * 3 + ["refused"] + ["accepted"] * 2
    assert outcomes[3].reason == Reason.REJECTED


def test_an_unknown_merged_call_is_not_tried_again_one_by_one(mailgun: MailgunStage) -> None:
    mailgun.fails("500-accepted")

    outcomes = mailgun.send(*[mailgun.to(number) for number in range(5)])

    assert {outcome.verdict for outcome in outcomes} == {Verdict.UNKNOWN}
    assert len(mailgun.arrived()) == 5


VARIABLES = [
    "%recipient.text%",
    "%recipient%",
    "%RECIPIENT.subject%",
    "%recipient.v:attempt%",
    "%unsubscribe_url%",
    "100 %recipient%",
]


@pytest.mark.parametrize("number", [1, 2], ids=["alone", "merged"])
@pytest.mark.parametrize("text", VARIABLES)
def test_text_is_never_taken_for_a_variable(mailgun: MailgunStage, text: str, number: int) -> None:
    batch = [replace(mailgun.to(n, text), html=f"<p>{text}</p>", subject=text) for n in range(number)]

    mailgun.send(*batch)

    row = mailgun.sandbox.messages(channel="email")[0]
    assert str(row["text"]).replace("\u2060", "") == text
    assert str(row["subject"]).replace("\u2060", "") == text
    assert html.unescape(str(row["html"])) == f"<p>{text}</p>"


def test_a_mail_carries_only_the_attempts_token_and_is_not_tracked(mailgun: MailgunStage, monkeypatch: object) -> None:
    from anymail.backends.mailgun import MailgunPayload

    sent: list[dict[str, object]] = []
    serialize = MailgunPayload.serialize_data
    monkeypatch.setattr(MailgunPayload, "serialize_data", lambda self: sent.append(serialize(self)) or sent[-1])

    mailgun.send(mailgun.to(1))

    [fields] = sent
    assert {name for name in fields if name.startswith("v:")} == {"v:attempt"}
    assert (fields["o:tracking-opens"], fields["o:tracking-clicks"]) == ("no", "no")
    assert not {name for name in fields if name.startswith("o:tag")}


# --- Look-ups --------------------------------------------------------------------------------------------------------

OUTCOMES = [
    ("delivered", DeliveryState.DELIVERED, None),
    ("accepted", DeliveryState.ACCEPTED, None),
    ("unknown", DeliveryState.BOUNCED, Reason.UNKNOWN_ADDRESS),
    ("full", DeliveryState.BOUNCED, Reason.MAILBOX_FULL),
    ("temporary", DeliveryState.DELIVERED, None),
    ("complaint", DeliveryState.DELIVERED, Reason.COMPLAINT),
]


def event_of(message: Outgoing, name: str) -> dict[str, object]:
    """Return one of Mailgun's events; all have the same time."""
    mail = {"recipient": message.recipient, "user-variables": {"attempt": message.token}}
    how = {"severity": "temporary"} if name == "failed" else {}
    return {"event": name, "id": name, "timestamp": 1.0} | how | mail


def answer_of(page: object) -> requests.Response:
    """Return an answer with this body."""
    answer = requests.Response()
    answer.status_code, answer._content = 200, json.dumps(page).encode()
    return answer


@pytest.mark.parametrize(("outcome", "state", "reason"), OUTCOMES)
def test_the_events_tell_what_became_of_an_attempt(
    mailgun: MailgunStage, outcome: str, state: DeliveryState, reason: Reason | None
) -> None:
    mailgun.fails("reset-accepted", outcome=outcome)
    message = mailgun.to(1)
    mailgun.send(message)

    receipt = mailgun.provider.lookup(mailgun.sought(message))

    assert receipt is not None
    assert (receipt.token, receipt.state, receipt.reason) == (message.token, state, reason)
    assert receipt.provider_id == mailgun.sandbox.messages()[0]["id"]


@pytest.mark.parametrize("order", [*permutations(("accepted", "failed", "delivered"))])
def test_delivered_outranks_a_greylisting_whatever_the_order(
    mailgun: MailgunStage, order: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events carry equal times and come in any order: how far the mail came decides (spec J2)."""
    message = mailgun.to(1)
    events = [event_of(message, name) for name in order]
    page = {"items": events, "paging": {"next": "https://elsewhere.example/"}}
    monkeypatch.setattr(EndingSession, "get", lambda *args, **options: answer_of(page))

    receipt = mailgun.provider.lookup(mailgun.sought(message))

    assert receipt is not None
    assert receipt.state == DeliveryState.DELIVERED


def test_another_attempts_events_are_not_taken(mailgun: MailgunStage) -> None:
    mailgun.send(mailgun.to(1))

    assert mailgun.provider.lookup(mailgun.sought(mailgun.to(1))) is None


@pytest.mark.parametrize("mode", ["429", "500", "401", "hang", "reset", "malformed"])
def test_a_look_up_that_fails_says_so(mailgun: MailgunStage, mode: str) -> None:
    mailgun.waits(mode)
    mailgun.sandbox.modes(email={"reads": mode, "seconds": HANG})

    with pytest.raises(LookupFailed):
        mailgun.provider.lookup(mailgun.sought(mailgun.to(1)))
