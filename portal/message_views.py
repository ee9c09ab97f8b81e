"""The patient's dialogs with the clinic: list, read, answer, and their files (spec K2, E1–E4)."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from patients.forms import take_errors
from portal import dialogs, draft_views, drafts
from portal.gate import PatientRequest, patient_page
from portal.message_forms import AnswerForm, with_new_key
from post import kinds, patient_side, storage
from post.models import Dialog, DialogState
from post.writing import AlreadySent

PAGE = 30


@require_safe
@patient_page
def messages(request: PatientRequest) -> HttpResponse:
    """List the chosen card's dialogs, or every card's; what is unread stands first."""
    cards = request.portal.cards
    has_all = len(cards) > 1 and request.GET.get("vis") == "alle"
    shown = cards if has_all else [request.portal.card]
    rows, begun = dialogs.of(shown), drafts.of(request.portal.person, cards)
    context = {
        "drafted": {draft.dialog_id for draft in begun},
        "has_new_draft": any(row.dialog_id is None and row.patient_id == request.portal.card.pk for row in begun),
        "page": Paginator(rows, PAGE).get_page(request.GET.get("side")),
        "has_all": has_all,
        "has_kinds": bool(kinds.in_use(request.portal.clinic)),
    }
    return TemplateResponse(request, "portal/messages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def dialog(request: PatientRequest, pk: int) -> HttpResponse:
    """Show the dialog, or send the answer. Looking marks nothing as read: the page posts that by itself, or a button.

    Raises Http404 for anyone else's.
    """
    row = dialogs.dialog_or_404(request, pk)
    return answer(request, row) if request.method == "POST" else show(request, row)


def answer(request: PatientRequest, row: Dialog) -> HttpResponse:
    """Send once; what is refused keeps everything typed."""
    if not row.is_foreign and draft_views.act(request, row):
        return redirect(f"{reverse('portal:dialog', args=[row.pk])}#answer")
    form = AnswerForm(request.POST, request.FILES)
    if row.is_foreign and form.is_valid():
        form.add_error(None, _("Svar der dialogen ble startet: i %(source)s.") % {"source": row.get_source_display()})
    if not form.is_valid():
        return show(request, row, form, status=422)
    said = {name: form.cleaned_data[name] for name in ("text", "key")}
    try:
        patient_side.read_by_patient(row, person=request.portal.person, seen=form.cleaned_data["seen"])
        files = form.cleaned_data["uploads"]
        message = patient_side.answer_by_patient(row, person=request.portal.person, files=files, **said)
    except ValidationError as error:
        take_errors(form, error)
        return show(request, row, form, status=422)
    except AlreadySent:
        return show(request, row, AnswerForm(with_new_key(request.POST)), status=409, was_sent=True)
    drafts.sent(message.key)
    request.portal.tell(_("Meldingen er sendt."))
    return redirect(f"{reverse('portal:dialog', args=[row.pk])}#m{message.pk}")


def show(
    request: PatientRequest, row: Dialog, form: AnswerForm | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Show the thread with the answer's form."""
    lines = dialogs.thread(row, request.portal)
    newest = lines[-1].message.pk
    draft = drafts.find(request.portal.person, row.patient, row)
    context = {
        "dialog": row,
        "lines": lines,
        "newest": newest,
        "is_new": any(line.message.is_staffs and not line.message.read_at for line in lines),
        "form": form or AnswerForm(initial=drafts.begun(draft, seen=newest)),
        "draft": draft,
        "lost_files": bool(request.FILES),
        "waits": row.state == DialogState.WAITING,
        "may_write": row.patient.has_consent or row.is_foreign,
    }
    return TemplateResponse(request, "portal/dialog.html", context | more, status=status)


@require_POST
@patient_page
def mark(request: PatientRequest, pk: int) -> HttpResponse:
    """Note that the clinic's messages are read, as far as the page showed them (spec E4). Raises Http404."""
    row = dialogs.dialog_or_404(request, pk)
    seen = request.POST.get("seen", "")
    if seen.isdecimal() and len(seen) < 19:
        patient_side.read_by_patient(row, person=request.portal.person, seen=int(seen))
    return redirect("portal:dialog", pk)


@require_safe
@patient_page
@csp_update({"sandbox": True})  # type: ignore[untyped-decorator]
def attachment(request: PatientRequest, pk: int) -> HttpResponseBase:
    """Hand out a file, to be saved and never shown in the page (threats 1, 20). Raises Http404 for anyone else's."""
    return storage.handed_out(dialogs.attachment_or_404(request, pk))
