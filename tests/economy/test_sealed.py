"""A paid or void card, its lines and its receipt cannot be changed by any route (spec F5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from clinics.admin import site
from economy import billing, lines
from economy.billing import Conflict
from economy.models import BillingCard, Line, Receipt
from economy.sealing import Sealed
from tests.economy.conftest import TODAY


@pytest.fixture(params=["paid", "void"])
def final(request: pytest.FixtureRequest, paid: Callable, opened: Callable, staff: object) -> BillingCard:
    """A card that is paid, and one that is void, with a line."""
    if request.param == "paid":
        return paid("2ad", "701a").card
    card = opened("2ad", "701a")
    return billing.void(card, version=card.version, reason="Feil pasient", by=staff)


def everything() -> list[list[dict[str, object]]]:
    """Return every row that must not change."""
    return [list(table._base_manager.order_by("pk").values()) for table in (BillingCard, Line, Receipt)]


def details(card: BillingCard) -> dict[str, object]:
    """Return the card's details, to be sent in again."""
    return {"practitioner": card.practitioner, "service_date": TODAY, "exemption": "F"}


SERVICES: dict[str, Callable] = {
    "details": lambda card, by: billing.change_details(card, version=card.version, by=by, **details(card)),
    "add": lambda card, by: lines.add_takst(card, "705k", version=card.version, by=by),
    "add own": lambda card, by: lines.add_own(card, text="x", amount=1, version=card.version, by=by),
    "change": lambda card, by: lines.change_line(card.lines.first(), quantity=9, version=card.version, by=by),
    "remove": lambda card, by: lines.remove_line(card.lines.first(), version=card.version, by=by),
    "restore": lambda card, by: lines.restore_line(card.lines.first(), version=card.version, by=by),
    "open": lambda card, by: billing.open_card(card, version=card.version, by=by),
    "reopen": lambda card, by: billing.reopen(card, version=card.version, by=by),
    "void": lambda card, by: billing.void(card, version=card.version, reason="x", by=by),
}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_changes_it(name: str, final: BillingCard, staff: object) -> None:
    """spec F5."""
    before = everything()

    with pytest.raises((ValidationError, Conflict)):
        SERVICES[name](BillingCard.objects.get(pk=final.pk), staff)

    assert everything() == before


def set_and_save(row: object, **values: object) -> None:
    """Set and save a row as the shell would."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


MODELS: dict[str, Callable] = {
    "card.save": lambda card: set_and_save(BillingCard.objects.get(pk=card.pk), patient_ore=0),
    "card.save back to draft": lambda card: set_and_save(BillingCard.objects.get(pk=card.pk), state="draft"),
    "card.save of a stale copy": lambda card: set_and_save(BillingCard(**{**vars_of(card), "state": "open"})),
    "card.delete": lambda card: BillingCard.objects.get(pk=card.pk).delete(),
    "cards.update": lambda card: BillingCard.objects.filter(pk=card.pk).update(patient_ore=0),
    "cards.update of all": lambda card: BillingCard.objects.update(reason="x"),
    "cards.delete": lambda card: BillingCard.objects.filter(pk=card.pk).delete(),
    "cards.bulk_update": lambda card: BillingCard.objects.bulk_update([changed(card)], ["reason"]),
    "cards of the patient": lambda card: card.patient.billing_cards.update(reason="x"),
    "line.save": lambda card: set_and_save(card.lines.first(), quantity=9),
    "line.delete": lambda card: card.lines.first().delete(),
    "line.save of a new one": lambda card: Line.objects.create(**line_of(card)),
    "line moved here": lambda card: set_and_save(other_line(card), card=card),
    "lines.update": lambda card: card.lines.update(quantity=9),
    "lines.delete": lambda card: card.lines.all().delete(),
    "lines.bulk_update": lambda card: Line.objects.bulk_update([changed(card.lines.first())], ["text"]),
}


def vars_of(card: BillingCard) -> dict[str, object]:
    """Return the card's fields by column."""
    return {field.attname: getattr(card, field.attname) for field in BillingCard._meta.concrete_fields}


def changed(row: object) -> object:
    """Return the row with something else in it."""
    row.reason = row.text = "endret"
    return row


def line_of(card: BillingCard) -> dict[str, object]:
    """Return a line that adds up."""
    return {"card": card, "text": "x", "fee_ore": 1, "refund_ore": 0, "patient_ore": 1, "share_ore": 1}


def other_line(card: BillingCard) -> Line:
    """Return a line on a draft."""
    draft = BillingCard.objects.create(
        clinic=card.clinic, patient=card.patient, practitioner=card.practitioner, service_date=TODAY, number=999
    )
    return Line.objects.create(**line_of(draft))


