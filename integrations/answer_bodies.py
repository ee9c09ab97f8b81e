"""What a neighbour is handed: a message in its dialog, or its appointment as it stands (docs/api/common.yaml)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from bulk_send.models import Handover
from integrations import gateways
from integrations.neighbour_models import Answer
from patients.models import Patient
from post import storage
from post.models import Attachment, Message
from timebook import foreign
from timebook.models import Appointment, Source

MESSAGES, APPOINTMENTS = "/dialogs/v1/messages", "/appointments/v1/messages"
RELATED = (
    "clinic",
    "message__dialog__patient__person",
    "appointment__patient__person",
    "appointment__practitioner",
    "appointment__place",
)


def path_of(row: Answer) -> str:
    """Return where at the neighbour it belongs."""
    return MESSAGES if row.message else APPOINTMENTS


def body_of(row: Answer) -> Mapping[str, Any]:
    """Return it as the neighbour reads it. Here, and only here, a text leaves the house (spec C4)."""
    said: Mapping[str, Any] = {}
    if row.message:
        said = said_in(row.message)
    elif row.appointment:
        said = standing(row.appointment)
    sender = {"id": str(row.clinic_id), "name": row.clinic.alias}
    return {"reference": str(row.reference), "sender": sender, **said}


def said_in(message: Message) -> Mapping[str, Any]:
    """Return a message in a dialog."""
    said = {
        "dialog": dialog_id(message),
        "recipient": recipient(message.dialog.patient),
        "text": message.text,
        "sentAt": utc(message.sent_at),
    }
    files = [packed(one) for one in message.attachments.all()]
    return {**said, "attachments": files} if files else said


def packed(file: Attachment) -> Mapping[str, str]:
    """Return a file with its content. Raises FileNotFoundError."""
    content = storage.path_of(file.stored).read_bytes()
    return {"name": file.name, "contentType": file.content_type, "content": b64encode(content).decode()}


def standing(appointment: Appointment) -> Mapping[str, Any]:
    """Return the appointment as it stands; the neighbour knows it by its own id."""
    source = Source(appointment.source)
    return {
        "appointment": appointment.external_id.removeprefix(foreign.stored(source, "")),
        "recipient": recipient(appointment.patient),
        "status": appointment.status,
        "startsAt": utc(appointment.starts_at),
        "endsAt": utc(appointment.ends_at),
        "practitioner": {"id": appointment.practitioner.external_id, "name": appointment.practitioner.name},
        "place": appointment.place.name if appointment.place else "",
        "sentAt": utc(timezone.now()),
    }


def recipient(patient: Patient) -> dict[str, str]:
    """Name the patient."""
    return gateways.numbered(patient.person.national_number if patient.person else "", patient.local_number)


def utc(at: datetime) -> str:
    """Return a moment as the contracts write it."""
    return at.astimezone(UTC).isoformat()


def dialog_id(message: Message) -> str:
    """Return what the neighbour calls the dialog: its own id, or the reference of the e-contact we began it with."""
    if message.dialog.external_id:
        return message.dialog.external_id
    found: UUID = Handover.objects.values_list("reference", flat=True).get(recipient=message.dialog.origin)
    return str(found)
