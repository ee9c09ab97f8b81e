"""SMTP: one connection a batch, and replies that mean what they say."""

from __future__ import annotations

import pytest

from notifications.kinds import Reason
from notifications.providers.base import InvalidSignature, Provider, Verdict
from tests.providers.stages import SmtpStage


def test_a_large_batch_goes_over_several_connections_and_answers_in_order(smtp: SmtpStage, settings: object) -> None:
    settings.SMTP_CONNECTIONS = 3
    messages = [smtp.to(number) for number in range(80)]
    for number in (0, 41, 79):
        smtp.refuses(messages[number])

    outcomes = smtp.send(*messages)

    refused = [number for number, outcome in enumerate(outcomes) if outcome.verdict == Verdict.REFUSED]
    assert (refused, len(smtp.arrived()), smtp.server.connections) == ([0, 41, 79], 77, 3)


def test_a_batch_uses_one_connection(smtp: SmtpStage) -> None:
    smtp.send(*[smtp.to(number) for number in range(20)])

    assert (len(smtp.arrived()), smtp.server.connections) == (20, 1)


def test_a_server_that_hangs_up_is_called_again_for_the_next_message(smtp: SmtpStage) -> None:
    first, second = smtp.to(1, "Første"), smtp.to(2, "Andre")
    smtp.fails("reset")
    original = smtp.server.handle_RCPT

    async def once(*args: object) -> str:
        answer = await original(*args)
        smtp.server.mode = "ok"
        return answer

    smtp.server.handle_RCPT = once

    outcomes = smtp.send(first, second)

    assert [outcome.verdict for outcome in outcomes] == [Verdict.LATER, Verdict.ACCEPTED]


def test_an_unknown_mailbox_is_an_unknown_address(smtp: SmtpStage) -> None:
    message = smtp.to(1)
    smtp.refuses(message)

    [outcome] = smtp.send(message)

    assert (outcome.reason, outcome.code) == (Reason.UNKNOWN_ADDRESS, "5.1.1")


def test_smtp_has_no_receipts_and_no_history(smtp: SmtpStage, rf: object) -> None:
    provider: Provider = smtp.provider

    assert provider.has_receipts is False
    assert provider.lookup(smtp.sought(smtp.to(1))) is None
    with pytest.raises(InvalidSignature):
        provider.parse_receipt(rf.post("/"), {})
