"""Money never drifts: properties over lines, shares and credits (spec F5)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from economy import billing, crediting, day, lines, payment
from economy.kinds import Method
from economy.models import BillingCard, Line
from economy.money import MOST
from tests.economy.conftest import TODAY
from tests.factories import TariffFactory

OFTEN = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
oere = st.integers(1, MOST)
quantities = st.integers(1, 99)


@st.composite
def rates(draw: st.DrawFn) -> dict[str, object]:
    """Draw a takst's amounts: any fee, shared anyhow, counting for the frikort or not."""
    fee = draw(st.integers(0, MOST))
    share = draw(st.integers(0, fee))
    exemptible = draw(st.booleans())
    return {"fee_ore": fee, "patient_ore": share, "refund_ore": fee - share, "is_exemptible": exemptible}


@st.composite
def wanted(draw: st.DrawFn) -> list[tuple[dict[str, object] | int, int]]:
    """Draw lines: a takst or an amount of the clinic's own, and how many."""
    return draw(st.lists(st.tuples(st.one_of(rates(), oere), quantities), min_size=1, max_size=6))


def fill(card: BillingCard, rows: list[tuple[dict[str, object] | int, int]], by: object) -> BillingCard:
    """Add the lines, one by one, as people do."""
    for what, count in rows:
        card.refresh_from_db()
        if isinstance(what, int):
            lines.add_own(card, text="Vare", amount=what, quantity=count, version=card.version, by=by)
        else:
            lines.add_takst(card, TariffFactory(**what).code, quantity=count, version=card.version, by=by)
    card.refresh_from_db()
    return card


def expected(rows: list[tuple[dict[str, object] | int, int]], *, exempt: bool) -> tuple[int, int]:
    """Return fee and patient's share by hand, in Python's whole numbers."""
    fee = share = 0
    for what, count in rows:
        one, part, free = (what, what, False) if isinstance(what, int) else unit(what)
        fee += count * one
        share += 0 if exempt and free else count * part
    return fee, share


def unit(what: dict[str, object]) -> tuple[int, int, bool]:
    """Return fee, share and whether frikort takes it away."""
    return what["fee_ore"], what["patient_ore"], what["is_exemptible"]


def by_lines(card: BillingCard) -> tuple[int, int, int]:
    """Add the stored lines up."""
    found = list(Line.objects.standing().filter(card=card))
    return (
        sum(line.fee_sum for line in found),
        sum(line.refund_sum for line in found),
        sum(line.patient_sum for line in found),
    )


def totals(card: BillingCard) -> tuple[int, int, int]:
    """Return the stored totals."""
    fresh = BillingCard.objects.get(pk=card.pk)
    return fresh.fee_ore, fresh.refund_ore, fresh.patient_ore


@OFTEN
@given(rows=wanted(), exempt=st.booleans())
def test_totals_are_the_sums_of_the_lines(rows, exempt, draft, staff) -> None:
    """spec F5: to the øre, whatever is on the card."""
    card = fill(empty(draft, staff, exemption="F" if exempt else ""), rows, staff)

    fee, share = expected(rows, exempt=exempt)
    assert totals(card) == by_lines(card) == (fee, fee - share, share)


def empty(draft: object, staff: object, **more: object) -> BillingCard:
    """Make a draft without lines."""
    card = draft("2ad", **more)
    return lines.remove_line(card.lines.get(), version=card.version, by=staff)


@OFTEN
@given(rows=wanted(), changes=st.lists(st.tuples(st.sampled_from("qrxf"), st.integers(0, 5), quantities), max_size=10))
def test_no_order_of_changes_makes_totals_drift(rows, changes, draft, staff) -> None:
    """spec F5: change, remove, bring back and exempt, in any order."""
    card = fill(empty(draft, staff), rows, staff)
    for what, place, count in changes:
        card.refresh_from_db()
        line = list(Line.objects.filter(card=card))[place % len(rows)]
        if what == "f":
            details = {"practitioner": card.practitioner, "service_date": TODAY, "exemption": "F" if count % 2 else ""}
            billing.change_details(card, version=card.version, by=staff, **details)
        elif what == "q" and line.removed_at is None:
            lines.change_line(line, quantity=count, version=card.version, by=staff)
        elif what == "r":
            lines.remove_line(line, version=card.version, by=staff)
        elif what == "x" and line.code != "2ad":
            lines.restore_line(line, version=card.version, by=staff)

    assert totals(card) == by_lines(card)


@OFTEN
@given(rows=wanted(), parts=st.lists(st.lists(st.integers(0, 99), min_size=6, max_size=6), max_size=5))
def test_credits_never_exceed_the_card(rows, parts, draft, staff) -> None:
    """spec F5: by lines, in any parts; and what remains can always be credited to exactly nothing."""
    card = fill(empty(draft, staff), rows, staff)
    card = billing.open_card(card, version=card.version, by=staff)
    card = payment.mark_paid(card, by=staff, method=Method.CASH if card.patient_ore else Method.NONE).card
    before = totals(card)

    for part in [*parts, [99] * 6]:
        left = crediting.remaining(card)
        chosen = {pk: min(count, rest) for (pk, rest), count in zip(left.items(), part, strict=False)}
        if any(chosen.values()):
            give_back(card, chosen, staff)
        given_back = [sum(getattr(note, name) for note in card.credits.all()) for name in ("fee_ore", "patient_ore")]
        assert -before[0] <= given_back[0] <= 0
        assert -before[2] <= given_back[1] <= 0

    assert set(crediting.remaining(card).values()) == {0}
    assert [sum(column) for column in zip(*map(totals, card.credits.all()), strict=True)] == [-part for part in before]
    assert totals(card) == before == by_lines(card)


def give_back(card: BillingCard, chosen: dict[int, int], staff: object) -> None:
    """Credit it the way that fits the sum."""
    money = sum(line.patient_ore * chosen[line.pk] for line in card.lines.all())
    method = Method.CASH if money else Method.NONE
    crediting.credit(card, quantities=chosen, method=method, reason="Feil", by=staff)


@OFTEN
@given(cards=st.lists(st.tuples(wanted(), st.sampled_from(["draft", "open", "paid", "void"])), min_size=1, max_size=4))
def test_the_days_sums_are_those_of_its_cards(cards, draft, staff) -> None:
    """spec F5: void cards count for nothing."""
    clinic = draft("2ad").clinic
    BillingCard._base_manager.filter(state__in=["draft", "open"]).update(service_date="2001-01-01")
    start = day.sums(day.cards(clinic, TODAY))
    made = [settle(fill(empty(draft, staff), rows, staff), state, staff) for rows, state in cards]

    sums = day.sums(day.cards(clinic, TODAY))

    counted = [card for card in made if card.state != "void"]
    assert sums.count - start.count == len(counted)
    assert sums.fee - start.fee == sum(card.fee_ore for card in counted)
    assert sums.refund + sums.patient == sums.fee
    assert sums.paid + sums.unpaid == sums.patient
    assert sum(oere for _, _, oere in sums.by_method) == sums.paid


def settle(card: BillingCard, state: str, staff: object) -> BillingCard:
    """Bring the card into the state."""
    if state == "void":
        return billing.void(card, version=card.version, reason="x", by=staff)
    if state in ("open", "paid"):
        card = billing.open_card(card, version=card.version, by=staff)
    if state == "paid":
        return payment.mark_paid(card, by=staff, method=Method.CASH if card.patient_ore else Method.NONE).card
    return card
