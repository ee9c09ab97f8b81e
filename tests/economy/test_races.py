"""Two colleagues, and one who presses twice, at the very same time, on PostgreSQL (spec F2, F4, F5)."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from economy import billing, crediting, lines, payment
from economy.billing import Conflict
from economy.kinds import Method, State
from economy.models import BillingCard, Line, Receipt
from economy.payment import AlreadyPaid
from notifications.models import Notification
from tests.economy.conftest import TODAY
from tests.engine.test_races import at_once as together
from tests.factories import MembershipFactory, PatientFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
at_once = together  # the fixture


def refusing(act):
    """Return the act, which returns refusals that the fixture does not know."""

    def done():
        try:
            return act()
        except (AlreadyPaid, Conflict) as refused:
            return refused

    return done


def kinds(outcomes):
    """Count the outcomes by their type."""
    return Counter(type(outcome).__name__ for outcome in outcomes)


def test_marking_paid_at_once_pays_once(opened, clinic, at_once):
    """spec F2: double click and two colleagues; the others see who was first."""
    card = opened("2ad")
    people = [MembershipFactory(clinic=clinic).user for _ in range(8)]

    outcomes = at_once(
        *[
            refusing(lambda by=by: payment.mark_paid(card, by=by, method=Method.CASH, version=card.version))
            for by in people
        ]
    )

    assert kinds(outcomes) == {"Receipt": 1, "AlreadyPaid": 7}
    assert Receipt.objects.count() == Notification.objects.count() == 1
    assert all("alt betalt" in str(outcome) for outcome in outcomes if isinstance(outcome, AlreadyPaid))


def test_the_terminal_and_a_colleague_pay_once(opened, staff, at_once):
    """spec F4."""
    card = opened("2ad")

    outcomes = at_once(
        *[refusing(lambda: payment.mark_paid(card, by=None, method=Method.TERMINAL, reference="T-1"))] * 3,
        *[refusing(lambda: payment.mark_paid(card, by=staff, method=Method.CASH, version=card.version))] * 3,
    )

    assert Receipt.objects.count() == Notification.objects.count() == 1
    assert kinds(outcomes)["Receipt"] in (1, 3)  # the terminal's own repeats are given the receipt there is


def test_receipts_issued_at_once_have_no_gaps(opened, clinic, staff, at_once):
    """spec F2: twelve tills."""
    cards = [opened("2ad", patient=PatientFactory(clinic=clinic)) for _ in range(12)]

    at_once(*[lambda card=card: payment.mark_paid(card, by=staff, method=Method.CASH) for card in cards])

    assert sorted(Receipt.objects.values_list("number", flat=True)) == list(range(1, 13))


def test_the_same_form_sent_at_once_makes_one_card(draft, staff, at_once):
    """Double submit: the numbers have no gap either."""
    first, key = draft("2ad"), uuid.uuid4()
    asked = {"clinic": first.clinic, "patient": first.patient, "practitioner": first.practitioner}

    made = at_once(*[lambda: billing.create_draft(service_date=TODAY, by=staff, request_key=key, **asked).number] * 6)

    assert set(made) == {2}
    assert BillingCard.objects.count() == 2
    assert draft("2ad").number == 3


def test_the_same_line_sent_at_once_is_added_once(draft, staff, at_once):
    card, key = draft("2ad"), uuid.uuid4()

    at_once(*[lambda: lines.add_takst(card, "701a", version=card.version, by=staff, request_key=key).pk] * 6)

    assert Line.objects.filter(card=card).count() == 2
    assert BillingCard.objects.get().fee_ore == 24_700


def test_changing_and_paying_at_once_never_pays_what_was_not_seen(opened, staff, at_once):
    """spec F5: whoever wins, the receipt is the sum of the card's lines."""
    for _ in range(4):
        card = opened("2ad")

        def change(card=card):
            fresh = billing.reopen(card, version=card.version, by=staff)
            lines.add_takst(fresh, "701a", version=fresh.version, by=staff)

        pay = refusing(lambda card=card: payment.mark_paid(card, by=staff, method=Method.CASH, version=card.version))
        at_once(refusing(change), pay)

        card.refresh_from_db()
        assert card.fee_ore == sum(line.fee_sum for line in card.lines.all())
        if card.state == State.PAID:
            assert (card.fee_ore, card.receipt.fee_ore) == (17_500, 17_500)


def test_crediting_at_once_never_gives_back_too_much(paid, staff, at_once):
    """spec F5: the lock on the credited card."""
    card = paid("2ad").card
    line = card.lines.get()
    asked = {"quantities": {line.pk: 1}, "method": Method.CASH, "reason": "Feil", "by": staff}

    outcomes = at_once(*[lambda: crediting.credit(card, **asked)] * 6)

    assert kinds(outcomes) == {"BillingCard": 1, "ValidationError": 5}
    assert crediting.remaining(card) == {line.pk: 0}


def test_the_same_credit_sent_at_once_is_made_once(paid, staff, at_once):
    card, key = paid("2ad").card, uuid.uuid4()
    asked = {"quantities": {card.lines.get().pk: 1}, "method": Method.CASH, "reason": "Feil", "by": staff}

    outcomes = at_once(*[lambda: crediting.credit(card, request_key=key, **asked).pk] * 6)

    assert len(set(outcomes)) == 1
    assert card.credits.count() == 1
