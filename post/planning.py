"""Ask the outbox for the notice of one message, at once and in the caller's transaction (spec E2)."""

from __future__ import annotations

from datetime import datetime

from clinics.models import Module
from notifications import outbox, reach
from notifications.kinds import External, Kind, Reason, SubjectType
from notifications.outbox import Planned
from post.models import Dialog, Message, Source

FOREIGN = {Source.HELSENORGE: External.HELSENORGE, Source.DIGICARE: External.DIGICARE}


def message_sent(dialog: Dialog, message: Message, kind: Kind, now: datetime) -> None:
    """Plan the notice of a message from the staff; the patient's own make none (spec E2).

    While the module is off there is none, and «Hvorfor?» can say so (spec A3, C1, J3).
    A dialog of Helsenorge or DigiCare is notified by them (spec D13).
    """
    if not message.is_staffs:
        raise ValueError("the patient's own messages make no notice")
    promised = planned(dialog, message, kind, now)
    if dialog.is_foreign:  # whether our module is on or off
        outbox.record_external(promised, FOREIGN[Source(dialog.source)])
    elif not dialog.clinic.notifies(Module.POST):
        outbox.keep_silent(promised, Reason.MODULE_OFF, seen=reach.see_now(kind, dialog.patient))
    else:
        outbox.plan(promised)


def planned(dialog: Dialog, message: Message, kind: Kind, now: datetime) -> Planned:
    """Describe the notice: ids only, nothing of what was written (spec C4)."""
    return Planned(
        clinic_id=dialog.clinic_id,
        patient_id=dialog.patient_id,
        kind=kind,
        subject_type=SubjectType.MESSAGE,
        subject_id=message.pk,
        slot="message",
        event_at=now,
        due_at=now,
        by_id=message.author_id,
    )
