"""The staff write: a new dialog, or an answer. One transaction with the notice (spec B3, E1–E3)."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction, User
from notifications.kinds import Kind
from patients.models import Patient, Person
from post import brought, kinds, planning
from post.models import Attachment, Dialog, DialogKind, DialogState, Draft, Message, Party, Source
from post.standing import refusal


class Newer(Exception):
    """Someone has written in the dialog since it was looked at."""


class Taken(Exception):
    """A colleague has taken the dialog; it can be answered knowingly."""


class AlreadySent(Exception):
    """The form has been sent before, with another text."""


@transaction.atomic
def start_by_staff(
    *,
    patient: Patient,
    subject: str,
    text: str,
    by: User,
    key: uuid.UUID,
    draft: Draft | None = None,
    now: datetime | None = None,
) -> Message:
    """Open an e-dialog with a patient, and notify at once (spec E2). The same `key` again returns the same message.

    Raises ValidationError (spec B3, E1, E3) and AlreadySent.
    """
    now = now or timezone.now()
    card = locked_patient(patient.pk)
    if sent := sent_before(key, card, text=text, author=by):
        return sent
    kinds.check(card.clinic, DialogKind.E_DIALOG)
    refuse_unreachable(card)
    dialog = Dialog.objects.create(
        clinic=card.clinic,
        patient=card,
        kind=DialogKind.E_DIALOG,
        subject=subject,
        state=DialogState.SENT,
        last_message_at=now,
        taken_by=by,
        started_by=Party.STAFF,
        created_at=now,
    )
    message = send(dialog, text=text, by=by, key=key, draft=draft, now=now)
    planning.message_sent(dialog, message, Kind.DIALOG_RECEIVED, now)
    log(dialog, by=by, what="started")
    return message


@transaction.atomic
def answer_by_staff(
    dialog: Dialog,
    *,
    text: str,
    by: User,
    key: uuid.UUID,
    seen: int,
    knowingly: bool = False,
    draft: Draft | None = None,
    now: datetime | None = None,
) -> Message:
    """Answer in a dialog, whatever its kind, and notify at once (spec E1, E2). The same `key` again sends nothing more.

    `seen` is the pk of the newest message the writer has seen; `knowingly` answers a dialog that a colleague has taken.
    Raises Newer, Taken, AlreadySent and ValidationError (spec B3, E3).
    """
    now = now or timezone.now()
    row = locked(dialog)
    card = locked_patient(row.patient_id)
    if sent := sent_before(key, card, text=text, author=by):
        return sent
    if row.is_closed:
        raise ValidationError(_("Dialogen er avsluttet. Gjenåpne den før du svarer."))
    if newest(row) != seen:
        raise Newer
    if row.taken_by_id not in (None, by.pk) and not knowingly:
        raise Taken
    refuse_unreachable(card)
    if draft and row.source != Source.OWN:
        brought.refuse_too_heavy(draft.attachments.all(), row.get_source_display())
    message = send(row, text=text, by=by, key=key, draft=draft, now=now)
    row.messages.filter(party=Party.PATIENT, read_at=None).update(read_at=now)
    row.state = DialogState.SENT if row.state == DialogState.SENT else DialogState.ANSWERED
    row.last_message_at, row.read_by_patient_at, row.answer_by = now, None, None
    row.is_unread, row.taken_by_id = False, row.taken_by_id or by.pk
    row.save(
        update_fields=["state", "last_message_at", "read_by_patient_at", "answer_by", "is_unread", "taken_by"],
    )
    planning.message_sent(row, message, Kind.ANSWER_RECEIVED, now)
    log(row, by=by, what="answered")
    return message


def locked(dialog: Dialog) -> Dialog:
    """Lock the dialog and return it fresh: every change of it queues here."""
    row: Dialog = Dialog.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=dialog.pk)
    return row


def locked_patient(pk: int) -> Patient:
    """Lock the card and return it fresh, so that consent cannot be withdrawn meanwhile (spec B3)."""
    card: Patient = Patient.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=pk)
    return card


def newest(dialog: Dialog) -> int:
    """Return the pk of the dialog's newest message."""
    found: int = dialog.messages.order_by("-pk").values_list("pk", flat=True)[0]
    return found


def sent_before(
    key: uuid.UUID, card: Patient, *, text: str, author: User | None = None, person: Person | None = None
) -> Message | None:
    """Return the message this form has made. Needs the card's lock. Raises AlreadySent when it said otherwise."""
    found: Message | None = Message.objects.filter(key=key).select_related("dialog").first()
    if found is None:
        return None
    Draft.objects.filter(key=key, user=author).delete()  # saved again between the two presses
    same = (found.dialog.patient_id, found.author_id, found.person_id, found.text)
    if same != (card.pk, author.pk if author else None, person.pk if person else None, text):
        raise AlreadySent
    return found


def refuse_unreachable(card: Patient) -> None:
    """Refuse to write to a patient without consent or contact information (spec B3, E3). Raises ValidationError."""
    if words := refusal(card):
        raise ValidationError({"text": words})


def send(dialog: Dialog, *, text: str, by: User, key: uuid.UUID, draft: Draft | None, now: datetime) -> Message:
    """Write the message; the draft's files come along, and the draft is gone."""
    message = Message.objects.create(
        clinic=dialog.clinic, dialog=dialog, party=Party.STAFF, author=by, text=text, sent_at=now, key=key
    )
    if draft:
        Attachment.objects.filter(draft=draft, message=None).update(message=message, draft=None)
        draft.delete()
    return message


def log(dialog: Dialog, *, by: User | None, what: str, source: str = "portal", through: str = "") -> None:
    """Write the audit line; `by` None is the patient, who acts for them (proxies.through), or the system `source`."""
    source = "web" if by else source
    what = f"{what} {dialog.pk}{through}"
    audit.record(
        AuditAction.DIALOG, clinic=dialog.clinic, actor=by, patient_id=dialog.patient_id, what=what, source=source
    )
