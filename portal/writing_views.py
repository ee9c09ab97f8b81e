"""The patient starts a dialog of a kind that the clinic uses (spec E1, K2)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from patients.forms import take_errors
from portal import draft_views, drafts
from portal.gate import PatientRequest, patient_page
from portal.message_forms import NewForm, with_new_key
from post import patient_side
from post.writing import AlreadySent


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def new(request: PatientRequest) -> HttpResponse:
    """Write to the clinic of the card that the form names: another tab may have chosen another since.

    Raises Http404 for anyone else's card.
    """
    if request.method != "POST":
        return show(request)
    draft_views.look_at_posted(request)
    if draft_views.act(request, None):
        return redirect("portal:new_dialog")
    form = NewForm(request.POST, request.FILES, clinic=request.portal.clinic)
    return send(request, form) if form.is_valid() else show(request, form, status=422)


def send(request: PatientRequest, form: NewForm) -> HttpResponse:
    """Open the dialog; pressing Send twice opens one, and what is refused keeps everything typed."""
    said = {name: form.cleaned_data[name] for name in ("kind", "subject", "text", "key")}
    card, person, files = request.portal.card, request.portal.person, form.cleaned_data["uploads"]
    try:
        message = patient_side.start_by_patient(person=person, patient=card, files=files, **said)
    except ValidationError as error:
        take_errors(form, error)
        return show(request, form, status=422)
    except AlreadySent:
        fresh = NewForm(with_new_key(request.POST), clinic=card.clinic)
        return show(request, fresh, status=409, was_sent=True)
    drafts.sent(message.key)
    request.portal.tell(_("Meldingen er sendt."))
    return redirect("portal:dialog", message.dialog_id)


def show(request: PatientRequest, form: NewForm | None = None, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the form, with what stands in the way."""
    card = request.portal.card
    draft = drafts.find(request.portal.person, card, None)
    form = form or NewForm(initial=drafts.begun(draft, card=card.pk), clinic=card.clinic)
    context = {
        "form": form,
        "draft": draft,
        "card": card,
        "lost_files": bool(request.FILES),
        "may_write": card.has_consent,
    }
    return TemplateResponse(request, "portal/new_dialog.html", context | more, status=status)
