"""The inbox with its tabs, and the card's tab Dialoger (spec E4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from clinics import audit
from clinics.access import Right
from clinics.gate import StaffRequest, needs
from patients import card, search
from post import box
from post.models import Dialog, DialogKind

PAGE = 50
MOST_PATIENTS, MOST_FOUND = 50, 200


@require_http_methods(["GET", "POST"])
@needs(Right.READ_CARD)
def inbox(request: StaffRequest) -> HttpResponse:
    """Show one tab; a search for a patient is posted, so that no name ever stands in an address."""
    context = {
        "tabs": [(tab, count) for tab, count in counted(request)],
        "kinds": DialogKind.choices,
        "now": timezone.now(),
    }
    text = " ".join(request.POST.get("q", "").split())[:100]
    return render(request, "post/inbox.html", context | (found(request, text) if text else tab_page(request)))


def counted(request: StaffRequest) -> list[tuple[box.Tab, int | None]]:
    """Return the tabs with their numbers."""
    numbers = box.counts(request.clinic, request.user)
    return [(tab, numbers[tab.key] if tab.is_counted else None) for tab in box.TABS]


def tab_page(request: StaffRequest) -> dict[str, Any]:
    """Return one page of the tab in the address; nonsense counts as the first."""
    tab = box.BY_KEY.get(request.GET.get("vis", ""), box.TABS[0])
    kind = request.GET.get("type", "")
    kind = kind if kind in DialogKind.values else ""
    paginator = Paginator(box.rows_of(request.clinic, tab, request.user, kind), PAGE)
    page = paginator.get_page(request.GET.get("side"))
    query = urlencode({"vis": tab.key} | ({"type": kind} if kind else {}))
    return {
        "tab": tab,
        "kind": kind,
        "page": page,
        "rows": page.object_list,
        "pages": paginator.get_elided_page_range(page.number),
        "query": f"{query}&",
    }


def found(request: StaffRequest, text: str) -> dict[str, Any]:
    """Return the dialogs of the patients who fit, newest first; every patient shown is logged (threat 34)."""
    patients = search.quick(request.clinic, text, limit=MOST_PATIENTS)
    rows = box.shown(Dialog.objects.of(request.clinic).filter(patient__in=patients))
    hits = list(rows.order_by("-last_message_at", "-pk")[:MOST_FOUND])
    shown = {hit.patient_id for hit in hits}
    audit.record_search(clinic=request.clinic, actor=request.user, patient_ids=sorted(shown))
    return {"rows": hits, "text": text, "is_cut": len(hits) == MOST_FOUND}


@require_GET
@needs(Right.READ_CARD)
def of_patient(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the card's tab Dialoger, newest first."""
    patient = card.opened(request, pk)
    rows = box.shown(Dialog.objects.of(request.clinic).filter(patient=patient))
    page = Paginator(rows.order_by("-last_message_at", "-pk"), PAGE).get_page(request.GET.get("side"))
    context = {
        "patient": patient,
        "rows": page.object_list,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "now": timezone.now(),
        "query": "",
        "tab": "dialogs",
    }
    return render(request, "post/of_patient.html", context)
