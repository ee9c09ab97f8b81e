"""A card's way from draft to paid or void, and what stops it (spec F1, F5)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from clinics.models import AuditAction, AuditEvent
from economy import billing, lines, payment
from economy.billing import Conflict
from economy.kinds import Exemption, Method, State
from economy.models import BillingCard, Line, Receipt, Tariff
from economy.review import review
from notifications.models import Notification
from tests.economy.conftest import TODAY, add
from tests.factories import PatientFactory, PractitionerFactory, TariffFactory


def sums(card: BillingCard) -> tuple[int, int, int]:
    """Return the stored sums, in øre."""
    fresh = BillingCard.objects.get(pk=card.pk)
    return fresh.fee_ore, fresh.refund_ore, fresh.patient_ore


def test_a_card_goes_from_draft_to_open_to_paid(draft, staff) -> None:
    """spec F1: lines, share and states."""
    card = draft("2ad", "701a", "705k")
    assert (card.state, sums(card)) == (State.DRAFT, (29_800, 7_700, 22_100))

    card = billing.open_card(card, version=card.version, by=staff)
    receipt = payment.mark_paid(card, by=staff, method=Method.VIPPS, version=card.version)

    card = BillingCard.objects.get()
    assert (card.state, card.method, card.settled_by) == (State.PAID, Method.VIPPS, staff)
    assert (receipt.fee_ore, receipt.refund_ore, receipt.patient_ore) == sums(card) == (29_800, 7_700, 22_100)


def test_a_new_tariff_changes_no_card(draft, staff) -> None:
    """spec F1: amounts are those of the day, kept on the line."""
    card = draft("701a")

    row = Tariff.objects.of_code("701a", TODAY)
    row.fee_ore, row.patient_ore = 99_900, 98_800
    row.save()

    assert sums(card) == (7_200, 1_100, 6_100)
    assert card.lines.get().fee_ore == 7_200


def test_moving_the_day_takes_that_days_amounts(draft, staff) -> None:
    card = draft("701a", on=TODAY)

    billing.change_details(
        card,
        version=card.version,
        practitioner=card.practitioner,
        service_date=date(2020, 9, 1),
        exemption="",
        by=staff,
    )

    assert sums(card) == (6_000, 100, 5_900)


def test_a_takst_that_the_day_does_not_have_stops_the_move(draft, staff) -> None:
    card = draft("705k")

    with pytest.raises(ValidationError, match="705k finnes ikke i tariffen 01.09.2020") as refused:
        billing.change_details(
            card,
            version=card.version,
            practitioner=card.practitioner,
            service_date=date(2020, 9, 1),
            exemption="",
            by=staff,
        )

    assert "service_date" in refused.value.message_dict
    assert BillingCard.objects.get().service_date == TODAY


@pytest.mark.parametrize("exemption", [Exemption.CARD, Exemption.CHILD, Exemption.INFECTION])
def test_an_exempt_patient_pays_for_materials_only(exemption, draft, staff) -> None:
    """spec F1: the share goes to Helfo, the fee stays; materials are no part of the frikort."""
    card = draft("2ad", "10b")
    lines.add_own(card, text="Legeattest", amount=50_000, version=card.version, by=staff)
    card.refresh_from_db()

    def change(to: str) -> None:
        fresh = BillingCard.objects.get(pk=card.pk)
        details = {"practitioner": fresh.practitioner, "service_date": TODAY, "exemption": to}
        billing.change_details(fresh, version=fresh.version, by=staff, **details)

    change(exemption)
    assert sums(card) == (78_400, 17_500, 60_900)
    change("")
    assert sums(card) == (78_400, 1_500, 76_900)


def test_a_line_added_to_an_exempt_card_is_exempt(draft, staff) -> None:
    card = draft("2ad", exemption="F")

    assert sums(card) == (17_500, 17_500, 0)


def test_lines_are_changed_removed_and_brought_back(draft, staff) -> None:
    """spec F1: undo where possible."""
    card = draft("2ad", "701c")
    first, second = card.lines.all()
    lines.change_line(second, quantity=3, version=card.version, by=staff)
    assert sums(card) == (17_500 + 7_200, 1_500 + 7_200, 16_000)

    card.refresh_from_db()
    card = lines.remove_line(first, version=card.version, by=staff)
    assert sums(card) == (7_200, 7_200, 0)
    card = lines.restore_line(first, version=card.version, by=staff)
    assert sums(card) == (24_700, 8_700, 16_000)

    card = lines.remove_line(first, version=card.version, by=staff)
    card = billing.open_card(card, version=card.version, by=staff)
    assert [line.code for line in Line.objects.filter(card=card)] == ["701c"]
    assert sums(card) == (7_200, 7_200, 0)


REFUSALS = {
    "unknown takst": lambda card, by: lines.add_takst(card, "9zz", version=card.version, by=by),
    "takst of another time": lambda card, by: lines.add_takst(card, "1be", version=card.version, by=by),
    "none": lambda card, by: lines.add_takst(card, "2ad", quantity=0, version=card.version, by=by),
    "negative": lambda card, by: lines.add_takst(card, "2ad", quantity=-1, version=card.version, by=by),
    "too many": lambda card, by: lines.add_takst(card, "2ad", quantity=100, version=card.version, by=by),
    "free": lambda card, by: lines.add_own(card, text="Attest", amount=0, version=card.version, by=by),
    "negative price": lambda card, by: lines.add_own(card, text="Attest", amount=-1, version=card.version, by=by),
    "too dear": lambda card, by: lines.add_own(card, text="x", amount=10_000_001, version=card.version, by=by),
    "nameless": lambda card, by: lines.add_own(card, text=" \n ", amount=100, version=card.version, by=by),
    "void without reason": lambda card, by: billing.void(card, version=card.version, reason=" ", by=by),
    "paying a draft": lambda card, by: payment.mark_paid(card, by=by, method=Method.CASH),
    "reopening a draft": lambda card, by: billing.reopen(card, version=card.version, by=by),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_makes_no_sense_is_refused_and_changes_nothing(name, draft, staff) -> None:
    """spec F1."""
    card = draft("2ad")
    before = BillingCard.objects.values().get(), list(Line.objects.values())

    with pytest.raises(ValidationError):
        REFUSALS[name](card, staff)

    assert (BillingCard.objects.values().get(), list(Line.objects.values())) == before


def test_an_empty_card_is_not_opened(draft, staff) -> None:
    card = draft("2ad")
    card = lines.remove_line(card.lines.get(), version=card.version, by=staff)

    with pytest.raises(ValidationError, match="ingen linjer"):
        billing.open_card(card, version=card.version, by=staff)


@pytest.mark.parametrize("on", [date(2026, 11, 24), date(1999, 12, 31)])
def test_days_to_come_and_long_gone_are_refused(on, draft) -> None:
    """Helfo refuses a date in the future."""
    with pytest.raises(ValidationError) as refused:
        draft("2ad", on=on)

    assert "service_date" in refused.value.message_dict


def test_today_is_the_clinics_today(draft, clock) -> None:
    """spec D14: 00:30 in Oslo is still yesterday in UTC."""
    clock.move_to(datetime(2026, 11, 23, 23, 30, tzinfo=UTC))

    assert draft("2ad", on=date(2026, 11, 24)).service_date == date(2026, 11, 24)


@pytest.mark.parametrize(("share", "method"), [("2ad", Method.NONE), ("1bd", Method.CASH)])
def test_the_way_of_paying_fits_the_sum(share, method, opened, staff) -> None:
    card = opened(share)

    with pytest.raises(ValidationError) as refused:
        payment.mark_paid(card, by=staff, method=method, version=card.version)

    assert "method" in refused.value.message_dict
    assert not Receipt.objects.exists()


def test_parts_of_another_clinic_are_refused(clinic, kari, staff) -> None:
    """spec A7: the second wall."""
    for parts in (
        {"patient": PatientFactory(), "practitioner": PractitionerFactory(clinic=clinic)},
        {"patient": kari, "practitioner": PractitionerFactory()},
    ):
        with pytest.raises(ValidationError, match="høre til klinikken"):
            billing.create_draft(clinic=clinic, service_date=date(2026, 1, 1), by=staff, **parts)


def test_the_second_of_two_editors_is_told(draft, staff) -> None:
    """Conflicts between two colleagues are seen by the second."""
    card = draft("2ad")
    add(card, "701a", staff)

    for act in (
        lambda: lines.add_takst(card, "705k", version=card.version, by=staff),
        lambda: lines.change_line(card.lines.first(), quantity=2, version=card.version, by=staff),
        lambda: lines.remove_line(card.lines.first(), version=card.version, by=staff),
        lambda: billing.open_card(card, version=card.version, by=staff),
        lambda: billing.void(card, version=card.version, reason="x", by=staff),
    ):
        with pytest.raises(Conflict):
            act()
    assert sums(card) == (24_700, 2_600, 22_100)


def test_paying_what_a_colleague_has_changed_is_refused(opened, staff) -> None:
    """The sum that was looked at is the sum that is paid."""
    seen = opened("2ad")
    card = billing.reopen(seen, version=seen.version, by=staff)
    card = add(card, "701a", staff)
    billing.open_card(card, version=card.version, by=staff)

    with pytest.raises(Conflict):
        payment.mark_paid(seen, by=staff, method=Method.CASH, version=seen.version)

    assert not Receipt.objects.exists()


def test_the_same_form_twice_makes_one_card_and_one_line(draft, staff) -> None:
    """Double submit of everything."""
    key, line_key = uuid.uuid4(), uuid.uuid4()
    first = draft(request_key=key)
    again = billing.create_draft(
        clinic=first.clinic,
        patient=first.patient,
        practitioner=first.practitioner,
        service_date=TODAY,
        by=staff,
        request_key=key,
    )
    for _ in range(3):
        lines.add_takst(first, "701a", version=first.version, by=staff, request_key=line_key)
    for _ in range(3):
        fresh = BillingCard.objects.get()
        lines.add_own(fresh, text="Bind", amount=4_500, version=fresh.version, by=staff, request_key=uuid.UUID(int=7))

    assert again == first
    assert [line.code for line in first.lines.all()] == ["2ad", "701a", ""]
    assert sums(first) == (29_200, 2_600, 26_600)


def test_paying_twice_pays_once_and_says_who_was_first(paid, staff) -> None:
    """spec F2: «alt betalt kl. … av …»."""
    receipt = paid("2ad")

    with pytest.raises(payment.AlreadyPaid, match=r"alt betalt 23\.11\.2026 kl\. 10\.00 av Kari Holm"):
        payment.mark_paid(receipt.card, by=staff, method=Method.CASH)

    assert Receipt.objects.count() == Notification.objects.count() == 1


def test_a_terminals_payment_reported_twice_pays_once(opened, staff) -> None:
    """spec F4: the same payment gives the same receipt; used for another card it is refused."""
    card, other = opened("2ad"), opened("2ad")

    receipts = {payment.mark_paid(card, by=None, method=Method.TERMINAL, reference="T-1").pk for _ in range(3)}

    assert len(receipts) == 1
    with pytest.raises(ValidationError, match="et annet regningskort"):
        payment.mark_paid(other, by=None, method=Method.TERMINAL, reference="T-1")
    with pytest.raises(payment.AlreadyPaid, match="av terminalen"):
        payment.mark_paid(card, by=staff, method=Method.CASH)


def test_a_void_card_counts_for_nothing_and_stays(opened, staff) -> None:
    """spec F1: void, with its number."""
    card = opened("2ad")

    billing.void(card, version=card.version, reason="Feil pasient", by=staff)

    card = BillingCard.objects.get()
    assert (card.state, card.reason, card.settled_by) == (State.VOID, "Feil pasient", staff)
    assert not Notification.objects.exists()
    with pytest.raises(ValidationError, match="alt annullert"):
        billing.void(card, version=card.version, reason="Igjen", by=staff)


def test_a_paid_card_is_not_made_void(paid, staff) -> None:
    """spec F5."""
    card = paid("2ad").card

    with pytest.raises(ValidationError, match="Krediter det i stedet"):
        billing.void(card, version=card.version, reason="x", by=staff)


def test_everything_done_to_a_card_is_in_the_audit_log(paid, kari, staff) -> None:
    """Threat 34: who, what, which card; never sums or taksts."""
    card = paid("2ad").card

    events = AuditEvent.objects.filter(action=AuditAction.CARD).order_by("pk")
    assert [event.what for event in events] == [
        f"{what} {card.pk}" for what in ("created", "line added", "opened", "paid")
    ]
    assert {(event.patient_id, event.actor) for event in events} == {(kari.pk, staff)}


def test_review_warns_and_never_stops(draft, kari, staff) -> None:
    """spec F1: combinations, the day's other cards, age and old amounts."""
    TariffFactory(code="NY", valid_from=date(2026, 7, 1), rules={"once_per_day": True})
    draft("NY")
    card = draft("NY", "2ad", "1bd")
    kari.birth_date = date(2020, 1, 1)
    kari.save()
    card = BillingCard.objects.get(pk=card.pk)

    found = review(card, list(card.lines.all()))

    assert "2ad kan ikke kombineres med 1bd." in found
    assert "NY kan brukes én gang per pasient og dag, og står på et annet kort." in found
    assert any(words.startswith("Pasienten er under 16 år") for words in found)
    assert any(words.startswith("Satsene for 1bd, 2ad er over to år gamle") for words in found)
    assert billing.open_card(card, version=card.version, by=staff).state == State.OPEN


def test_void_and_credited_cards_of_the_day_do_not_count(draft, opened, staff) -> None:
    TariffFactory(code="NY", valid_from=date(2026, 7, 1), rules={"once_per_day": True})
    voided = opened("NY")
    billing.void(voided, version=voided.version, reason="x", by=staff)
    card = draft("NY")

    assert review(card, list(card.lines.all())) == []
