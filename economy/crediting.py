"""Credit a paid card by a new one with negative lines, never more than remains; the paid one stays (spec F5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.models import User
from economy import payment, series
from economy.billing import locked, log, made_by, touched
from economy.kinds import Method, State
from economy.models import BillingCard, Line
from notifications.messages import one_line


@transaction.atomic
def credit(
    card: BillingCard,
    *,
    quantities: Mapping[int, int],
    method: Method,
    reason: str,
    by: User,
    request_key: UUID | None = None,
    now: datetime | None = None,
) -> BillingCard:
    """Give back so many of each line (by its pk) on a new, paid card with a receipt of its own.

    The lock on the credited card makes colleagues wait for each other; the same `request_key` twice gives the same
    credit. Raises ValidationError.
    """
    now = now or timezone.now()
    original = locked(card, None)
    if again := made_by(original.clinic, request_key):
        return again
    chosen = choose(original, quantities)
    if not one_line(reason):
        raise ValidationError({"reason": _("Skriv hvorfor kortet krediteres.")})
    note = draft_of(original, by=by, reason=one_line(reason), request_key=request_key, now=now)
    Line.objects.bulk_create(negative(note, line, count) for line, count in chosen)
    touched(note, by=by, what="credited")
    payment.check_method(note, method)
    payment.settle(note, by=by, method=method, reference="", now=now)
    log(original, by=by, what="credited by another card")
    return note


def remaining(card: BillingCard) -> dict[int, int]:
    """Return how many of each line are left to credit, by the line's pk."""
    left = F("quantity") + Sum("credited_by__quantity", default=0)  # what is credited already is negative
    return dict(card.lines.annotate(left=left).values_list("pk", "left"))


def choose(card: BillingCard, quantities: Mapping[int, int]) -> list[tuple[Line, int]]:
    """Return lines with how many to give back. Raises ValidationError for more than remains, and for nothing."""
    if card.state != State.PAID or card.is_credit:
        raise ValidationError(_("Bare betalte regningskort kan krediteres, og en kreditering krediteres ikke."))
    left = remaining(card)
    errors = {}
    for pk, count in quantities.items():
        if pk not in left or not 0 <= count <= left[pk]:
            errors[f"line_{pk}"] = _("Det er høyst %(left)s igjen å kreditere.") % {"left": left.get(pk, 0)}
    if errors:
        raise ValidationError(errors)
    chosen = [(line, quantities[line.pk]) for line in card.lines.all() if quantities.get(line.pk)]
    if not chosen:
        raise ValidationError(_("Velg minst én linje å kreditere."))
    return chosen


def draft_of(original: BillingCard, *, by: User, reason: str, request_key: UUID | None, now: datetime) -> BillingCard:
    """Make the empty card that credits the original."""
    note = BillingCard(
        clinic=original.clinic,
        number=series.next_number(original.clinic, "cards"),
        patient=original.patient,
        practitioner=original.practitioner,
        service_date=now.astimezone(original.clinic.zone).date(),
        exemption=original.exemption,
        credit_of=original,
        reason=reason,
        request_key=request_key,
        created_by=by,
        created_at=now,
    )
    note.save(force_insert=True)
    return note


def negative(note: BillingCard, line: Line, count: int) -> Line:
    """Return the unsaved line that takes back `count` of the given one, at the very same unit amounts."""
    return Line(
        card=note,
        code=line.code,
        text=line.text,
        quantity=-count,
        fee_ore=line.fee_ore,
        refund_ore=line.refund_ore,
        patient_ore=line.patient_ore,
        share_ore=line.share_ore,
        tariff_from=line.tariff_from,
        credits=line,
    )
