"""Save or throw away what a patient has not sent: by a button, or by the page while it is written (spec K2)."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import dialogs, drafts
from portal.gate import PatientRequest, card_or_404, patient_page
from post.models import Dialog


@require_POST
@patient_page
def keep_answer(request: PatientRequest, pk: int) -> HttpResponse:
    """Save the answer while it is written. Raises Http404 for anyone else's dialog."""
    return keep(request, dialogs.dialog_or_404(request, pk))


@require_POST
@patient_page
def keep_new(request: PatientRequest) -> HttpResponse:
    """Save the new message while it is written. Raises Http404 for anyone else's card."""
    look_at_posted(request)
    return keep(request, None)


def keep(request: PatientRequest, dialog: Dialog | None) -> HttpResponse:
    """Save, and say so in a line."""
    draft = drafts.save(request.portal.person, request.portal.card, dialog, typed=request.POST, now=timezone.now())
    return TemplateResponse(request, "portal/_draft_state.html", {"draft": draft})


def look_at_posted(request: PatientRequest) -> None:
    """Look at the card that the form names: another tab may have chosen another since. Raises Http404."""
    posted = request.POST.get("card", "")
    if posted.isdecimal() and len(posted) < 19:
        request.portal.look_at(card_or_404(request, int(posted)))


def act(request: PatientRequest, dialog: Dialog | None) -> bool:
    """Do what a button of the draft says. Returns whether one was pressed."""
    person, card = request.portal.person, request.portal.card
    if "discard" in request.POST:
        drafts.discard(person, card, dialog)
        request.portal.tell(_("Utkastet er slettet."))
        return True
    if "save" not in request.POST:
        return False
    draft = drafts.save(person, card, dialog, typed=request.POST, now=timezone.now())
    request.portal.tell(_("Utkastet er lagret.") if draft else _("Det er ikke noe å lagre."))
    if draft and request.FILES:
        request.portal.tell(_("Vedlegg følger ikke med utkastet. Velg dem når du sender."))
    return True
