"""Ask the outbox for the notice that a receipt has come (spec F2)."""

from __future__ import annotations

from datetime import datetime

from clinics.models import Module, User
from economy.models import BillingCard
from notifications import outbox, reach
from notifications.kinds import Kind, Lane, Reason, SubjectType
from notifications.outbox import Planned

SLOT = "receipt"


def receipt_issued(card: BillingCard, *, by: User | None, now: datetime) -> None:
    """Promise the notice, due at once; in the caller's transaction.

    With the module off when the event happens there is no notice, and «Hvorfor?» can say so (spec A3, C1, F3, J3).
    """
    planned = Planned(
        clinic_id=card.clinic_id,
        patient_id=card.patient_id,
        kind=Kind.RECEIPT,
        subject_type=SubjectType.CARD,
        subject_id=card.pk,
        slot=SLOT,
        event_at=now,
        due_at=now,
        by_id=by.pk if by else None,
        lane=Lane.URGENT,
    )
    if card.clinic.notifies(Module.ECONOMY):
        outbox.plan(planned)
        return
    outbox.keep_silent(planned, Reason.MODULE_OFF, seen=reach.see_now(planned.kind, card.patient))
