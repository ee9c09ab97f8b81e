"""The dialogs that a person may see in the portal, and how one is read there (spec K2, E4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from patients.models import Patient
from portal.gate import PatientRequest, card_or_404
from portal.sessions import Visit
from post.models import Attachment, Dialog, DialogQuerySet, Message, Party


@dataclass(frozen=True, slots=True)
class Line:
    """One message as the reader sees it."""

    message: Message
    who: str
    is_mine: bool


def of(cards: Sequence[Patient]) -> DialogQuerySet:
    """Return the cards' dialogs: what is unread first, then the newest; `is_new` says which is unread."""
    news = Message.objects.filter(dialog=OuterRef("pk"), party=Party.STAFF, read_at=None)
    rows = Dialog.objects.filter(patient__in=cards).select_related("clinic", "patient")
    found: DialogQuerySet = rows.annotate(is_new=Exists(news)).order_by("-is_new", "-last_message_at", "-pk")
    return found


def dialog_or_404(request: PatientRequest, pk: int) -> Dialog:
    """Return the dialog of any of the person's cards, and look at that card on this page. Raises Http404."""
    row: Dialog = get_object_or_404(Dialog.objects.filter(patient__in=request.portal.cards), pk=pk)
    row.patient = card_or_404(request, row.patient_id)
    row.clinic = row.patient.clinic
    request.portal.look_at(row.patient)
    return row


def attachment_or_404(request: PatientRequest, pk: int) -> Attachment:
    """Return a file of a message in one of the person's dialogs; a colleague's draft is nobody's. Raises Http404."""
    mine = Q(message__dialog__patient__in=request.portal.cards)
    found: Attachment | None = Attachment.objects.filter(mine, pk=pk).first()
    if found is None:
        raise Http404
    return found


def thread(row: Dialog, visit: Visit) -> list[Line]:
    """Return the messages, oldest first, with who wrote each. Two queries."""
    messages = row.messages.select_related("author").prefetch_related("attachments").order_by("pk")
    return [Line(one, who_wrote(one, row, visit), one.person_id == visit.person.pk) for one in messages]


def who_wrote(message: Message, row: Dialog, visit: Visit) -> str:
    """Return the writer as the reader knows them: themselves, the patient, another proxy, or the clinic's."""
    if message.is_staffs:
        return str(message.author or row.clinic.alias)
    if message.person_id == visit.person.pk:
        return _("Du")
    if message.person_id in (None, row.patient.person_id):
        return row.patient.name
    return _("En annen med fullmakt")
