"""One dialog: read, answer, take, hand over, close; and its files (spec E1–E4)."""

from __future__ import annotations

import uuid
from typing import Any

from csp.decorators import csp_update
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.models import AuditAction, User
from patients.forms import take_errors
from post import composing, handling, storage, writing
from post.forms import AnswerForm
from post.models import Attachment, Dialog, Draft
from post.showing import RELATED, show_dialog
from post.standing import standing


@require_GET
@needs(Right.READ_CARD)
def dialog(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the dialog. Looking marks nothing as read: the page posts that by itself, or a button does."""
    return show_dialog(request, row_or_404(request, Dialog, pk, select_related=RELATED))


@require_POST
@needs(Right.WRITE_DIALOG)
def answer(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the answer, or do what another of the composer's buttons says; what is typed is always kept first."""
    row = row_or_404(request, Dialog, pk, select_related=RELATED)
    draft = composing.keep(request, row.patient, row)
    form = AnswerForm(request.POST, request.FILES)
    try:
        if action := composing.action_of(request):
            if draft:
                composing.carry_out(request, draft, action)
            return redirect(f"{reverse('post:dialog', args=[pk])}#id_text")
        if form.is_valid():
            return send(request, row, form, draft)
    except ValidationError as error:
        form.errors.clear()
        take_errors(form, error)
    return show_dialog(request, row, form, status=422)


def send(request: StaffRequest, row: Dialog, form: AnswerForm, draft: Draft | None) -> HttpResponse:
    """Send, or say who was first; nothing typed is lost. Raises ValidationError."""
    if draft:
        composing.attach(draft, request.FILES)
    said = {name: form.cleaned_data[name] for name in ("text", "key", "seen", "knowingly")}
    try:
        writing.answer_by_staff(row, by=request.user, draft=draft, **said)
    except writing.Newer:
        newest = writing.newest(row)
        return again(request, row, form, {"seen": newest}, conflict="newer")
    except writing.Taken:
        return again(request, row, form, {}, conflict="taken")
    except writing.AlreadySent:
        return again(request, row, form, {"key": str(uuid.uuid4()), "seen": writing.newest(row)}, conflict="sent")
    toasts.say(request, _("Svaret er sendt"))
    return redirect("post:dialog", row.pk)


def again(
    request: StaffRequest, row: Dialog, form: AnswerForm, values: dict[str, Any], *, conflict: str
) -> HttpResponse:
    """Show the dialog as it is now, with what was typed; sending again goes on top of it."""
    fresh = row_or_404(request, Dialog, row.pk, select_related=RELATED)
    typed = request.POST.copy()
    for name, value in values.items():
        typed[name] = value
    return show_dialog(request, fresh, AnswerForm(typed), status=409, conflict=conflict)


@require_POST
@needs(Right.WRITE_DIALOG)
def keep_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Save the draft while it is written, and tell whether it can be sent (spec E3)."""
    row = row_or_404(request, Dialog, pk, select_related=RELATED)
    return kept(request, composing.keep(request, row.patient, row), row)


def kept(request: StaffRequest, draft: Draft | None, about: Any) -> HttpResponse:
    """Return the state of the draft, and of the patient as the card is now."""
    patient = about.patient if isinstance(about, Dialog) else about
    word = _("Send svar") if isinstance(about, Dialog) else _("Send dialog")
    now = {"standing": standing(patient), "was_blocked": bool(request.POST.get("was_blocked"))}
    return render(request, "post/_kept.html", {"draft": draft, "patient": patient, "word": word, **now})


@require_POST
@needs(Right.WRITE_DIALOG)
def mark(request: StaffRequest, pk: int) -> HttpResponse:
    """Mark as read, or as unread again (spec E4)."""
    row = row_or_404(request, Dialog, pk)
    if "unread" in request.POST:
        handling.mark_unread(row, by=request.user)
        toasts.say(request, _("Dialogen er merket som ulest"))
        return redirect("post:inbox")
    handling.read_by_staff(row, by=request.user, seen=number(request, "seen"))
    if request.htmx:
        fresh = row_or_404(request, Dialog, pk)
        context = {"dialog": fresh, "was_written_to": True, "has_newer": fresh.is_unread}
        return render(request, "post/_read.html", context)
    return redirect("post:dialog", pk)


@require_POST
@needs(Right.WRITE_DIALOG)
def assign(request: StaffRequest, pk: int) -> HttpResponse:
    """Take, hand over or let go; a colleague who was first is named."""
    row = row_or_404(request, Dialog, pk)
    was, wanted = number(request, "was"), number(request, "to")
    here = User.objects.filter(memberships__clinic=request.clinic)
    to = get_object_or_404(here, pk=wanted) if wanted else None
    try:
        if handling.assign(row, to=to, by=request.user, was=was):
            toasts.say(request, _("Lagret"))
    except ValidationError as error:
        toasts.say(request, error.messages[0])
    return redirect("post:dialog", pk)


def number(request: StaffRequest, name: str) -> int | None:
    """Return a posted row number, or None."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


@require_POST
@needs(Right.WRITE_DIALOG)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    """Put the dialog away; the toast undoes it. What has come since the page was shown is read first."""
    try:
        handling.close(row_or_404(request, Dialog, pk), by=request.user, seen=number(request, "seen"))
    except writing.Newer:
        toasts.say(request, _("Ikke avsluttet: noen har skrevet i mellomtiden. Les det som er nytt først."))
        return redirect("post:dialog", pk)
    toasts.say(request, _("Dialogen er avsluttet"), undo=reverse("post:reopen", args=[pk]))
    return redirect("post:dialog", pk)


@require_POST
@needs(Right.WRITE_DIALOG)
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the dialog up again."""
    handling.reopen(row_or_404(request, Dialog, pk), by=request.user)
    toasts.say(request, _("Dialogen er åpnet igjen"))
    return redirect("post:dialog", pk)


@require_GET
@needs(Right.READ_CARD)
@csp_update({"sandbox": True})  # type: ignore[untyped-decorator]
def attachment(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Hand out a file, to be saved and never shown in the page; a draft's to its writer alone (threats 1, 20)."""
    row = row_or_404(request, Attachment, pk, select_related=("message__dialog", "draft"))
    if row.message is None and (row.draft is None or row.draft.user_id != request.user.pk):
        raise Http404
    patient_id = row.message.dialog.patient_id if row.message else row.draft.patient_id  # type: ignore[union-attr]
    what = f"attachment {row.pk}"
    audit.record(AuditAction.DIALOG, clinic=request.clinic, actor=request.user, patient_id=patient_id, what=what)
    return storage.handed_out(row)
