"""Open billing cards with one line each for many patients, and make them void again, set-based (spec I5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import F

from clinics.models import AuditAction, AuditEvent, Clinic, User
from economy import series
from economy.kinds import Source, State
from economy.models import BillingCard, Line
from economy.sealing import SEALED
from economy.tariff import Tariff
from notifications.bulk import insert_each


class ToOpen(NamedTuple):
    """One card to open; `origin` is the bulk's recipient, who gets one whoever tries twice."""

    origin: int
    patient_id: int
    practitioner_id: int


def open_many(
    wanted: Sequence[ToOpen], *, clinic: Clinic, tariff: Tariff, service_date: date, by: User, now: datetime
) -> None:
    """Open a card with the takst for each patient, whose share is 0; Helfo pays the fee (spec I5).

    Numbers follow on without gaps. Raises IntegrityError when one was opened before (spec I6).
    """
    first = series.take(clinic, "cards", len(wanted))
    like = BillingCard(
        clinic=clinic,
        service_date=service_date,
        state=State.DRAFT,  # lines can be added to drafts only, in the database too
        fee_ore=tariff.fee_ore,
        refund_ore=tariff.fee_ore,
        patient_ore=0,
        source=Source.BULK,
        created_by=by,
        created_at=now,
    )
    rows = [(one.origin, first + place, one.patient_id, one.practitioner_id) for place, one in enumerate(wanted)]
    cards = insert_each(like, ("origin", "number", "patient", "practitioner"), rows, returning=("id",))
    insert_each(line(tariff), ("card",), cards)
    BillingCard.objects.filter(origin__in=[one.origin for one in wanted]).update(state=State.OPEN)


def line(tariff: Tariff) -> Line:
    """Return the one line of each card, unsaved."""
    return Line(
        code=tariff.code,
        text=tariff.text,
        quantity=1,
        fee_ore=tariff.fee_ore,
        refund_ore=tariff.fee_ore,
        patient_ore=0,
        share_ore=0,
        is_exemptible=False,
        rules=tariff.rules,
        tariff_from=tariff.valid_from,
    )


def void_many(origins: Sequence[int], *, reason: str, now: datetime) -> list[int]:
    """Make the cards of e-contacts that were not delivered void, in the caller's transaction (spec I5).

    Returns the pk of those that were paid meanwhile: they stand, and only a credit can take them back (spec F5).
    """
    cards = BillingCard.objects.filter(origin__in=origins).order_by("pk").select_for_update()
    held = list(cards.values_list("pk", "clinic", "patient", "state"))
    going = [row for row in held if row[3] not in SEALED]
    keys = [pk for pk, *_ in going]
    drafts = [pk for pk, _, _, state in going if state == State.DRAFT]
    Line.objects.filter(card__in=drafts).exclude(removed_at=None).delete()
    BillingCard.objects.filter(pk__in=keys).update(
        state=State.VOID, reason=reason, settled_at=now, version=F("version") + 1
    )
    lines = [(clinic, patient, f"voided {pk}") for pk, clinic, patient, _ in going]
    insert_each(AuditEvent(action=AuditAction.CARD, source="engine"), ("clinic", "patient_id", "what"), lines)
    return [pk for pk, _, _, state in held if state == State.PAID]
