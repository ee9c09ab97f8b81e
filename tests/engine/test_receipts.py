"""Status reports: in any order, repeated, late, early, about nothing of ours (spec J2)."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from notifications import receipts, reconcile
from notifications.kinds import Channel, DeliveryState, Reason
from notifications.models import Delivery, DeliveryEvent, ProviderReceipt
from notifications.providers.base import Outcome, Receipt
from tests.factories import PatientFactory

S = DeliveryState
REPORTED = (S.ACCEPTED, S.DELIVERED, S.FAILED, S.UNDELIVERED, S.BOUNCED)


@pytest.fixture
def hop(kari, promise, email, pass_time):
    """An e-mail that the provider has accepted."""
    promise(kari)
    pass_time(seconds=1)
    return Delivery.objects.get()


@pytest.fixture
def report(email, pass_time):
    """Report about the last e-mail, and let the engine apply it."""

    def make(*reports):
        for state, reason in reports:
            receipts.store([email.report(state, reason)], timezone.now())
            pass_time(seconds=1)

    return make


@pytest.mark.parametrize("channel", list(Channel))
@given(start=st.sampled_from(S), reports=st.lists(st.sampled_from(REPORTED), max_size=8), data=st.data())
def test_any_permutation_ends_in_the_same_state(channel, start, reports, data):
    """spec J2: order, repeats and delays do not matter."""
    shuffled = data.draw(st.permutations(reports))

    assert settle(channel, start, reports) == settle(channel, start, shuffled)


def settle(channel, start, reports):
    """Apply reports in order to a hop; return where it ends."""
    hop = SimpleNamespace(channel=channel, state=start)
    for state in reports:
        if receipts.moves(hop, state):
            hop.state = state
    return hop.state


@given(st.sampled_from(S), st.sampled_from(REPORTED))
def test_a_status_never_steps_down(start, reported):
    """spec J2."""
    if receipts.moves(SimpleNamespace(channel=Channel.EMAIL, state=start), reported):
        assert not receipts.moves(SimpleNamespace(channel=Channel.EMAIL, state=reported), start)


@given(st.lists(st.sampled_from(REPORTED[:-1]), max_size=6), st.data())
def test_whether_the_provider_took_it_does_not_hang_on_the_order(reports, data):
    """spec I4, J2: «failed» alone takes nothing from what was accepted, and accepts nothing by itself."""
    hop = SimpleNamespace(channel=Channel.SMS, state=S.SENDING, reason="", provider_id="", accepted_at=None)

    for state in data.draw(st.permutations(reports)):
        receipts.step(hop, Receipt("memory-sms", "t", "", state, state, Reason.REJECTED), timezone.now())

    assert (hop.accepted_at is not None) == bool({*reports} & {S.ACCEPTED, S.DELIVERED, S.UNDELIVERED})


def test_every_state_has_a_rank_of_its_own_among_reports():
    """A tie would let the order decide."""
    ranks = [receipts.RANK[state] for state in REPORTED]

    assert len(set(ranks)) == len(ranks)
    assert set(receipts.RANK) == set(S)


@pytest.mark.parametrize("order", list(permutations([S.ACCEPTED, S.DELIVERED, S.BOUNCED])))
def test_a_bounce_wins_in_any_order(order, hop, report):
    """spec J2: an e-mail may bounce after «delivered»."""
    report(*[(state, Reason.UNKNOWN_ADDRESS if state == S.BOUNCED else None) for state in order])

    hop.refresh_from_db()
    assert (hop.state, hop.reason) == (S.BOUNCED, Reason.UNKNOWN_ADDRESS)


def test_many_reports_are_written_at_once(clinic, promise, sms, pass_time, django_assert_max_num_queries):
    """spec J2: a bulk's reports come in thousands; the number of statements does not follow them."""
    for patient in PatientFactory.create_batch(30, clinic=clinic, email=""):
        promise(patient)
    pass_time(seconds=1)
    receipts.store([sms.report(S.DELIVERED, None, message) for message in sms.sent], timezone.now())

    with django_assert_max_num_queries(12):
        receipts.apply_pending(timezone.now())

    assert Delivery.objects.filter(state=S.DELIVERED).count() == 30
    assert DeliveryEvent.objects.filter(what="receipt").count() == 30


