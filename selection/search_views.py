"""Journalsøk: ask, see who is found, and go on with them (spec G2–G4)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.models import AuditAction
from selection import builder, ordering, result, saved, search_forms
from selection.compiling import matching
from selection.leaf_forms import doctors
from selection.predefined import shipped
from selection.reading import read
from selection.search_forms import Search
from selection.search_models import SavedSearch, SearchVersion
from selection.sentence import Speaker


@require_http_methods(["GET", "POST"])
@needs(Right.READ_CARD)
def search(request: StaffRequest) -> HttpResponse:
    """Show the form, change its rows, or run what it says; posted, so that no criterion stands in an address."""
    if request.method == "GET":
        return page(request, search_forms.empty(request.clinic))
    form = search_forms.posted(request.POST, request.clinic, check="act" not in request.POST)
    form.saved = saved_of(request)
    if act := request.POST.get("act"):
        form.focus = builder.changed(form.root, act, request.POST, request.clinic)
        return (
            render(request, "selection/_criteria.html", about(request, form)) if request.htmx else page(request, form)
        )
    root = form.read()
    if root is None:
        return page(request, form, status=422)
    return opened(saved.version_of(root, clinic=request.clinic, by=request.user), form.saved)


@require_POST
@needs(Right.READ_CARD)
def count(request: StaffRequest) -> HttpResponse:
    """Return the sentence and how many it finds, while the form is being filled in; for htmx."""
    form = search_forms.posted(request.POST, request.clinic)
    root = form.read()
    context: dict[str, Any] = {"form": form}
    if root is not None:
        hits = matching(root, request.clinic, timezone.localdate()).count()
        audit.record(AuditAction.JOURNAL, clinic=request.clinic, actor=request.user, what=f"count {hits}")
        context |= {"hits": hits, "sentence": sentence(request, root)}
    return render(request, "selection/_count.html", context)


@require_POST
@needs(Right.READ_CARD)
def choose(request: StaffRequest) -> HttpResponse:
    """Run a shipped or a saved search."""
    kind, _colon, key = request.POST.get("search", "").partition(":")
    if kind == "shipped" and key in shipped():
        return opened(saved.version_of(shipped()[key].root, clinic=request.clinic, by=request.user))
    if kind == "saved" and key.isdecimal() and len(key) < 19:
        found = saved.visible(request.clinic, request.user).filter(pk=int(key)).first()
        if found:
            return opened(found.version, found.pk)
    toasts.say(request, _("Velg et søk i listen"))
    return redirect("selection:search")


@require_GET
@needs(Right.READ_CARD)
def results(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a page of those a search finds, `sorter`ed; `etter` is the last patient of the page before."""
    version = row_or_404(request, SearchVersion, pk)
    root, after = read(version.criteria), request.GET.get("etter", "")
    order, last = ordering.read(request.GET.get("sorter", "")), int(after) if is_key(after) else None
    shown = result.page_of(root, request.clinic, timezone.localdate(), after=last, order=order)
    patients = [row.patient.pk for row in shown.rows]
    total = shown.total
    if total is None and "tell" in request.GET:
        total = result.total_of(root, request.clinic, timezone.localdate())
    what = f"version {pk} hits {total or f'over {result.PAGE}'}" if shown.rows else f"version {pk} hits 0"
    audit.record(AuditAction.JOURNAL, clinic=request.clinic, actor=request.user, what=what)
    audit.record_search(clinic=request.clinic, actor=request.user, patient_ids=patients)
    context: dict[str, Any] = {
        "version": version,
        "shown": shown,
        "total": total,
        "sentence": sentence(request, root),
        "after": after,
        "sorting": ordering.headings(order, {"lagret": saved_pk} if (saved_pk := saved_of(request)) else {}),
    }
    if request.htmx:
        return render(request, "selection/_rows.html", context)
    form = search_forms.shown(root, request.clinic)
    form.saved = saved_of(request)
    return page(request, form, **context)


@require_GET
@needs(Right.READ_CARD)
def total(request: StaffRequest, pk: int) -> HttpResponse:
    """Return how many a search finds, for htmx: asked for when the page stands already."""
    version = row_or_404(request, SearchVersion, pk)
    found = result.total_of(read(version.criteria), request.clinic, timezone.localdate())
    return render(request, "selection/_total.html", {"total": found})


def page(request: StaffRequest, form: Search, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return the whole page."""
    return render(request, "selection/search.html", about(request, form) | context, status=status)


def about(request: StaffRequest, form: Search) -> dict[str, Any]:
    """Return what the form needs."""
    searches = list(saved.visible(request.clinic, request.user))
    current = next((one for one in searches if one.pk == form.saved), None)
    return {
        "form": form,
        "shipped": shipped().values(),
        "own": [one for one in searches if not one.is_common],
        "common": [one for one in searches if one.is_common],
        "current": current,
        "may_change": current is not None and may_change(request, current),
    }


def may_change(request: StaffRequest, search: SavedSearch) -> bool:
    """Whether the user may change or remove the saved search: the owner, and for common ones managers too."""
    return search.owner_id == request.user.pk or (search.is_common and Right.MANAGE_TEMPLATES in request.rights)


def opened(version: SearchVersion, saved_pk: int | None = None) -> HttpResponse:
    """Go to what a version finds; the saved search it came from goes along."""
    response = redirect("selection:results", version.pk)
    if saved_pk:
        response["Location"] += f"?lagret={saved_pk}"
    return response


def saved_of(request: StaffRequest) -> int | None:
    """Return the saved search that is being looked at or changed."""
    given = request.POST.get("saved") or request.GET.get("lagret") or ""
    return int(given) if is_key(given) else None


def is_key(text: str) -> bool:
    """Whether the text can be a primary key."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def sentence(request: StaffRequest, root: Any) -> str:
    """Say the search, with the clinic's names."""
    return Speaker(dict(doctors(request.clinic))).sentence(root)
