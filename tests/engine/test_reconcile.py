"""Unknown outcomes, dead workers, receipts that never came (design, section 3; research, reliability §2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from notifications import dispatch, reconcile, sending
from notifications.kinds import NEVER_RESENT, Channel, DeliveryState, Kind, Lane, Reason
from notifications.models import Attempt, Delivery
from notifications.providers.base import LookupFailed, Outcome

S = DeliveryState
SETTLE = timedelta(seconds=settings.SETTLE_SECONDS)
LEASE = timedelta(seconds=settings.LEASE_SECONDS)


@pytest.fixture
def unknown(kari, promise, email, pass_time):
    """An e-mail whose outcome nobody knows; the provider answers again from now on."""
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)
    promise(kari)
    pass_time(seconds=1)
    email.answers = None
    return Delivery.objects.get()


@pytest.fixture
def clear_up(clock, pass_time):
    """Wait until the outcome has settled, ask the provider, and let the engine run."""

    def make(wait=SETTLE):
        clock.shift(wait)
        reconcile.reap(timezone.now())
        reconcile.clear_unknown(timezone.now())
        pass_time(seconds=1)

    return make


def test_an_unknown_outcome_is_left_alone_until_it_has_settled(unknown, email, clock):
    """research: settle > everything on the wire."""
    asked = []
    email.lookups = asked.append

    clock.shift(SETTLE - timedelta(seconds=1))
    reconcile.clear_unknown(timezone.now())
    early = len(asked)
    clock.shift(timedelta(seconds=1))
    reconcile.clear_unknown(timezone.now())

    assert (early, len(asked)) == (0, 1)


@pytest.mark.parametrize("state", [S.ACCEPTED, S.DELIVERED])
def test_found_at_the_provider_it_counts_and_is_not_sent_again(state, unknown, email, clear_up):
    """design, section 3: reconcile first."""
    email.lookups = lambda sought: email.report(state)

    clear_up()

    unknown.refresh_from_db()
    assert (unknown.state, unknown.provider_id) == (state, f"id-{email.sent[0].token}")
    assert len(email.sent) == 1


def test_found_as_failed_it_falls_back(unknown, email, sms, clear_up):
    """spec C3."""
    email.lookups = lambda sought: email.report(S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    clear_up()

    assert len(sms.sent) == 1


def test_not_found_it_is_sent_once_more(unknown, email, clear_up):
    """design, section 3."""
    clear_up()

    unknown.refresh_from_db()
    assert (unknown.state, len(email.sent)) == (S.ACCEPTED, 2)


def test_at_most_two_sends_ever_then_failed_unknown(unknown, email, sms, clear_up):
    """design, section 3: at most twice in all, and never the other channel."""
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)

    for _ in range(5):
        clear_up()

    unknown.refresh_from_db()
    assert (unknown.state, unknown.reason) == (S.FAILED_UNKNOWN, Reason.NO_ANSWER)
    assert (len(email.sent), len(sms.sent)) == (2, 0)
    assert unknown.settled_at


def test_a_429_on_the_way_does_not_count_as_a_send(unknown, email, clear_up, pass_time):
    """research: 429 was never processed."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY)
    clear_up()
    email.answers = None
    pass_time(minutes=10)

    unknown.refresh_from_db()
    assert unknown.state == S.ACCEPTED


@pytest.mark.parametrize("kind", sorted(NEVER_RESENT))
def test_bulk_is_never_sent_again_by_the_engine(kind, kari, bulk_text, promise, sms, clear_up, pass_time):
    """design, section 3: staff see ukjent, with a button."""
    kari.email = ""
    kari.save()
    sms.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)
    promise(kari, kind, Lane.BULK)
    pass_time(seconds=1)
    sms.answers = None

    clear_up()

    assert len(sms.sent) == 1
    assert Delivery.objects.get().state == S.FAILED_UNKNOWN


def test_the_kinds_never_resent_are_those_of_bulks():
    """design, section 3."""
    assert {Kind.BULK_SMS, Kind.ECONTACT} == NEVER_RESENT


def test_a_provider_that_cannot_be_asked_is_asked_again(unknown, email, clear_up):
    """design, section 3: neither sent again nor given up."""

    def fails(sought):
        raise LookupFailed

    email.lookups = fails
    clear_up()
    unknown.refresh_from_db()
    before = (unknown.state, len(email.sent))

    email.lookups = lambda sought: email.report(S.DELIVERED)
    clear_up(timedelta(minutes=1))

    unknown.refresh_from_db()
    assert before == (S.UNKNOWN, 1)
    assert unknown.state == S.DELIVERED


def test_an_unknown_outcome_past_its_expiry_is_not_sent_again(unknown, email, clear_up):
    """spec D7; research: never after expiry."""
    clear_up(timedelta(hours=72))

    unknown.refresh_from_db()
    assert (unknown.state, len(email.sent)) == (S.FAILED_UNKNOWN, 1)


