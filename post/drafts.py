"""What is written and not sent: one draft for each colleague and dialog, or new dialog with a patient (spec E3)."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from clinics.models import User
from patients.models import Patient
from post.models import Dialog, Draft, Message


def find(user: User, patient: Patient, dialog: Dialog | None) -> Draft | None:
    """Return the colleague's draft; one that was saved again just after it was sent is none."""
    sent = Exists(Message.objects.filter(key=OuterRef("key")))
    rows = Draft.objects.filter(user=user, clinic_id=patient.clinic_id, patient=patient, dialog=dialog)
    return rows.exclude(sent).prefetch_related("attachments").first()


@transaction.atomic
def save(
    *,
    user: User,
    patient: Patient,
    dialog: Dialog | None,
    subject: str = "",
    text: str,
    key: uuid.UUID,
    now: datetime,
) -> Draft | None:
    """Keep what is written; returns None when the message has been sent already. The latest window wins."""
    if Message.objects.filter(key=key).exists():
        return None
    Draft.objects.filter(key=key).exclude(user=user, patient=patient, dialog=dialog).filter(user=user).delete()
    draft, _made = Draft.objects.update_or_create(
        user=user,
        clinic_id=patient.clinic_id,
        patient=patient,
        dialog=dialog,
        defaults={"subject": subject, "text": text, "key": key, "updated_at": now},
    )
    return draft


def discard(draft: Draft) -> None:
    """Throw the draft away; its files are purged within a day."""
    draft.delete()
