"""From a search's hits: «Send pasientvarsel», «Eksporter», and keeping the search (spec G3, G4)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from selection import going_on, saved
from selection.reading import read
from selection.search_models import SavedSearch, SearchVersion
from selection.search_views import is_key, may_change, opened, saved_of, sentence

NAME_MAX = 80  # characters, as the column holds


@require_POST
@needs(Right.BULK_SEND)
def send(request: StaffRequest, pk: int) -> HttpResponse:
    """Freeze the marked ones, and go to the composer (spec G4)."""
    version = row_or_404(request, SearchVersion, pk, select_related=("clinic",))
    try:
        chosen = going_on.marked(request.POST)
    except going_on.TooMany:
        return told(request, pk, _("Merk høyst 5000 enkeltvis. Bruk «Marker alle» for alle treff."))
    name = saved.name_of(version, request.user, saved_of(request)) or sentence(request, read(version.criteria))
    today = timezone.localdate()
    selection = going_on.select(version, chosen, name=name, by=request.user, today=today)
    if selection is None:
        return told(request, pk, _("Ingen er markert. Marker minst én pasient."))
    return redirect("bulk_send:start", selection.pk, preserve_request=True)  # it makes a draft: it wants a POST


@require_POST
@needs(Right.EXPORT)
def export(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the marked ones as CSV; logged with how many."""
    version = row_or_404(request, SearchVersion, pk, select_related=("clinic",))
    try:
        rows = going_on.patients(version, going_on.marked(request.POST), timezone.localdate())
    except going_on.TooMany:
        return told(request, pk, _("Merk høyst 5000 enkeltvis. Bruk «Marker alle» for alle treff."))
    if not rows.exists():
        return told(request, pk, _("Ingen er markert. Marker minst én pasient."))
    going_on.log_export(version, rows, by=request.user)
    lines: Any = StreamingHttpResponse(going_on.lines(rows), content_type="text/csv; charset=utf-8")
    response: HttpResponse = lines  # streamed: constant memory
    response["Content-Disposition"] = f'attachment; filename="journalsok-{pk}.csv"'
    return response


def told(request: StaffRequest, pk: int, words: str) -> HttpResponse:
    """Say why nothing was done, on the search's page."""
    toasts.say(request, words)
    return redirect("selection:results", pk)


@require_POST
@needs(Right.READ_CARD)
def keep(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the search a name, or let a saved one be this from now on (spec G3)."""
    version = row_or_404(request, SearchVersion, pk, select_related=("clinic",))
    if request.POST.get("change"):
        return repointed(request, version)
    name = " ".join(request.POST.get("name", "").replace("\0", " ").split())
    if not name or len(name) > NAME_MAX:
        return told(request, pk, _("Søket er ikke lagret. Skriv et navn på høyst 80 tegn."))
    try:
        made = saved.save(version, saved.Name(name, bool(request.POST.get("common"))), by=request.user)
    except ValidationError as error:
        return told(request, pk, _("Søket er ikke lagret. %s") % error.messages[0])
    toasts.say(request, _("Søket er lagret"))
    return opened(version, made.pk)


def repointed(request: StaffRequest, version: SearchVersion) -> HttpResponse:
    """Change a saved search to this version; a colleague's change in between is told of."""
    search = get_object_or_404(saved.visible(request.clinic, request.user), pk=saved_of(request) or 0)
    if not may_change(request, search):
        return told(
            request, version.pk, _("Bare eieren eller klinikkleder kan endre søket. Lagre det med et nytt navn.")
        )
    seen = request.POST.get("seen", "")
    try:
        saved.point(search, version, seen=int(seen) if is_key(seen) else 0, by=request.user)
    except saved.Conflict:
        return told(
            request, version.pk, _("En kollega har endret søket imens. Hent det på nytt, eller lagre med nytt navn.")
        )
    toasts.say(request, _("Søket er endret"))
    return opened(version, search.pk)


@require_GET
@needs(Right.READ_CARD)
def kept(request: StaffRequest) -> HttpResponse:
    """List the saved searches: what they ask for, whose they are, and who changed them when."""
    searches = list(saved.visible(request.clinic, request.user).prefetch_related("changes__by"))
    rows = [
        {
            "search": search,
            "sentence": sentence(request, read(search.version.criteria)),
            "changes": list(search.changes.all()),
            "may_change": may_change(request, search),
        }
        for search in searches
    ]
    return render(request, "selection/saved.html", {"rows": rows})


@require_POST
@needs(Right.READ_CARD)
def forget(request: StaffRequest, pk: int) -> HttpResponse:
    """Remove a saved search; its versions stay."""
    row_or_404(request, SavedSearch, pk)
    search = get_object_or_404(saved.visible(request.clinic, request.user), pk=pk)
    if may_change(request, search):
        saved.remove(search, by=request.user)
        toasts.say(request, _("Søket er slettet"))
    else:
        toasts.say(request, _("Bare eieren eller klinikkleder kan slette søket"))
    return redirect("selection:kept")