def test_a_provider_without_memory_is_not_tried_twice(kari, promise, email, clear_up, pass_time):
    """design, section 4: plain SMTP cannot be asked, so staff see it."""
    email.has_receipts = False
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)
    promise(kari)
    pass_time(seconds=1)

    clear_up()

    assert Delivery.objects.get().state == S.FAILED_UNKNOWN


def test_what_is_sought_tells_the_attempt_apart(unknown, email, clear_up):
    """research: body and time; not another delivery's id."""
    sought = []
    email.lookups = sought.append

    clear_up()

    assert sought[0].token == email.sent[0].token
    assert sought[0].text == unknown.text
    assert sought[0].started_at == Attempt.objects.get(token=sought[0].token).at


def test_anothers_message_to_the_same_address_is_not_taken_for_ours(kari, promise, email, clear_up, pass_time):
    """spec B1: parents and care homes share an address."""
    promise(kari)
    pass_time(seconds=1)
    taken = Delivery.objects.get().provider_id
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)
    promise(kari)
    pass_time(seconds=1)
    sought = []
    email.lookups = sought.append

    clear_up()

    assert sought[0].taken == frozenset({taken})


@pytest.fixture
def abandoned(kari, promise, email):
    """An e-mail in the hands of a worker that died."""

    class Killed(BaseException):
        """The worker is gone."""

    def dies(message):
        raise Killed

    promise(kari)
    dispatch.run(timezone.now())
    email.answers = dies
    with pytest.raises(Killed):
        sending.run(Channel.EMAIL, Lane.URGENT, timezone.now())
    email.answers = None
    return Delivery.objects.get()


def test_a_lease_that_runs_is_not_reaped(abandoned, clock):
    """design, section 3."""
    clock.shift(LEASE)

    assert reconcile.reap(timezone.now()) == 0


def test_a_lost_lease_is_unknown_and_not_failed(abandoned, clock):
    """design, section 3: a killed worker may have sent."""
    clock.shift(LEASE + timedelta(seconds=1))
    reconcile.reap(timezone.now())

    abandoned.refresh_from_db()
    assert (abandoned.state, abandoned.reason) == (S.UNKNOWN, Reason.WORKER_LOST)
    assert abandoned.check_at == timezone.now() + SETTLE


def test_a_lost_lease_is_settled_and_sent(abandoned, email, clear_up):
    """design, section 3: nothing is lost."""
    clear_up(LEASE + timedelta(seconds=1))
    clear_up()

    abandoned.refresh_from_db()
    assert abandoned.state == S.ACCEPTED


@pytest.fixture
def accepted(kari, promise, email, pass_time):
    """An e-mail that was accepted; no receipt comes."""
    promise(kari)
    pass_time(seconds=1)
    return Delivery.objects.get()


def test_polling_repairs_a_lost_receipt_within_15_minutes(accepted, email, clock):
    """spec J2; design, section 3."""
    email.lookups = lambda sought: email.report(S.DELIVERED)

    clock.shift(timedelta(minutes=15))
    reconcile.poll(timezone.now())

    accepted.refresh_from_db()
    assert accepted.state == S.DELIVERED


def test_a_poll_that_finds_a_failure_falls_back(accepted, email, sms, clock, pass_time):
    """spec C3, J2."""
    email.lookups = lambda sought: email.report(S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    clock.shift(timedelta(minutes=15))
    reconcile.poll(timezone.now())
    pass_time(seconds=1)

    assert len(sms.sent) == 1


@pytest.mark.parametrize(("hours", "state"), [(71, S.ACCEPTED), (72, S.UNCONFIRMED)])
def test_without_a_receipt_for_72_hours_it_is_unconfirmed(hours, state, accepted, clock):
    """design, section 3."""
    start = timezone.now()
    for step in range(hours * 4 + 1):
        clock.move_to(start + timedelta(minutes=15 * step), tick=False)
        reconcile.poll(timezone.now())

    accepted.refresh_from_db()
    assert (accepted.state, accepted.reason) == (state, Reason.NO_RECEIPT if state == S.UNCONFIRMED else "")


def test_polls_grow_rarer(accepted, email, clock):
    """design, section 3: 10 minutes, 1, 6, 24, 48 and 72 hours."""
    asked = []
    email.lookups = lambda sought: asked.append(timezone.now())
    start = timezone.now()
    for step in range(72 * 4 + 1):
        clock.move_to(start + timedelta(minutes=15 * step), tick=False)
        reconcile.poll(timezone.now())

    assert [round((at - start).total_seconds() / 3600) for at in asked] == [0, 1, 6, 24, 48, 72]


def test_a_channel_without_receipts_is_not_polled(kari, promise, email, pass_time, clock):
    """design, section 4: accepted is all we will ever know."""
    email.has_receipts = False
    promise(kari)
    pass_time(seconds=1)

    clock.shift(timedelta(hours=100))

    assert reconcile.poll(timezone.now()) == 0
    assert Delivery.objects.get().state == S.ACCEPTED
