"""Ask the outbox for the notice that a receipt has come (spec F2)."""

from __future__ import annotations

from datetime import datetime

from clinics.models import Module, User
from economy.models import BillingCard
from notifications import outbox
from notifications.kinds import Kind, Lane, Reason, State, SubjectType
from notifications.outbox import Planned

SLOT = "receipt"


def receipt_issued(card: BillingCard, *, by: User | None, now: datetime) -> None:
    """Promise the notice, due at once; in the caller's transaction.

    With the module off when the event happens there is nothing to send, and the history says why (spec A3, C1, F3).
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
    row = planned.row()
    row.state, row.reason, row.settled_at = State.SUPPRESSED, Reason.MODULE_OFF, now
    row.save(force_insert=True)
