"""Two workers, and a colleague at the card, at the very same time, on PostgreSQL (spec F5, I5, I6)."""

from __future__ import annotations

from collections import Counter

import pytest
from django.utils import timezone

from bulk_send import gateways, handing
from bulk_send.models import Handover, HandoverState
from clinics.models import EContactProvider
from economy import payment
from economy.billing import Conflict
from economy.models import Method
from economy.models import State as CardState
from economy.payment import AlreadyPaid
from notifications.kinds import Reason
from notifications.providers.base import Outcome
from tests.bulk_send.econtact_world import (
    HELSENORGE,
    Fate,
    ScriptedGateway,
    econtact_clinic,
    make_bulk,
    make_patients,
    stop,
)
from tests.engine.test_races import at_once as together
from tests.factories import ClinicFactory, MembershipFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
at_once = together  # the fixture


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> ScriptedGateway:
    scripted = ScriptedGateway()
    monkeypatch.setattr(gateways, "MAKERS", {HELSENORGE: lambda: scripted})
    return scripted


def hand_over() -> int:
    """Run as one worker does."""
    return handing.run(EContactProvider.HELSENORGE, timezone.now())


def test_workers_never_hand_over_the_same_one(gateway, at_once, settings):
    settings.SEND_BATCH = 10
    clinic = econtact_clinic(ClinicFactory(), HELSENORGE)
    make_bulk(clinic, make_patients(clinic, 60))

    at_once(*[hand_over] * 8)
    while hand_over():
        continue

    assert len(gateway.offered) == len({letter.reference for letter in gateway.offered}) == 60
    assert Counter(Handover.objects.values_list("state", "attempts")) == {(HandoverState.DELIVERED, 1): 60}


def test_stopping_while_workers_hand_over_leaves_no_card_without_its_econtact(gateway, at_once, settings):
    settings.SEND_BATCH = 5
    clinic = econtact_clinic(ClinicFactory(), HELSENORGE)
    people = make_patients(clinic, 40)
    bulk = make_bulk(clinic, people)

    at_once(hand_over, hand_over, lambda: stop(bulk), lambda: handing.withdraw(timezone.now()), hand_over)
    while hand_over() or handing.withdraw(timezone.now()):
        continue

    fates = [Fate(patient) for patient in people]
    assert all((fate.card.state == CardState.OPEN) is (fate.handover.reference in gateway.has) for fate in fates)
    assert {fate.handover.state for fate in fates} <= {HandoverState.DELIVERED, HandoverState.STOPPED}


def test_a_refusal_and_a_payment_at_once_end_in_one_of_the_two(gateway, at_once):
    """Spec F5: paid first, and the card stands; voided first, and the colleague is told."""
    clinic = econtact_clinic(ClinicFactory(), HELSENORGE)
    people = make_patients(clinic, 6)
    make_bulk(clinic, people)
    gateway.answers = lambda letter: Outcome.refused(Reason.GATEWAY_REFUSED)
    colleague = MembershipFactory(clinic=clinic).user

    def pay(patient):
        card = Fate(patient).card
        try:
            return payment.mark_paid(card, version=card.version, method=Method.NONE, by=colleague)
        except (AlreadyPaid, Conflict) as told:
            return told

    at_once(hand_over, *[lambda patient=patient: pay(patient) for patient in people])

    fates = [Fate(patient) for patient in people]
    assert {fate.handover.state for fate in fates} == {HandoverState.REFUSED}
    assert {fate.card.state for fate in fates} <= {CardState.PAID, CardState.VOID}
