"""What the composer's buttons do, for an answer and a new dialog alike: all rests in the draft until it is sent."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from clinics.gate import StaffRequest
from patients.models import Patient
from post import attachments, drafts, texts
from post.models import SUBJECT_MAX, TEXT_MAX, Attachment, Dialog, Draft, MessageTemplate

ACTIONS = ("insert", "attach", "remove", "discard", "save")


def action_of(request: StaffRequest) -> str:
    """Return which button was pressed; none of them means Send."""
    return next((name for name in ACTIONS if name in request.POST), "")


def templates_for(request: StaffRequest) -> Any:
    """Return the common templates and the user's own, by name."""
    rows = MessageTemplate.objects.of(request.clinic).filter(Q(owner=None) | Q(owner=request.user))
    return rows.order_by("name", "pk")


def keep(request: StaffRequest, patient: Patient, dialog: Dialog | None) -> Draft | None:
    """Save what is typed, whatever it is; returns None when it has been sent already, or the form has no key."""
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None
    return drafts.save(
        user=request.user,
        patient=patient,
        dialog=dialog,
        subject=texts.one_line(request.POST.get("subject", ""))[:SUBJECT_MAX],
        text=texts.clean(request.POST.get("text", ""))[:TEXT_MAX],
        key=key,
        now=timezone.now(),
    )


@transaction.atomic
def attach(draft: Draft, files: MultiValueDict[str, Any]) -> None:
    """Check the chosen files and keep them with the draft, all or none, each once. Raises ValidationError."""
    Draft.objects.select_for_update().get(pk=draft.pk)
    uploads = files.getlist("uploads")
    checked = attachments.check(uploads, already=draft.attachments.count()) if uploads else []
    known = set(draft.attachments.values_list("name", "sha256"))  # pressed twice
    attachments.keep([one for one in checked if (one.name, one.sha256) not in known], draft=draft)


def insert(request: StaffRequest, draft: Draft) -> None:
    """Put the chosen template after what is written. Raises ValidationError when there is no room, and Http404."""
    pk = request.POST.get("template", "")
    row = get_object_or_404(templates_for(request), pk=pk if pk.isdecimal() else None)
    text = "\n\n".join(part for part in (draft.text, texts.fill(row.text, values(request, draft))) if part)
    if len(text) > TEXT_MAX:
        raise ValidationError({"text": _("Malen får ikke plass: meldingen ville bli for lang.")})
    draft.text = text
    draft.subject = draft.subject or texts.fill(row.subject, values(request, draft))[:SUBJECT_MAX]
    draft.save(update_fields=["text", "subject"])


def values(request: StaffRequest, draft: Draft) -> dict[str, str]:
    """Return what templates may fill in: a fixed set."""
    return {
        "fornavn": draft.patient.given_name,
        "navn": draft.patient.name,
        "klinikk": request.clinic.name,
        "telefon": request.clinic.phone,
        "avsender": str(request.user),
    }


def remove(request: StaffRequest, draft: Draft) -> None:
    """Take a file off the draft. Raises Http404 for another's file."""
    pk = request.POST.get("remove", "")
    found = get_object_or_404(Attachment, pk=pk if pk.isdecimal() else None, draft=draft, message=None)
    with transaction.atomic():
        attachments.remove(found)


def carry_out(request: StaffRequest, draft: Draft, action: str) -> None:
    """Do what the button says. Raises ValidationError and Http404."""
    if action == "discard":
        drafts.discard(draft)
        return
    attach(draft, request.FILES)
    if action == "insert":
        insert(request, draft)
    if action == "remove":
        remove(request, draft)
