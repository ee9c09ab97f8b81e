"""Billing cards that the browser's tests find: a draft, one to pay by keyboard, one void, one paid and one credited."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from clinics.models import Clinic, Practitioner, User
from economy import billing, crediting, lines, payment
from economy.kinds import Method
from economy.models import BillingCard
from patients.models import Consent, Patient


def billed(clinic: Clinic, patient: Patient, payer: Patient, by: User) -> dict[str, int]:
    """Make the cards; `payer`'s only card is unpaid. Returns the ids that addresses need."""
    paid = settle(unpaid(clinic, patient, by), by)
    credited = settle(unpaid(clinic, patient, by), by)
    line = credited.lines.first()
    note = crediting.credit(credited, quantities={line.pk: 1}, method=Method.CASH, reason="Feil takst", by=by)
    voided = unpaid(clinic, patient, by)
    billing.void(voided, version=voided.version, reason="Feil pasient", by=by)
    ahead = {"appointments__status": "booked", "appointments__starts_at__gt": timezone.now() + timedelta(days=1)}
    known = {"person__isnull": False, "consent": Consent.GIVEN}
    on_the_phone = Patient.objects.of(clinic).filter(**known, **ahead).earliest("pk")
    settle(unpaid(clinic, on_the_phone, by), by)  # for the one who looks at the portal
    unpaid(clinic, on_the_phone, by)
    return {
        "draft_card": draft(clinic, patient, by).pk,
        "unpaid_card": unpaid(clinic, patient, by).pk,
        "void_card": voided.pk,
        "paid_card": paid.pk,
        "credit_card": note.pk,
        "receipt": paid.receipt.pk,
        "credit_receipt": note.receipt.pk,
        "payers_card": unpaid(clinic, payer, by).number,
    }


def draft(clinic: Clinic, patient: Patient, by: User) -> BillingCard:
    """Make a draft with taksts that do not go together, and goods of the clinic's own."""
    card = billing.create_draft(
        clinic=clinic,
        patient=patient,
        practitioner=Practitioner.objects.get(clinic=clinic, name="Bjørn Haugen"),
        service_date=timezone.now().astimezone(clinic.zone).date(),
        by=by,
    )
    for code in ("2ad", "1bd"):
        lines.add_takst(card, code, version=card.version, by=by)
        card.refresh_from_db()
    lines.add_own(card, text="Legeattest", amount=50_000, version=card.version, by=by)
    card.refresh_from_db()
    return card


def unpaid(clinic: Clinic, patient: Patient, by: User) -> BillingCard:
    """Make an unpaid card."""
    card = draft(clinic, patient, by)
    return billing.open_card(card, version=card.version, by=by)


def settle(card: BillingCard, by: User) -> BillingCard:
    """Mark it paid."""
    return payment.mark_paid(card, by=by, method=Method.TERMINAL).card