def test_reports_of_one_hop_in_one_batch_are_all_logged(hop, email, pass_time):
    """spec J2: the highest wins, and each that moved the hop has its line."""
    reports = [(S.DELIVERED, None), (S.FAILED, Reason.REJECTED), (S.BOUNCED, Reason.UNKNOWN_ADDRESS)]
    receipts.store([email.report(state, reason) for state, reason in reports], timezone.now())

    receipts.apply_pending(timezone.now())

    hop.refresh_from_db()
    assert hop.state == S.BOUNCED
    assert [line.state for line in hop.events.filter(what="receipt")] == [S.DELIVERED, S.BOUNCED]


def test_a_late_bounce_opens_the_fallback(hop, report, sms):
    """spec C3, J2."""
    report((S.DELIVERED, None), (S.BOUNCED, Reason.UNKNOWN_ADDRESS))

    assert len(sms.sent) == 1


def test_an_sms_cannot_bounce(kari, promise, sms, pass_time):
    """spec J2: only e-mail does."""
    kari.email = ""
    kari.save()
    promise(kari)
    pass_time(seconds=1)

    receipts.store([sms.report(S.BOUNCED, Reason.UNKNOWN_ADDRESS)], timezone.now())
    pass_time(seconds=1)

    assert Delivery.objects.get().state == S.ACCEPTED


def test_the_same_report_twice_is_one_row(hop, email):
    """spec J2."""
    for _ in range(5):
        receipts.store([email.report(S.DELIVERED)], timezone.now())

    assert ProviderReceipt.objects.count() == 1


def test_the_same_report_after_it_was_applied_adds_no_line(hop, report):
    """spec J2."""
    report((S.DELIVERED, None), (S.DELIVERED, None))

    assert DeliveryEvent.objects.filter(what="receipt").count() == 1


def test_a_bounce_twice_falls_back_once(hop, report, sms):
    """spec C3."""
    report((S.BOUNCED, Reason.UNKNOWN_ADDRESS), (S.FAILED, Reason.REJECTED), (S.BOUNCED, Reason.UNKNOWN_ADDRESS))

    assert len(sms.sent) == 1


@pytest.mark.parametrize("state", [S.DELIVERED, S.BOUNCED])
def test_a_report_that_comes_before_the_answer_is_kept(state, kari, promise, email, pass_time):
    """spec J2: the callback overtakes `accepted`."""

    def overtaken(message):
        report = email.report(state, Reason.UNKNOWN_ADDRESS if state == S.BOUNCED else None, message)
        receipts.store([report], timezone.now())
        receipts.apply_pending(timezone.now())
        return Outcome.accepted(f"id-{message.token}")

    email.answers = overtaken
    promise(kari)
    pass_time(seconds=1)

    assert Delivery.objects.get(channel=Channel.EMAIL).state == state


def test_an_early_accepted_is_polled_like_any_other(kari, promise, email, pass_time):
    """spec J2: the callback overtook the answer, and all later ones were lost."""

    def overtaken(message):
        receipts.store([email.report(S.ACCEPTED, None, message)], timezone.now())
        receipts.apply_pending(timezone.now())
        return Outcome.accepted(f"id-{message.token}")

    email.answers = overtaken
    email.lookups = lambda sought: email.report(S.DELIVERED)
    promise(kari)
    pass_time(seconds=1)
    pass_time(minutes=15)

    reconcile.poll(timezone.now())

    assert Delivery.objects.get().state == S.DELIVERED


def test_an_unknown_token_changes_nothing(hop, email):
    """spec J2."""
    before = Delivery.objects.values().get()
    receipts.store([Receipt("memory-email", "f" * 32, "", "bounced", S.BOUNCED, Reason.REJECTED)], timezone.now())

    receipts.apply_pending(timezone.now())

    assert Delivery.objects.values().get() == before
    assert ProviderReceipt.objects.get().applied_at == timezone.now()


