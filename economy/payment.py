"""Mark a card paid: state, receipt and notice in one transaction (spec F2, F4, F5)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.models import Clinic, User
from economy import planning, series
from economy.billing import check_version, locked, log
from economy.kinds import Method, State
from economy.models import BillingCard, Issuer, Receipt


class AlreadyPaid(Exception):
    """The card was paid before; says when and by whom, in bokmål."""

    def __init__(self, current: BillingCard) -> None:
        self.current = current
        at = current.settled_at.astimezone(current.clinic.zone) if current.settled_at else None
        facts = {"at": f"{at:%d.%m.%Y kl. %H.%M}" if at else "", "by": current.settled_by or _("terminalen")}
        super().__init__(_("Regningskortet er alt betalt %(at)s av %(by)s.") % facts)


@transaction.atomic
def mark_paid(
    card: BillingCard,
    *,
    by: User | None,
    method: Method,
    version: int | None = None,
    reference: str = "",
    now: datetime | None = None,
) -> Receipt:
    """Mark an open card paid, issue its receipt and promise the notice, all or nothing (spec F2).

    `version` is that of the card people looked at; the terminal has none and gives its own `reference` instead: the
    same payment reported again returns the receipt there is (spec F4). Raises AlreadyPaid, Conflict, ValidationError.
    """
    now = now or timezone.now()
    current = locked(card, None)
    if current.state == State.PAID:
        if reference and current.payment_reference == reference:
            return current.receipt
        raise AlreadyPaid(current)
    if version is not None:
        check_version(current, version)
    check_payable(current, method, reference)
    return settle(current, by=by, method=method, reference=reference, now=now)


def check_payable(card: BillingCard, method: Method, reference: str) -> None:
    """Refuse what is not open, a method that does not fit, a payment used before. Raises ValidationError."""
    if card.state != State.OPEN:
        words = _("Regningskortet er %(state)s. Bare ubetalte kort kan markeres betalt.")
        raise ValidationError(words % {"state": card.get_state_display().lower()})
    check_method(card, method)
    used = BillingCard.objects.of(card.clinic).filter(payment_reference=reference).exclude(pk=card.pk)
    if reference and used.exists():
        raise ValidationError(_("Betalingen er alt ført på et annet regningskort."))


def check_method(card: BillingCard, method: Method) -> None:
    """Refuse a way of paying when there is nothing to pay (back), and none when there is. Raises ValidationError."""
    if card.patient_ore == 0 and method != Method.NONE:
        raise ValidationError({"method": _("Pasienten skal ikke betale noe: velg «Ingen egenandel».")})
    if card.patient_ore != 0 and method == Method.NONE:
        raise ValidationError({"method": _("Velg hvordan beløpet ble betalt.")})


def settle(card: BillingCard, *, by: User | None, method: Method, reference: str, now: datetime) -> Receipt:
    """Seal the card, issue the receipt and promise the notice; the caller has locked and checked."""
    card.state, card.method, card.payment_reference = State.PAID, method, reference
    card.settled_at, card.settled_by = now, by
    card.version += 1
    card.save(update_fields=["state", "method", "payment_reference", "settled_at", "settled_by", "version", "reason"])
    receipt = issue(card, now)
    planning.receipt_issued(card, by=by, now=now)
    log(card, by=by, what="paid")
    return receipt


def issue(card: BillingCard, now: datetime) -> Receipt:
    """Write the receipt as of now: sums, names and the issuer stay as they were."""
    issuer = issuer_of(card.clinic)
    receipt = Receipt(
        clinic=card.clinic,
        card=card,
        number=series.next_number(card.clinic, "receipts"),
        issued_at=now,
        fee_ore=card.fee_ore,
        refund_ore=card.refund_ore,
        patient_ore=card.patient_ore,
        patient_name=card.patient.name,
        practitioner_name=card.practitioner.name,
        issuer_name=issuer.name,
        issuer_number=issuer.organisation_number,
        issuer_address=issuer.address,
    )
    receipt.save(force_insert=True)
    return receipt


def issuer_of(clinic: Clinic) -> Issuer:
    """Return what receipts say of the clinic; its plain name until the manager has filled it in."""
    found: Issuer | None = Issuer.objects.of(clinic).first()
    return found or Issuer(clinic=clinic, name=clinic.name)
