"""Add, change, remove and bring back a draft's lines (spec F1)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.models import User
from economy.billing import Conflict, check_version, locked, refuse_unless_draft, share, take_tariff, tariff_of, touched
from economy.models import MOST_OF_ONE, BillingCard, Line
from economy.money import MOST
from notifications.messages import one_line

MOST_LINES = 60


@transaction.atomic
def add_takst(
    card: BillingCard, code: str, *, quantity: int = 1, version: int, by: User, request_key: UUID | None = None
) -> Line:
    """Add a takst with the amounts of the card's day; the same `request_key` twice adds one line.

    Raises Conflict, ValidationError.
    """
    current = locked(card, None)
    if again := added_by(current, request_key):
        if again.code.lower() != code.strip().lower():  # gone back, and another takst chosen
            raise Conflict(current)
        return again
    line = Line(card=current, request_key=request_key)
    prepare(current, line, quantity, version)
    take_tariff(line, tariff_of(code, current.service_date))
    return write(current, line, by=by, what="line added")


@transaction.atomic
def add_own(
    card: BillingCard,
    *,
    text: str,
    amount: int,
    quantity: int = 1,
    version: int,
    by: User,
    request_key: UUID | None = None,
) -> Line:
    """Add something of the clinic's own, `amount` øre each, that the patient pays wholly.

    Raises Conflict, ValidationError.
    """
    current = locked(card, None)
    if again := added_by(current, request_key):
        if (again.text, again.share_ore) != (one_line(text)[:300], amount):
            raise Conflict(current)
        return again
    if not 0 < amount <= MOST:
        raise ValidationError({"amount": _("Beløpet må være over 0 kr og høyst 100 000 kr.")})
    if not one_line(text):
        raise ValidationError({"text": _("Skriv hva pasienten betaler for.")})
    line = Line(card=current, request_key=request_key, text=one_line(text)[:300])
    line.fee_ore = line.share_ore = amount
    prepare(current, line, quantity, version)
    return write(current, line, by=by, what="own line added")


@transaction.atomic
def change_line(line: Line, *, quantity: int, version: int, by: User) -> Line:
    """Change how many. Raises Conflict, ValidationError."""
    current = locked(line.card, version)
    refuse_unless_draft(current)
    check_quantity(quantity)
    fresh: Line | None = Line.objects.standing().filter(pk=line.pk, card=current).first()
    if fresh is None:
        raise ValidationError(_("Linjen er fjernet."))
    fresh.quantity = quantity
    fresh.save()
    touched(current, by=by, what="line changed")
    return fresh


@transaction.atomic
def remove_line(line: Line, *, version: int, by: User, now: datetime | None = None) -> BillingCard:
    """Take a line away; it can be brought back until the card is opened. Raises Conflict, ValidationError."""
    current = locked(line.card, version)
    refuse_unless_draft(current)
    Line.objects.standing().filter(pk=line.pk, card=current).update(removed_at=now or timezone.now())
    touched(current, by=by, what="line removed")
    return current


@transaction.atomic
def restore_line(line: Line, *, version: int, by: User) -> BillingCard:
    """Undo the removal; amounts follow what the card says now. Raises Conflict, ValidationError."""
    current = locked(line.card, version)
    refuse_unless_draft(current)
    fresh = Line.objects.filter(pk=line.pk, card=current).first()
    if fresh is None:
        raise ValidationError(_("Linjen finnes ikke lenger."))
    if fresh.code:
        take_tariff(fresh, tariff_of(fresh.code, current.service_date))
    share(fresh, exempt=bool(current.exemption))
    fresh.removed_at = None
    fresh.save()
    touched(current, by=by, what="line restored")
    return current


def added_by(card: BillingCard, request_key: UUID | None) -> Line | None:
    """Return the line that this form has added already."""
    return Line.objects.filter(card=card, request_key=request_key).first() if request_key else None


def prepare(card: BillingCard, line: Line, quantity: int, version: int) -> None:
    """Check what every new line must fulfil. Raises Conflict, ValidationError."""
    check_version(card, version)
    refuse_unless_draft(card)
    check_quantity(quantity)
    if card.standing_lines.count() >= MOST_LINES:
        raise ValidationError(_("Et regningskort har høyst 60 linjer. Lag et nytt kort for resten."))
    line.quantity = quantity


def write(card: BillingCard, line: Line, *, by: User, what: str) -> Line:
    """Save the new line and the card's new sums."""
    share(line, exempt=bool(card.exemption))
    line.save()
    touched(card, by=by, what=what)
    return line


def check_quantity(quantity: int) -> None:
    """Refuse less than one and more than 99. Raises ValidationError."""
    if not 1 <= quantity <= MOST_OF_ONE:
        raise ValidationError({"quantity": _("Antallet må være fra 1 til 99.")})
