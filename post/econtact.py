"""E-contact: one dialog to each of many patients, for bulk sending, in its transaction (spec I5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from clinics.models import Clinic, User
from post.models import Dialog, DialogKind, DialogState, Message, Party, Source

CHUNK = 1_000


def open_many(
    *,
    clinic: Clinic,
    patient_ids: Iterable[int],
    subject: str,
    text: str,
    by: User,
    now: datetime,
    source: str = Source.OWN,
) -> Iterator[list[Message]]:
    """Open an e-contact to each patient, a thousand at a time; yields each thousand's messages with their dialogs.

    Plans no notice and writes no card: the caller does, in the same transaction, with the message as the subject. Whom
    it may go to is the caller's to judge (spec I3), and so is that it goes once (spec I6).
    """
    rest = iter(patient_ids)
    while chunk := list(islice(rest, CHUNK)):
        dialogs = Dialog.objects.bulk_create(
            Dialog(
                clinic=clinic,
                patient_id=pk,
                kind=DialogKind.E_CONTACT,
                subject=subject,
                source=source,
                state=DialogState.SENT,
                last_message_at=now,
                started_by=Party.STAFF,
                created_at=now,
            )
            for pk in chunk
        )
        yield Message.objects.bulk_create(
            Message(clinic=clinic, dialog=dialog, party=Party.STAFF, author=by, text=text, sent_at=now)
            for dialog in dialogs
        )
