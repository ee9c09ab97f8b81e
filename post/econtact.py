"""E-contact: one dialog to each of many patients, for bulk sending, in its transaction; and taken back (spec I5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from clinics.models import AuditAction, AuditEvent, Clinic, User
from notifications.bulk import insert_each
from post.models import Dialog, DialogKind, DialogState, Message, Party


class ToOpen(NamedTuple):
    """One e-contact to open; `origin` is the bulk's recipient, who gets one whoever tries twice."""

    origin: int
    patient_id: int
    source: str
    text: str


def open_many(wanted: Sequence[ToOpen], *, clinic: Clinic, subject: str, by: User, now: datetime) -> dict[int, int]:
    """Open an e-contact to each patient, set-based; returns the message's pk by origin.

    Plans no notice and writes no card: the caller does, in the same transaction, with the message as the subject. Whom
    it may go to is the caller's to judge (spec I3). Raises IntegrityError when one was opened before (spec I6).
    """
    like = Dialog(
        clinic=clinic,
        kind=DialogKind.E_CONTACT,
        subject=subject,
        state=DialogState.SENT,
        last_message_at=now,
        started_by=Party.STAFF,
        created_at=now,
    )
    rows = [(one.origin, one.patient_id, one.source) for one in wanted]
    dialogs = dict(insert_each(like, ("origin", "patient", "source"), rows, returning=("origin", "id")))
    message = Message(clinic=clinic, party=Party.STAFF, author=by, sent_at=now)
    said = [(dialogs[one.origin], one.text, uuid4()) for one in wanted]
    messages = dict(insert_each(message, ("dialog", "text", "key"), said, returning=("dialog", "id")))
    return {one.origin: messages[dialogs[one.origin]] for one in wanted}


class Opened(NamedTuple):
    """What an e-contact says: for the gateway that delivers it, and nobody else (spec C4)."""

    message: int  # pk
    subject: str
    text: str
    sent_at: datetime


def opened_for(origins: Sequence[int]) -> dict[int, Opened]:
    """Return the first message of each e-contact, by origin, with one query."""
    rows = Message.objects.filter(dialog__origin__in=origins).order_by("-pk")
    found = rows.values_list("dialog__origin", "pk", "dialog__subject", "text", "sent_at")
    return {origin: Opened(*rest) for origin, *rest in found}  # the first of a dialog comes last, and stays


def messages_of(origins: Sequence[int]) -> list[int]:
    """Return the pk of every message of the e-contacts: the subjects of their notices."""
    return list(Message.objects.filter(dialog__origin__in=origins).values_list("pk", flat=True))


def close_many(origins: Sequence[int]) -> None:
    """Put away the dialogs of e-contacts that were not delivered, in the caller's transaction."""
    rows = Dialog.objects.filter(origin__in=origins).exclude(state=DialogState.CLOSED)
    held = list(rows.order_by("pk").select_for_update().values_list("pk", "clinic", "patient"))
    Dialog.objects.filter(pk__in=[pk for pk, _, _ in held]).update(
        state=DialogState.CLOSED, is_unread=False, answer_by=None
    )
    lines = [(clinic, patient, f"closed {pk}") for pk, clinic, patient in held]
    insert_each(AuditEvent(action=AuditAction.DIALOG, source="engine"), ("clinic", "patient_id", "what"), lines)
