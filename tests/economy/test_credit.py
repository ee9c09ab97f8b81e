"""Credit: a new card with negative lines, never more than remains; the paid one stays as it is (spec F5)."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError

from economy import billing, crediting, lines, payment
from economy.crediting import credit
from economy.kinds import Method, State
from economy.models import BillingCard, Line, Receipt
from notifications.models import Notification
from tests.economy.conftest import TODAY, add


@pytest.fixture
def bill(draft, staff):
    """A paid card: one consultation, three samples sent and two of the clinic's own goods."""
    card = add(draft("2ad"), "701c", staff, quantity=3)
    lines.add_own(card, text="Bandasje", amount=4_550, quantity=2, version=card.version, by=staff)
    card.refresh_from_db()
    card = billing.open_card(card, version=card.version, by=staff)
    return payment.mark_paid(card, by=staff, method=Method.TERMINAL).card


def of(card: BillingCard, *counts: int) -> dict[int, int]:
    """Return how many by the lines' pks, in their order."""
    return dict(zip([line.pk for line in card.lines.all()], counts, strict=True))


def test_the_whole_card_is_credited_to_the_oere(bill, staff) -> None:
    """spec F5."""
    before = BillingCard.objects.filter(pk=bill.pk).values().get(), list(bill.lines.values())

    note = credit(bill, quantities=of(bill, 1, 3, 2), method=Method.CASH, reason="Feil", by=staff)

    assert (note.fee_ore, note.refund_ore, note.patient_ore) == (-bill.fee_ore, -bill.refund_ore, -bill.patient_ore)
    assert note.patient_ore == -25_100
    assert (note.state, note.credit_of, note.service_date) == (State.PAID, bill, TODAY)
    assert (BillingCard.objects.filter(pk=bill.pk).values().get(), list(bill.lines.values())) == before
    assert Receipt.objects.get(card=note).patient_ore == -25_100
    assert Notification.objects.filter(subject_id=note.pk).count() == 1


def test_parts_are_credited_until_nothing_remains(bill, staff) -> None:
    """spec F5: by lines, in parts, never more."""
    credit(bill, quantities=of(bill, 0, 1, 1), method=Method.CASH, reason="Feil", by=staff)
    assert list(crediting.remaining(bill).values()) == [1, 2, 1]

    with pytest.raises(ValidationError) as refused:
        credit(bill, quantities=of(bill, 1, 2, 2), method=Method.CASH, reason="Feil", by=staff)
    assert list(refused.value.message_dict) == [f"line_{bill.lines.last().pk}"]

    credit(bill, quantities=of(bill, 1, 2, 1), method=Method.CASH, reason="Feil", by=staff)
    assert list(crediting.remaining(bill).values()) == [0, 0, 0]
    assert sum(bill.credits.values_list("patient_ore", flat=True)) == -bill.patient_ore


@pytest.mark.parametrize("counts", [(0, 0, 0), (2, 0, 0), (-1, 0, 0), (1, 4, 0)])
def test_nothing_and_too_much_are_refused(counts, bill, staff) -> None:
    with pytest.raises(ValidationError):
        credit(bill, quantities=of(bill, *counts), method=Method.CASH, reason="Feil", by=staff)

    assert BillingCard.objects.count() == 1


def test_another_cards_lines_are_refused(bill, paid, staff) -> None:
    other = paid("2ad").card

    with pytest.raises(ValidationError):
        credit(bill, quantities=of(other, 1), method=Method.CASH, reason="Feil", by=staff)


def test_the_same_form_twice_credits_once(bill, staff) -> None:
    """Double submit."""
    key = uuid.uuid4()
    chosen = {"quantities": of(bill, 0, 0, 1), "method": Method.CASH, "reason": "Feil"}

    notes = {credit(bill, by=staff, request_key=key, **chosen) for _ in range(3)}

    assert len(notes) == 1
    assert Receipt.objects.count() == 2


def test_only_paid_cards_are_credited_and_credits_are_not(bill, opened, staff) -> None:
    note = credit(bill, quantities=of(bill, 1, 0, 0), method=Method.CASH, reason="Feil", by=staff)

    for card in (note, opened("2ad")):
        with pytest.raises(ValidationError, match="Bare betalte"):
            credit(card, quantities=of(card, 1), method=Method.CASH, reason="Feil", by=staff)


@pytest.mark.parametrize(("more", "field"), [({"reason": "  "}, "reason"), ({"method": Method.NONE}, "method")])
def test_reason_and_method_are_asked_for(more, field, bill, staff) -> None:
    chosen = {"quantities": of(bill, 1, 0, 0), "method": Method.CASH, "reason": "Feil"} | more

    with pytest.raises(ValidationError) as refused:
        credit(bill, by=staff, **chosen)

    assert field in refused.value.message_dict
    assert (BillingCard.objects.count(), Line.objects.count()) == (1, 3)


def test_what_was_paid_without_a_share_is_credited_without_money(paid, staff) -> None:
    card = paid("1bd").card

    note = credit(card, quantities=of(card, 1), method=Method.NONE, reason="Feil", by=staff)

    assert (note.fee_ore, note.refund_ore, note.patient_ore) == (-7_200, -7_200, 0)


def test_a_credit_has_the_next_numbers(bill, paid, staff) -> None:
    note = credit(bill, quantities=of(bill, 1, 0, 0), method=Method.CASH, reason="Feil", by=staff)

    assert (note.number, note.receipt.number) == (2, 2)
    assert paid("2ad").number == 3
