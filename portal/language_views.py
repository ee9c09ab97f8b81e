"""The patient chooses the language of the portal and of all notices (spec B1, K3)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from patients.forms import take_errors
from patients.language import choose_as_person
from portal.forms import LanguageForm
from portal.gate import PatientRequest, own_card_or_404, patient_page
from portal.language import remember


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def choose(request: PatientRequest) -> HttpResponse:
    """Take the choice for all of the person's own cards, and answer in the new language."""
    card = own_card_or_404(request)
    form = LanguageForm(request.POST if request.method == "POST" else None, initial={"language": card.language})
    if form.is_valid():
        try:
            choose_as_person(request.portal.person, form.cleaned_data["language"])
        except ValidationError as error:
            take_errors(form, error)
        else:
            translation.activate(form.cleaned_data["language"])
            request.portal.tell(_("Språket er endret."))
            response = redirect("portal:profile")
            remember(response, form.cleaned_data["language"])
            return response
    return TemplateResponse(request, "portal/language.html", {"form": form}, status=422 if form.errors else 200)
