"""Dialogs and messages that a neighbour delivers, and that the patient has read ours there (spec D13, E1, E4)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from bulk_send import reported
from clinics.models import Clinic
from integrations import answers, people
from integrations.econtacts_in import as_reference
from integrations.events import Apply, Refused, register
from integrations.neighbour_models import Neighbour, Why
from integrations.people import Named
from integrations.reading import Reader
from patients.models import Patient
from post import patient_side, writing
from post.brought import Brought, sort_out
from post.file_reasons import Why as FileWhy
from post.models import SUBJECT_MAX, TEXT_MAX, Dialog, DialogKind, Message, RefusedFile, Source

KEYS = UUID("6f4d1d6e-3c55-4a8e-9f0a-0d6a0c3b9e51")  # a message's key is derived from its id there
ID_MAX = 200
NAME_MAX = 200
MOST_FILES = 20  # told of; how many are kept is a setting


@dataclass(frozen=True, slots=True)
class Written:
    """One message from the patient, and the dialog it stands in."""

    neighbour: Neighbour
    external_id: str
    dialog: str
    kind: str
    subject: str
    patient: Named
    text: str
    files: Sequence[tuple[str, bytes | FileWhy]] = ()

    def apply(self, clinic: Clinic, now: datetime) -> Mapping[str, Any]:
        """Add the message; the first one opens the dialog. The same message again adds none. Raises Refused."""
        card = people.patient_of(clinic, self.patient)
        brought = sort_out(self.files)  # before anything is locked
        row = dialog_of(clinic, self.neighbour, self.dialog)
        if row is None:  # two first messages queue here; a dialog there is, is locked before its card, as by the staff
            card = writing.locked_patient(card.pk)
            row = dialog_of(clinic, self.neighbour, self.dialog)
        if row and row.patient_id != card.pk:
            raise Refused(Why.OTHER_PATIENT)
        if row is None and self.kind == DialogKind.E_CONTACT:  # only the clinic begins one
            raise Refused(Why.UNKNOWN_DIALOG)
        try:
            message = self.add(row, brought, now) if row else self.begin(card, brought, now)
        except writing.AlreadySent:
            raise Refused(Why.TEXT_CHANGED) from None
        return {"result": "done", "dialog": message.dialog_id, "message": message.pk, **refused(message)}

    def begin(self, card: Patient, brought: Brought, now: datetime) -> Message:
        """Open the dialog with its first message."""
        return patient_side.start_by_patient(
            person=None,
            patient=card,
            kind=self.kind,
            subject=self.subject,
            text=self.text,
            key=self.key(card),
            brought=brought,
            source=Source(self.neighbour),
            external_id=self.dialog,
            now=now,
        )

    def add(self, dialog: Dialog, brought: Brought, now: datetime) -> Message:
        """Add it to the dialog."""
        return patient_side.answer_by_patient(
            dialog,
            person=None,
            text=self.text,
            key=self.key(dialog.patient),
            brought=brought,
            now=now,
        )

    def key(self, card: Patient) -> UUID:
        """Return the message's key: the same whenever it is delivered."""
        return uuid5(KEYS, f"{card.clinic_id} {self.neighbour} {self.external_id}")


@dataclass(frozen=True, slots=True)
class Seen:
    """The patient has read what the clinic wrote in a dialog."""

    neighbour: Neighbour
    dialog: str

    def apply(self, clinic: Clinic, now: datetime) -> Mapping[str, Any]:
        """Mark it read. Raises Refused."""
        row = dialog_of(clinic, self.neighbour, self.dialog)
        if row is None:
            raise Refused(Why.UNKNOWN_DIALOG)
        row = writing.locked(row)  # what is written from now on has been read by nobody
        patient_side.read_elsewhere(row, unheard=answers.unheard(row), now=now)
        return {"result": "done", "dialog": row.pk}


def dialog_of(clinic: Clinic, neighbour: Neighbour, external_id: str) -> Dialog | None:
    """Return the dialog by the neighbour's id of it, or an e-contact's by the reference it was handed over with."""
    rows = Dialog.objects.of(clinic).filter(source=neighbour, external_id=external_id)
    found: Dialog | None = rows.select_related("patient").first()
    reference = as_reference(external_id)
    return found or (reported.dialog_by(clinic, neighbour, reference) if reference else None)


def refused(message: Message) -> Mapping[str, Any]:
    """Tell which of its files were not taken, by place in the list, and why; the same whenever it is delivered."""
    rows = RefusedFile.objects.filter(message=message).values_list("position", "reason")
    lines = [{"attachment": position, "code": reason} for position, reason in rows]
    return {"refused": lines} if lines else {}


def read_file(said: Reader) -> tuple[str, bytes | FileWhy]:
    """Read one attachment: its name, and its content or why it has none. Raises Malformed."""
    name = said.text("name", NAME_MAX)
    said.optional("contentType", 100)  # what it is, the content says
    packed = said.any_text("content")
    said.close()
    return name, FileWhy.NOT_SENT if packed is None else unpacked(packed)


def unpacked(packed: str) -> bytes | FileWhy:
    """Return the content of base64; what cannot be unpacked is a broken file, and stops no message."""
    try:
        return b64decode(packed, validate=True)
    except ValueError:
        return FileWhy.BROKEN


def read_message(neighbour: Neighbour, said: Reader) -> Apply:
    """Read `message.created`. Raises Malformed."""
    dialog = said.part("dialog")
    written = Written(
        neighbour=neighbour,
        external_id=said.text("id", ID_MAX),
        dialog=dialog.text("id", ID_MAX),
        kind=dialog.one_of("kind", DialogKind.values),
        subject=dialog.text("subject", SUBJECT_MAX),
        patient=people.read_patient(said),
        text=said.text("text", TEXT_MAX),
        files=[read_file(one) for one in said.parts("attachments", MOST_FILES)],
    )
    dialog.close()
    return written.apply


def read_read(neighbour: Neighbour, said: Reader) -> Apply:
    """Read `message.read`. Raises Malformed."""
    return Seen(neighbour, said.text("dialog", ID_MAX)).apply


for one in (Neighbour.DIGICARE, Neighbour.HELSENORGE, Neighbour.BESOKLEGEN):
    register(one, "message.created", read_message)
    register(one, "message.read", read_read)
