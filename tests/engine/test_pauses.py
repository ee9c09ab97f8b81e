"""A channel that rests and wakes: 429, wrong set-up, silence (design, section 3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import dispatch, health, pauses, sending
from notifications.kinds import Channel, DeliveryState, Lane, Reason
from notifications.models import ChannelPause, Delivery
from notifications.providers.base import Outcome

S = DeliveryState
MINUTE = timedelta(minutes=1)


@pytest.fixture
def queue(kari, promise, email):
    """Queue so many e-mails."""

    def make(count):
        for _ in range(count):
            promise(kari)
        dispatch.run(timezone.now())

    return make


def send_emails(limit=None):
    """Run the e-mail sender once."""
    return sending.run(Channel.EMAIL, Lane.URGENT, timezone.now(), limit)


def test_429_rests_the_whole_channel_for_as_long_as_asked(queue, email, clock):
    """research, reliability §2: pauses the sender, not the message."""
    queue(10)
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY, "429", timedelta(seconds=90))
    send_emails(limit=1)
    email.sent.clear()

    clock.shift(timedelta(seconds=89))
    early = send_emails()
    clock.shift(timedelta(seconds=1))
    send_emails()

    assert (early, len(email.sent)) == (0, 1)


def test_429_fails_nobody(queue, email):
    """design, section 3."""
    queue(3)
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY, "429", MINUTE)

    send_emails()

    assert set(Delivery.objects.values_list("state", flat=True)) == {S.QUEUED}


def test_the_longest_wish_of_a_batch_counts(queue, email):
    """design, section 3."""
    queue(2)
    waits = iter([5 * MINUTE, MINUTE])
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY, "429", next(waits))

    send_emails()

    assert ChannelPause.objects.get().until == timezone.now() + 5 * MINUTE


def test_a_rest_of_one_channel_leaves_the_others(kari, queue, email, sms, promise, pass_time):
    """design, section 3."""
    queue(1)
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY, "429", MINUTE)
    send_emails()
    kari.preferred_method = "sms"
    kari.save()
    promise(kari)

    pass_time(seconds=1)

    assert len(sms.sent) == 1


def test_a_wrong_set_up_fails_nobody_and_alarms_at_once(queue, email, clinic):
    """design, section 3."""
    queue(3)
    email.answers = lambda message: Outcome.setup("401")

    send_emails()

    assert set(Delivery.objects.values_list("state", flat=True)) == {S.QUEUED}
    assert ["E-post er på pause: Feil i oppsettet" in line for line in health.alarms(clinic).messages] == [True]


def test_a_wrong_set_up_is_probed_with_one_message_and_recovers(queue, email, clinic, clock, pass_time):
    """design, section 3: one is tried; success lifts the pause, and the rest follow."""
    queue(10)
    email.answers = lambda message: Outcome.setup("401")
    send_emails()
    email.sent.clear()
    clock.shift(timedelta(hours=1))
    send_emails()
    probes = len(email.sent)

    email.answers = None
    pass_time(hours=1)

    assert probes == 1
    assert len(email.sent) == 11
    assert health.alarms(clinic).messages == []


def test_while_the_set_up_rests_nothing_is_tried(queue, email, clock):
    """design, section 3."""
    queue(3)
    email.answers = lambda message: Outcome.setup("401")
    send_emails()
    email.sent.clear()

    clock.shift(pauses.SETUP_REST - timedelta(seconds=1))

    assert send_emails() == 0
    assert email.sent == []


def test_one_refusal_shows_that_the_channel_is_awake(queue, email, pass_time):
    """design, section 3: the provider answers, so it is not the set-up."""
    queue(1)
    ChannelPause.objects.create(
        channel=Channel.EMAIL, reason=Reason.PROVIDER_SETUP, since=timezone.now(), until=timezone.now()
    )
    email.answers = lambda message: Outcome.refused(Reason.UNKNOWN_ADDRESS)

    send_emails()

    assert not ChannelPause.objects.exists()


@pytest.mark.parametrize(("count", "rests"), [(4, False), (5, True)])
def test_five_unknown_in_a_row_open_the_breaker(count, rests, queue, email):
    """research, reliability §2."""
    queue(count)
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)

    send_emails()

    assert ChannelPause.objects.filter(reason=Reason.NO_ANSWER).exists() is rests


def test_an_accepted_one_among_unknowns_keeps_the_channel_open(queue, email):
    """design, section 3."""
    queue(6)
    answers = iter([Outcome.accepted("id"), *[Outcome.unknown(Reason.NO_ANSWER)] * 5])
    email.answers = lambda message: next(answers)

    send_emails()

    assert not ChannelPause.objects.exists()


def test_a_refused_connection_rests_the_channel(queue, email):
    """design, section 3: no thundering herd against a provider that is down."""
    queue(1)
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_DOWN)

    send_emails()

    assert ChannelPause.objects.get().reason == Reason.PROVIDER_DOWN


def test_a_short_rest_alarms_nobody_and_a_long_one_does(queue, email, clinic, clock):
    """design, section 3."""
    queue(1)
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY, "429", timedelta(hours=1))
    send_emails()
    short = list(health.alarms(clinic).messages)

    clock.shift(health.ALARM_AFTER + timedelta(seconds=1))

    assert short == []
    assert len(health.alarms(clinic).messages) == 1


@pytest.mark.parametrize(("age", "alarms"), [(0, 0), (60, 0), (61, 1)])
def test_a_silent_engine_alarms_after_a_minute(age, alarms, clinic, clock):
    """health: a connected worker may be dead."""
    health.beat(timezone.now())

    clock.shift(timedelta(seconds=age))

    assert len(health.alarms(clinic).messages) == alarms


def test_beating_often_writes_seldom(clinic, clock, django_assert_num_queries):
    """health: at most every ten seconds."""
    health.beat(timezone.now())
    clock.shift(timedelta(seconds=5))

    with django_assert_num_queries(1):
        health.beat(timezone.now())


def test_the_bell_counts_a_clinics_own_failures_of_seven_days(queue, email, clinic, clock):
    """health."""
    from tests.factories import ClinicFactory

    queue(2)
    email.answers = lambda message: Outcome.refused(Reason.REJECTED)
    send_emails()
    today = health.alarms(clinic).failed
    elsewhere = health.alarms(ClinicFactory()).failed
    clock.shift(timedelta(days=7, seconds=1))

    assert (today, elsewhere, health.alarms(clinic).failed) == (2, 0, 0)