def test_the_providers_id_finds_the_hop_when_there_is_no_token(hop, email, pass_time):
    """spec J2."""
    receipts.store([Receipt("memory-email", "", hop.provider_id, "delivered", S.DELIVERED)], timezone.now())
    pass_time(seconds=1)

    hop.refresh_from_db()
    assert hop.state == S.DELIVERED


def test_a_complaint_after_delivery_flags_the_address(hop, kari, report, email, sms):
    """spec C3; the message itself came through, so nothing is sent again."""
    report((S.DELIVERED, None))
    complaint = Receipt(email.name, email.sent[-1].token, "", "complained", S.DELIVERED, Reason.COMPLAINT)
    receipts.store([complaint], timezone.now())
    receipts.apply_pending(timezone.now())

    kari.refresh_from_db()
    assert kari.email_dead == "complaint"
    assert sms.sent == []


@pytest.fixture
def resent(kari, promise, email, pass_time):
    """An e-mail whose first attempt got no answer and was not found, and whose second was accepted."""
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)
    promise(kari)
    pass_time(seconds=1)
    pass_time(minutes=3)
    reconcile.clear_unknown(timezone.now())
    email.answers = None
    pass_time(seconds=1)
    assert len(email.sent) == 2
    return Delivery.objects.get()


@pytest.mark.parametrize("attempt", [0, 1])
def test_delivered_counts_whichever_attempt_it_was(attempt, resent, email, pass_time):
    """spec J2: the old attempt's token after a resend."""
    receipts.store([email.report(S.DELIVERED, None, email.sent[attempt])], timezone.now())
    pass_time(seconds=1)

    resent.refresh_from_db()
    assert resent.state == S.DELIVERED


def test_an_old_attempts_failure_says_nothing_of_the_new_one(resent, email, sms, pass_time):
    """spec C3: the second attempt is on its way, so nothing has failed for good."""
    receipts.store([email.report(S.FAILED, Reason.REJECTED, email.sent[0])], timezone.now())
    pass_time(seconds=1)

    resent.refresh_from_db()
    assert resent.state == S.ACCEPTED
    assert sms.sent == []


def test_the_latest_attempts_failure_counts(resent, email, sms, pass_time):
    """spec C3."""
    receipts.store([email.report(S.FAILED, Reason.REJECTED, email.sent[1])], timezone.now())
    pass_time(seconds=1)

    resent.refresh_from_db()
    assert resent.state == S.FAILED
    assert len(sms.sent) == 1


def test_a_report_while_the_outcome_is_unknown_settles_it(kari, promise, email, pass_time):
    """spec J2: the callback carries our attempt's token."""
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)
    promise(kari)
    pass_time(seconds=1)

    receipts.store([email.report(S.DELIVERED)], timezone.now())
    pass_time(minutes=10)

    assert Delivery.objects.get().state == S.DELIVERED
    assert len(email.sent) == 1


def test_a_late_report_lifts_an_outcome_that_was_given_up(hop, report):
    """design, section 3: unconfirmed and failed_unknown are not the last word."""
    Delivery.objects.update(state=S.FAILED_UNKNOWN, reason=Reason.NO_ANSWER, settled_at=timezone.now())

    report((S.ACCEPTED, None))

    hop.refresh_from_db()
    assert (hop.state, hop.reason, hop.settled_at) == (S.ACCEPTED, "", None)


def test_a_failure_without_a_cause_still_has_a_reason(hop, report):
    """spec J1: every negative state has a reason."""
    report((S.FAILED, None))

    hop.refresh_from_db()
    assert hop.reason == Reason.REJECTED


def test_one_round_applies_no_more_than_its_limit(hop, email):
    """design, section 3."""
    receipts.store([Receipt("m", f"{n:032x}", "", "sent", S.ACCEPTED) for n in range(7)], timezone.now())

    assert [receipts.apply_pending(timezone.now(), limit=5) for _ in range(3)] == [5, 2, 0]
