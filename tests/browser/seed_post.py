"""Dialogs in every standing for the browser's tests. Run inside the product, by seed.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from clinics.models import Clinic, User
from patients.models import Patient
from post import storage
from post.models import Attachment, Dialog, DialogKind, DialogState, Message, MessageTemplate, Party, Source

LONG = "Et langt ord uten mellomrom: " + "W" * 90 + "\n\nOg en ny linje."
ASKED = {"Solveig Eide": "Blodprøve", "Knut Loe": "Resept", "Randi Haug": "Henvisning", "Odd Kvam": "Attest"}


def dialogs(clinic: Clinic, patients: dict[str, Patient], by: User) -> dict[str, int]:
    """Write the dialogs; returns the ids that addresses need."""
    everything, unreachable = patients["Aslaug Fjære"], patients["Unni Rustad"]
    now = timezone.now()
    long_ago = now - timedelta(days=6)
    full = dialog(
        everything,
        kind=DialogKind.E_CONSULTATION,
        subject="Vondt i ryggen",
        at=now,
        source=Source.HELSENORGE,
        external_id="b-1",
        taken_by=User.objects.get(email="bjorn.haugen@example.com"),
        answer_by=now - timedelta(days=1),
    )
    said = {"clinic": clinic, "dialog": full}
    first = Message.objects.create(**said, party=Party.PATIENT, text=LONG, sent_at=long_ago, read_at=now)
    Message.objects.create(**said, party=Party.STAFF, author=by, text="Hei.", sent_at=long_ago, read_at=now)
    Message.objects.create(**said, party=Party.STAFF, author=by, text="Og en til.", sent_at=long_ago)
    Message.objects.create(**said, party=Party.PATIENT, text="Takk.", sent_at=now)
    attached(first)
    closed = dialog(everything, subject="Ferdig", at=now, state=DialogState.CLOSED, is_unread=False)
    blocked = dialog(unreachable, subject="Uten kontakt", at=now)
    for row in (closed, blocked):
        Message.objects.create(clinic=clinic, dialog=row, party=Party.PATIENT, text="Hei.", sent_at=now)
    for name, subject in ASKED.items():
        row = dialog(patients[name], subject=subject, at=now)
        Message.objects.create(clinic=clinic, dialog=row, party=Party.PATIENT, text=f"{subject}?", sent_at=now)
    template = MessageTemplate.objects.filter(clinic=clinic, owner=None).earliest("pk")
    return {"dialog": full.pk, "closed": closed.pk, "blocked": blocked.pk, "template": template.pk}


def dialog(patient: Patient, *, subject: str, at: datetime, **fields: Any) -> Dialog:
    """Write one that waits, unread, unless said otherwise."""
    known = {"kind": DialogKind.E_DIALOG, "state": DialogState.WAITING, "is_unread": True, "started_by": Party.PATIENT}
    return Dialog.objects.create(
        clinic=patient.clinic, patient=patient, subject=subject, last_message_at=at, **(known | fields)
    )


def attached(message: Message) -> None:
    """Give the message a file."""
    Attachment.objects.create(
        clinic=message.clinic,
        message=message,
        name="blodtrykk.txt",
        content_type="text/plain",
        size=3,
        sha256="0" * 64,
        stored=storage.keep(b"Hei"),
    )
