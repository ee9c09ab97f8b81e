"""What a provider tells of an e-contact after the hand-over: delivered, read, or refused after all (spec I4, I5)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from bulk_send import settling
from bulk_send.models import OPEN_HANDOVER, Handover, HandoverState
from clinics.models import Clinic
from notifications.kinds import Reason
from post import patient_side
from post.models import Dialog


class Unknown(Exception):
    """The clinic has handed the provider no e-contact with this reference."""


class Ended(Exception):
    """The hand-over ended otherwise before, and what was made for it has been taken back."""


@transaction.atomic
def delivered(clinic: Clinic, provider: str, reference: UUID, *, now: datetime) -> Handover:
    """It has arrived; told again, nothing more happens. Raises Unknown, Ended."""
    row = locked(clinic, provider, reference)
    if row.state in OPEN_HANDOVER:
        settling.deliver([row], now)
    elif row.state != HandoverState.DELIVERED:
        raise Ended
    return row


@transaction.atomic
def read(clinic: Clinic, provider: str, reference: UUID, *, now: datetime) -> None:
    """The patient has read it, so it has arrived too; not what has been written since. Raises Unknown, Ended."""
    dialog = dialog_of(delivered(clinic, provider, reference, now=now))
    patient_side.read_elsewhere(dialog, seen=dialog.messages.order_by("pk").values_list("pk", flat=True)[0], now=now)


@transaction.atomic
def refused(clinic: Clinic, provider: str, reference: UUID, *, now: datetime) -> None:
    """It will not reach the patient: taken back as at the hand-over itself. Raises Unknown, Ended."""
    row = locked(clinic, provider, reference)
    if row.state == HandoverState.REFUSED:
        return
    if row.state not in (*OPEN_HANDOVER, HandoverState.DELIVERED):
        raise Ended
    settling.close([row], HandoverState.REFUSED, Reason.GATEWAY_REFUSED, now)


def locked(clinic: Clinic, provider: str, reference: UUID) -> Handover:
    """Lock the hand-over. Raises Unknown."""
    rows = Handover.objects.of(clinic).filter(provider=provider, reference=reference)
    row: Handover | None = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise Unknown
    return row


def dialog_of(row: Handover) -> Dialog:
    """Return the e-contact's dialog."""
    found: Dialog = Dialog.objects.get(origin=row.recipient_id)
    return found


def dialog_by(clinic: Clinic, provider: str, reference: UUID) -> Dialog | None:
    """Return the dialog of the e-contact with this reference, if the clinic has one."""
    rows = Handover.objects.of(clinic).filter(provider=provider, reference=reference)
    origin = rows.values_list("recipient", flat=True).first()
    found: Dialog | None = Dialog.objects.of(clinic).filter(origin=origin).select_related("patient").first()
    return found if origin else None
