"""What is new to the patient: messages and receipts, newest first (spec K2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from economy.models import Receipt
from economy.money import kr
from patients.models import Patient, Person
from portal.seen import SeenReceipt
from post.models import Dialog, Message, Party

SHOWN = 5


@dataclass(frozen=True, slots=True)
class News:
    """One line of «Nytt til deg»."""

    title: str
    what: str
    at: datetime
    icon: str
    url: str
    is_unread: bool = False


def of(card: Patient, person: Person) -> list[News]:
    """Return the newest messages from the clinic and receipts. Two queries."""
    return sorted([*dialogs(card), *receipts(card, person)], key=lambda one: one.at, reverse=True)[:SHOWN]


def dialogs(card: Patient) -> Iterator[News]:
    """Yield the dialogs that the clinic has written in, newest first."""
    staffs = Message.objects.filter(dialog=OuterRef("pk"), party=Party.STAFF)
    rows = Dialog.objects.filter(Exists(staffs), patient=card).annotate(unread=Exists(staffs.filter(read_at=None)))
    for row in rows.order_by("-last_message_at", "-pk")[:SHOWN]:
        kind = row.get_kind_display()
        title = _("Svar på %(kind)s") % {"kind": kind.lower()} if row.started_by == Party.PATIENT else row.subject
        url = reverse("portal:dialog", args=[row.pk])
        yield News(title, _("Melding"), row.last_message_at, "message-square", url, is_unread=row.unread)


def receipts(card: Patient, person: Person) -> Iterator[News]:
    """Yield the receipts, newest first; unread until the person has opened them."""
    seen = SeenReceipt.objects.filter(receipt=OuterRef("pk"), person=person)
    rows = Receipt.objects.filter(card__patient=card).annotate(unread=~Exists(seen))
    for row in rows.order_by("-issued_at", "-pk")[:SHOWN]:
        title, url = _("Kvittering, %(sum)s") % {"sum": kr(row.patient_ore)}, reverse("portal:receipt", args=[row.pk])
        yield News(title, _("Betaling"), row.issued_at, "receipt-text", url, is_unread=row.unread)
