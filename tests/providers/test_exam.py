"""The exam that every provider passes against real HTTP or SMTP (design, section 4; research §2)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from notifications.kinds import Reason
from notifications.providers.base import Verdict
from tests.providers.stages import HANG, Stage

pytestmark = pytest.mark.django_db

ODD = ["Æ ø å – «hei»", "👩🏽‍⚕️ emoji", "\u202eRTL", "a" * 1600, "%s {0.__class__} {{ x }} $x", "linje 1\nlinje 2"]
UNWRITABLE = ["\ud800", "\x00", ""]


def test_an_accepted_message_arrives_with_its_text(stage: Stage) -> None:
    [outcome] = stage.send(stage.to(1, "Du har time tirsdag."))

    assert outcome.verdict == Verdict.ACCEPTED
    assert stage.arrived() == ["Du har time tirsdag."]


def test_an_empty_batch_has_no_outcomes(stage: Stage) -> None:
    assert stage.send() == []


def test_every_message_has_its_own_outcome_in_order(stage: Stage) -> None:
    batch = [stage.to(number, f"Melding {number}") for number in range(4)]
    stage.refuses(batch[2])

    outcomes = stage.send(*batch)

    assert [outcome.verdict for outcome in outcomes] == ["accepted", "accepted", "refused", "accepted"]
    assert sorted(stage.arrived()) == ["Melding 0", "Melding 1", "Melding 3"]


def test_no_connection_means_certainly_not_sent(stage: Stage) -> None:
    message = stage.to(1)
    stage.is_down()

    [outcome] = stage.send(message)

    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, Reason.PROVIDER_DOWN)


def test_a_busy_provider_means_later(stage: Stage) -> None:
    stage.fails("429", retry_after=7)

    [outcome] = stage.send(stage.to(1))

    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, Reason.PROVIDER_BUSY)
    assert outcome.retry_after in (timedelta(seconds=7), None)
    assert stage.arrived() == []


def test_wrong_credentials_are_a_set_up_error_that_fails_nobody(stage: Stage) -> None:
    stage.fails("401")

    outcomes = stage.send(stage.to(1), stage.to(2))

    assert {(outcome.verdict, outcome.reason) for outcome in outcomes} == {(Verdict.SETUP, Reason.PROVIDER_SETUP)}
    assert stage.arrived() == []


def test_a_refusal_is_for_good(stage: Stage) -> None:
    message = stage.to(1)
    stage.refuses(message)

    [outcome] = stage.send(message)

    assert outcome.verdict == Verdict.REFUSED
    assert outcome.reason is not None


@pytest.mark.parametrize("mode", ["reset-accepted", "hang-accepted", "500-accepted", "drip", "malformed", "no-id"])
def test_anything_odd_after_the_first_byte_is_unknown(stage: Stage, mode: str) -> None:
    if str(stage.channel) == "push" and mode in {"malformed", "no-id"}:
        mode = "500-accepted"  # a push service's body is not read: its status says all
    if stage.provider.name == "smtp":
        mode = "hang-accepted" if mode in {"drip", "hang-accepted"} else "reset-accepted"
    stage.fails(mode)
    began = time.monotonic()

    [outcome] = stage.send(stage.to(1, "Kom fram"))

    assert outcome.verdict == Verdict.UNKNOWN
    assert time.monotonic() - began < HANG
    assert stage.arrived() == ["Kom fram"]


def test_a_reset_before_anything_was_taken_is_never_called_a_failure(stage: Stage) -> None:
    stage.fails("reset")

    [outcome] = stage.send(stage.to(1))

    assert outcome.verdict in {Verdict.UNKNOWN, Verdict.LATER}


@pytest.mark.parametrize("text", ODD)
def test_odd_text_arrives_literally(stage: Stage, text: str) -> None:
    [outcome] = stage.send(stage.to(1, text))

    assert outcome.verdict == Verdict.ACCEPTED
    assert [row.replace("\r\n", "\n") for row in stage.arrived()] == [text]


@pytest.mark.parametrize("text", UNWRITABLE)
def test_unwritable_text_never_stops_the_batch(stage: Stage, text: str) -> None:
    outcomes = stage.send(stage.to(1, text), stage.to(2, "Hei"))

    assert outcomes[1].verdict == Verdict.ACCEPTED
    assert "Hei" in stage.arrived()


def test_loopback_is_not_a_real_provider(stage: Stage) -> None:
    assert stage.provider.is_real is False


def test_a_provider_that_fails_over_and_over_is_left_alone_for_the_rest_of_the_batch(stage: Stage) -> None:
    stage.settings.SMS_IN_FLIGHT = 1
    stage.fails("500-accepted")
    if stage.provider.name == "smtp":
        stage.fails("reset-accepted")

    outcomes = stage.send(*[stage.to(number % 3, f"{number}") for number in range(30)])

    assert {outcome.verdict for outcome in outcomes} == {Verdict.UNKNOWN, Verdict.LATER}
    assert len(stage.arrived()) == sum(outcome.verdict == Verdict.UNKNOWN for outcome in outcomes) < 30