@pytest.mark.parametrize("name", MODELS)
def test_no_model_and_no_queryset_changes_it(name: str, final: BillingCard) -> None:
    """spec F5: the shell, a script, a careless view."""
    before = kept(final)

    with pytest.raises(Sealed), transaction.atomic():
        MODELS[name](final)

    assert kept(final) == before


def kept(card: BillingCard) -> list[object]:
    """Return what is stored of the card and its lines."""
    return [BillingCard.objects.filter(pk=card.pk).values().get(), list(Line.objects.filter(card=card).values())]


SQL = {
    "card": "UPDATE economy_billingcard SET patient_ore = 0, refund_ore = fee_ore WHERE id = {card}",
    "card's state": "UPDATE economy_billingcard SET state = 'draft' WHERE id = {card}",
    "card's number": "UPDATE economy_billingcard SET number = 4711 WHERE id = {card}",
    "card away": "DELETE FROM economy_billingcard WHERE id = {card}",
    "line": "UPDATE economy_line SET quantity = 9 WHERE card_id = {card}",
    "line away": "DELETE FROM economy_line WHERE card_id = {card}",
    "line more": (
        "INSERT INTO economy_line (card_id, code, text, quantity, fee_ore, refund_ore, patient_ore, share_ore,"
        " is_exemptible, rules) VALUES ({card}, '', 'x', 1, 1, 0, 1, 1, false, '{{}}')"
    ),
    "line moved away": "UPDATE economy_line SET card_id = {other} WHERE card_id = {card}",
    "line moved here": "UPDATE economy_line SET card_id = {card} WHERE card_id = {other}",
}


@pytest.mark.parametrize("name", SQL)
def test_the_database_itself_refuses(name: str, final: BillingCard, draft: Callable) -> None:
    """spec F5: raw SQL, migrations, another program."""
    other = draft("705k")
    before = everything()

    with pytest.raises(DatabaseError, match="final"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SQL[name].format(card=final.pk, other=other.pk))

    assert everything() == before


BASE: dict[str, Callable] = {
    "base manager's update": lambda card: BillingCard._base_manager.filter(pk=card.pk).update(reason="x"),
    "base manager's delete": lambda card: Line._base_manager.filter(card=card)._raw_delete("default"),
    "upsert": lambda card: BillingCard.objects.bulk_create(
        [changed(card)], update_conflicts=True, unique_fields=["pk"], update_fields=["reason"]
    ),
    "save_base": lambda card: changed(card).save_base(),
}


@pytest.mark.parametrize("name", BASE)
def test_ways_round_the_models_meet_the_database(name: str, final: BillingCard) -> None:
    """spec F5."""
    before = everything()

    with pytest.raises(DatabaseError, match="final"), transaction.atomic():
        BASE[name](BillingCard.objects.get(pk=final.pk))

    assert everything() == before


RECEIPTS: dict[str, tuple[type[Exception], Callable]] = {
    "save": (Sealed, lambda row: set_and_save(row, patient_ore=0)),
    "delete": (Sealed, lambda row: row.delete()),
    "update": (Sealed, lambda row: Receipt.objects.update(number=9)),
    "queryset's delete": (Sealed, lambda row: Receipt.objects.all().delete()),
    "base manager's update": (DatabaseError, lambda row: Receipt._base_manager.update(number=9)),
    "raw update": (DatabaseError, lambda row: connection.cursor().execute("UPDATE economy_receipt SET number = 9")),
    "raw delete": (DatabaseError, lambda row: connection.cursor().execute("DELETE FROM economy_receipt")),
}


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_is_final(name: str, paid: Callable) -> None:
    """spec F5."""
    receipt, before = paid("2ad"), everything()
    error, act = RECEIPTS[name]

    with pytest.raises(error), transaction.atomic():
        act(Receipt.objects.get(pk=receipt.pk))

    assert everything() == before


def test_drafts_and_open_cards_can_be_changed_in_the_database(draft: Callable, opened: Callable) -> None:
    """The triggers stop what is final, nothing else."""
    card, unpaid = draft("2ad"), opened("2ad")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE economy_line SET quantity = 2 WHERE card_id = {card.pk}")
        cursor.execute(f"DELETE FROM economy_line WHERE card_id = {card.pk}")
        cursor.execute(f"UPDATE economy_billingcard SET reason = 'x' WHERE id = {unpaid.pk}")

    assert not card.lines.exists()
    with pytest.raises(DatabaseError, match="final"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE economy_line SET quantity = 2 WHERE card_id = {unpaid.pk}")
    with pytest.raises(Sealed):
        unpaid.lines.update(quantity=2)


def test_support_has_no_way_in() -> None:
    """spec A7, F5: no model of economy stands in any Django admin."""
    models = set(apps.get_app_config("economy").get_models())

    assert not models & {*site._registry, *admin.site._registry}
