"""The patient writes and reads, a person being the actor: the portal's way in, and the integrations' (spec E1, D13)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from patients import proxies
from patients.models import Patient, Person
from post import attachments, kinds
from post.brought import Brought
from post.brought import receive as keep_brought
from post.deadlines import answer_by
from post.models import Dialog, DialogKind, DialogState, Message, Party, Source
from post.writing import locked, locked_patient, log, sent_before


def start_by_patient(
    *,
    person: Person | None,
    patient: Patient,
    kind: str,
    subject: str,
    text: str,
    key: uuid.UUID,
    files: Sequence[UploadedFile[Any]] = (),
    brought: Brought | None = None,
    source: str = Source.OWN,
    external_id: str = "",
    now: datetime | None = None,
) -> Message:
    """Open a dialog of any kind the clinic uses, as the patient; nobody is notified (spec E1, E2).

    A dialog that a foreign system delivers is taken as it comes, once for each `external_id` (spec D13); only then may
    `person` be None, and `brought` are its files, judged already. Raises ValidationError, PermissionDenied (another's
    card) and writing.AlreadySent.
    """
    brought = brought or Brought(attachments.check(files))
    if source == Source.OWN and kind == DialogKind.E_CONTACT:
        raise ValidationError({"kind": _("E-kontakt kan bare klinikken starte.")})
    with transaction.atomic():
        card = locked_patient(patient.pk)
        check_person(card, person, source)
        if sent := sent_before(key, card, text=text, person=person) or delivered(card, source, external_id):
            return sent
        if source == Source.OWN:
            kinds.check(card.clinic, kind)
        dialog = Dialog(
            clinic=card.clinic,
            patient=card,
            kind=kind,
            subject=subject,
            source=source,
            external_id=external_id,
            started_by=Party.PATIENT,
        )
        return receive(dialog, person=person, text=text, key=key, brought=brought, now=now or timezone.now())


def answer_by_patient(
    dialog: Dialog,
    *,
    person: Person | None,
    text: str,
    key: uuid.UUID,
    files: Sequence[UploadedFile[Any]] = (),
    brought: Brought | None = None,
    now: datetime | None = None,
) -> Message:
    """Write in an open or closed dialog as the patient; a closed one opens again, and nobody is notified (spec E2).

    Raises ValidationError, PermissionDenied (another's dialog) and writing.AlreadySent.
    """
    brought = brought or Brought(attachments.check(files))
    with transaction.atomic():
        row = locked(dialog)
        card = locked_patient(row.patient_id)
        check_person(card, person, row.source)
        if sent := sent_before(key, card, text=text, person=person):
            return sent
        return receive(row, person=person, text=text, key=key, brought=brought, now=now or timezone.now())


@transaction.atomic
def read_by_patient(dialog: Dialog, *, person: Person, seen: int | None = None, now: datetime | None = None) -> int:
    """Note that the patient has read the clinic's messages up to `seen` (a pk), or all (spec E4).

    Returns how many were new to them.
    """
    now = now or timezone.now()
    row = locked(dialog)
    check_person(row.patient, person, Source.OWN)
    return mark_read(row, now, seen=seen, person=person)


@transaction.atomic
def read_elsewhere(dialog: Dialog, *, now: datetime, seen: int | None = None, unheard: Collection[int] = ()) -> int:
    """Note that the patient has read the clinic's messages in the system that the dialog comes from (spec E4).

    Up to `seen` (a pk), or all, but for those that the system has not heard of.
    """
    row = locked(dialog)
    if row.source == Source.OWN:
        raise PermissionDenied
    return mark_read(row, now, seen=seen, unheard=unheard)


def mark_read(
    row: Dialog,
    now: datetime,
    *,
    seen: int | None = None,
    unheard: Collection[int] = (),
    person: Person | None = None,
) -> int:
    """Write it in the locked dialog. Returns how many messages were new to the patient."""
    ours = row.messages.filter(party=Party.STAFF)
    unread = ours.filter(read_at=None).exclude(pk__in=unheard)
    count: int = (unread if seen is None else unread.filter(pk__lte=seen)).update(read_at=now)
    if count and ours.order_by("-pk").values_list("read_at", flat=True)[0]:  # one that never arrived is never read
        row.read_by_patient_at = now
        row.save(update_fields=["read_by_patient_at"])
    if count:
        log_patients(row, person, "patient read")
    return count


def check_person(card: Patient, person: Person | None, source: str) -> None:
    """Refuse all but the card's own person and their proxies; a foreign system may not know them.

    Raises PermissionDenied.
    """
    if person is None and source == Source.OWN:
        raise PermissionDenied
    if person is not None and not proxies.may_act(person, card, timezone.localdate()):
        raise PermissionDenied


def refuse_without_consent(card: Patient, source: str) -> None:
    """Refuse one who has not consented; a foreign system keeps a consent of its own. Raises ValidationError."""
    if source == Source.OWN and not card.has_consent:
        raise ValidationError(_("Du må samtykke til elektronisk kontakt med klinikken før du kan skrive."))


def delivered(card: Patient, source: str, external_id: str) -> Message | None:
    """Return what a foreign system has delivered before, under the same id."""
    if not external_id:
        return None
    rows = Message.objects.filter(dialog__clinic=card.clinic, dialog__source=source, dialog__external_id=external_id)
    found: Message | None = rows.order_by("pk").first()
    return found


def receive(
    dialog: Dialog, *, person: Person | None, text: str, key: uuid.UUID, brought: Brought, now: datetime
) -> Message:
    """Write the patient's message; the dialog waits for the clinic, an e-consultation until its deadline."""
    refuse_without_consent(dialog.patient, dialog.source)
    dialog.state, dialog.is_unread, dialog.last_message_at = DialogState.WAITING, True, now
    dialog.answer_by = dialog.answer_by or answer_by(dialog.kind, now, dialog.clinic.zone)
    is_new = dialog.pk is None
    if is_new:
        dialog.created_at = now
    dialog.save()
    message = Message.objects.create(
        clinic=dialog.clinic, dialog=dialog, party=Party.PATIENT, person=person, text=text, sent_at=now, key=key
    )
    keep_brought(brought, message)
    log_patients(dialog, person, "patient started" if is_new else "patient answered")
    return message


def log_patients(dialog: Dialog, person: Person | None, what: str) -> None:
    """Write the audit line: of the person, by whichever right, or of the system that the dialog is kept in."""
    through = proxies.through(person, dialog.patient, timezone.localdate())
    log(dialog, by=None, what=what, source="portal" if person else dialog.source, through=through)
