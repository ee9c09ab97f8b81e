"""Keep what a patient writes until it is sent: in the server, so that it survives the tab and the session (spec K2)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from patients.models import Patient, Person
from portal.draft_models import PatientDraft
from post import texts
from post.models import SUBJECT_MAX, TEXT_MAX, Dialog, DialogKind, Message

KEPT = timedelta(days=90)  # since the last change


def living() -> QuerySet[PatientDraft]:
    """Return the drafts that have not been sent: one that was saved again just after it was sent is none."""
    return PatientDraft.objects.exclude(Exists(Message.objects.filter(key=OuterRef("key"))))


def find(person: Person, card: Patient, dialog: Dialog | None) -> PatientDraft | None:
    """Return the writer's draft of an answer, or of a new dialog about the card."""
    return living().filter(person=person, patient=card, dialog=dialog).first()


def of(person: Person, cards: Sequence[Patient]) -> list[PatientDraft]:
    """Return all that the writer has begun about the cards. One query."""
    return list(living().filter(person=person, patient__in=cards).order_by("pk"))


@transaction.atomic
def save(
    person: Person, card: Patient, dialog: Dialog | None, *, typed: Mapping[str, Any], now: datetime
) -> PatientDraft | None:
    """Keep what is typed, right or wrong; the latest window wins. Files are not kept.

    Returns None when there is nothing to keep, when it has been sent already, or when the form has no key of its own.
    """
    key, said = key_of(typed), cleaned(typed)
    if key is None or Message.objects.filter(key=key).exists():
        return None
    if PatientDraft.objects.filter(key=key).exclude(person=person).exists():
        return None
    place: dict[str, Any] = {"person": person, "patient": card, "dialog": dialog}
    if not said["text"].strip() and not said["subject"]:
        PatientDraft.objects.filter(**place).delete()
        return None
    PatientDraft.objects.filter(key=key).exclude(**place).delete()
    draft: PatientDraft = PatientDraft.objects.update_or_create(
        **place, defaults={**said, "key": key, "updated_at": now}
    )[0]
    return draft


def key_of(typed: Mapping[str, Any]) -> uuid.UUID | None:
    """Return the form's key."""
    try:
        return uuid.UUID(typed.get("key", ""))
    except ValueError:
        return None


def cleaned(typed: Mapping[str, Any]) -> dict[str, str]:
    """Return what can be stored of what is typed."""
    kind = typed.get("kind", "")
    return {
        "kind": kind if kind in DialogKind.values else "",
        "subject": texts.one_line(typed.get("subject", ""))[:SUBJECT_MAX],
        "text": texts.clean(typed.get("text", ""))[:TEXT_MAX],
    }


def discard(person: Person, card: Patient, dialog: Dialog | None) -> None:
    """Throw the draft away."""
    PatientDraft.objects.filter(person=person, patient=card, dialog=dialog).delete()


def sent(key: uuid.UUID) -> None:
    """Forget the draft of a message that has been sent."""
    PatientDraft.objects.filter(key=key).delete()


def purge(now: datetime) -> None:
    """Forget what nobody has touched for 90 days, and what was sent all the same."""
    PatientDraft.objects.filter(updated_at__lt=now - KEPT).delete()
    PatientDraft.objects.filter(Exists(Message.objects.filter(key=OuterRef("key")))).delete()


def begun(draft: PatientDraft | None, **fresh: Any) -> dict[str, Any]:
    """Return what a form begins with: the draft, or a fresh key."""
    if draft is None:
        return {"key": uuid.uuid4(), **fresh}
    return {"key": draft.key, "kind": draft.kind, "subject": draft.subject, "text": draft.text, **fresh}
