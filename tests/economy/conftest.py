"""A clinic that bills, in the engine's frozen world: Monday 23 November 2026, 10:00 in Oslo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from economy import billing, lines, payment, tariff_file
from economy.kinds import Method
from economy.loading import load
from economy.models import BillingCard, Receipt
from tests.engine.conftest import (  # noqa: F401 - fixtures
    clinic,
    clock,
    email,
    kari,
    pass_time,
    providers,
    push,
    sms,
    staff,
)
from tests.factories import PractitionerFactory

TODAY = date(2026, 11, 23)
SHIPPED = Path(django_settings.BASE_DIR) / "economy" / "tariffs" / "fastlege.csv"


@pytest.fixture
def tariff(db: None) -> None:
    """The tariff that the product is shipped with."""
    with SHIPPED.open(encoding="utf-8", newline="") as rows:
        assert load(tariff_file.read(rows)).errors == 0


@pytest.fixture
def draft(clock: object, clinic: object, kari: object, staff: object, tariff: None) -> Callable[..., BillingCard]:  # noqa: F811
    """Make a draft with these taksts; «2ad» unless said otherwise."""
    practitioner = PractitionerFactory(clinic=clinic)

    def make(*taksts: str, patient: object = kari, on: date = TODAY, **more: object) -> BillingCard:
        card = billing.create_draft(
            clinic=clinic, patient=patient, practitioner=practitioner, service_date=on, by=staff, **more
        )
        for code in taksts or ("2ad",):
            add(card, code, staff)
        return BillingCard.objects.get(pk=card.pk)

    return make


def add(card: BillingCard, code: str, by: object, quantity: int = 1) -> BillingCard:
    """Add a takst to the card as it is now."""
    fresh = BillingCard.objects.get(pk=card.pk)
    lines.add_takst(fresh, code, quantity=quantity, version=fresh.version, by=by)
    return BillingCard.objects.get(pk=card.pk)


@pytest.fixture
def opened(draft: Callable[..., BillingCard], staff: object) -> Callable[..., BillingCard]:  # noqa: F811
    """Make an unpaid card with these taksts."""

    def make(*taksts: str, **more: object) -> BillingCard:
        card = draft(*taksts, **more)
        return billing.open_card(card, version=card.version, by=staff)

    return make


@pytest.fixture
def paid(opened: Callable[..., BillingCard], staff: object) -> Callable[..., Receipt]:  # noqa: F811
    """Make a paid card with these taksts; returns its receipt."""

    def make(*taksts: str, **more: object) -> Receipt:
        card = opened(*taksts, **more)
        method = Method.TERMINAL if card.patient_ore else Method.NONE
        return payment.mark_paid(card, by=staff, method=method, version=card.version)

    return make
