"""Convene: a payment at the terminal marks the card paid; JA to the app is recorded as theirs to send (spec F4, J1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from clinics import audit
from clinics.models import AuditAction, Clinic
from economy import payment
from economy.kinds import Method, State
from economy.models import BillingCard, Receipt
from integrations.events import Apply, Refused, register
from integrations.neighbour_models import Neighbour, Why
from integrations.reading import Reader
from notifications import outbox
from notifications.kinds import External, Kind, SubjectType
from notifications.models import Notification
from notifications.outbox import Planned

LARGEST = 100_000_000  # øre


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment at the terminal."""

    card: int  # the card's number at the clinic
    amount_ore: int
    reference: str  # the terminal's, once for each payment
    wants_app: bool

    def apply(self, clinic: Clinic, now: datetime) -> dict[str, Any]:
        """Mark the card paid, in the caller's transaction; the same payment again changes nothing. Raises Refused."""
        card = locked(clinic, self.card)
        if card.patient_ore != self.amount_ore:
            raise Refused(Why.WRONG_AMOUNT)
        receipt = pay(card, self.reference, now)
        if self.wants_app:
            record_invitation(card, now)
        return {"result": "paid", "card": card.number, "receipt": receipt.number}


def read_payment(neighbour: Neighbour, said: Reader) -> Apply:
    """Read `payment.completed`. Raises Malformed."""
    return Payment(
        card=said.number("card", 2_147_483_647),
        amount_ore=said.number("amountOre", LARGEST),
        reference=said.text("reference", 80),
        wants_app=said.one_of("appInvitation", ("yes", "no")) == "yes",
    ).apply


def locked(clinic: Clinic, number: int) -> BillingCard:
    """Lock the clinic's card. Raises Refused."""
    rows = BillingCard.objects.of(clinic).filter(number=number).select_for_update(of=("self",))
    card: BillingCard | None = rows.select_related("clinic", "patient").first()
    if card is None:
        raise Refused(Why.UNKNOWN_CARD)
    return card


def pay(card: BillingCard, reference: str, now: datetime) -> Receipt:
    """Mark it paid by the terminal. Raises Refused in the contract's words."""
    try:
        return payment.mark_paid(card, by=None, method=Method.TERMINAL, reference=reference, now=now)
    except payment.AlreadyPaid:
        raise Refused(Why.ALREADY_PAID) from None
    except ValidationError:
        raise Refused(Why.NOT_PAYABLE if card.state != State.OPEN else Why.PAYMENT_USED) from None


def record_invitation(card: BillingCard, now: datetime) -> None:
    """Write into the history that Convene sends the invitation, once for each card; the card's lock keeps it once."""
    about = Notification.objects.about(SubjectType.CARD, card.pk)
    if about.filter(kind=Kind.APP_INVITATION).exists():
        return
    planned = Planned(
        clinic_id=card.clinic_id,
        patient_id=card.patient_id,
        kind=Kind.APP_INVITATION,
        subject_type=SubjectType.CARD,
        subject_id=card.pk,
        slot="invitation",
        event_at=now,
        due_at=now,
    )
    outbox.record_external(planned, External.CONVENE)
    audit.record(
        AuditAction.CARD,
        clinic=card.clinic,
        actor=None,
        patient_id=card.patient_id,
        what=f"app invitation {card.pk}",
        source=Neighbour.CONVENE,
    )


register(Neighbour.CONVENE, "payment.completed", read_payment)
