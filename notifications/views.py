"""The card's tab Varslinger, the clinic's log, and sending again (spec B2, J1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from notifications import filters, history, outbox
from notifications.models import Notification
from notifications.queries import NotificationQuerySet
from notifications.reach import blocked, route_now
from patients import card as cards
from patients.models import PreferredMethod

ON_CARD = 25
IN_LOG = 50


@require_GET
@needs(Right.READ_CARD)
def card(request: StaffRequest, pk: int) -> HttpResponse:
    """Show method, contact values, route and history of one patient."""
    patient = cards.opened(request, pk)
    all_rows = history.of_patient(patient)
    paginator = Paginator(filters.narrowed(all_rows, **wanted(request)), ON_CARD)
    page = paginator.get_page(request.GET.get("side"))
    context = {
        "patient": patient,
        "tab": "notifications",
        "methods": PreferredMethod.choices,
        "steps": route_now(patient),
        "blocked": blocked(patient),
        "page": page,
        "pages": list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)),
        "rows": history.rows(page.object_list),
    }
    return render(request, "notifications/card.html", context | filtering(request))


@require_GET
@needs(Right.READ_CARD)
def log(request: StaffRequest) -> HttpResponse:
    """Show the clinic's notices, newest first; the address carries where the next page begins."""
    rows = Notification.objects.of(request.clinic).order_by("-due_at", "-pk")
    rows = older_than(filters.narrowed(rows, **wanted(request)), request.GET.get("etter", ""))
    found = list(rows[: IN_LOG + 1])
    shown = found[:IN_LOG]
    context = {"rows": history.rows(shown), "more": key_of(shown[-1]) if len(found) > IN_LOG else ""}
    return render(request, "notifications/log.html", context | filtering(request))


@require_http_methods(["GET", "POST"])
@needs(Right.RESEND)
def resend(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then send the notice once more."""
    notification = row_or_404(request, Notification, pk, select_related=("patient__clinic", "clinic"))
    if request.method == "GET":
        patient = cards.opened(request, notification.patient_id)
        context = {"patient": patient, "row": history.rows([notification])[0], "steps": route_now(patient)}
        return render(request, "notifications/resend.html", context | {"tab": "notifications"})
    try:
        outbox.resend(notification, by=request.user)
        toasts.say(request, _("Varselet sendes på nytt"))
    except outbox.CannotResend as error:
        toasts.say(request, _("Ikke sendt: %(why)s") % {"why": error})
    return redirect("notifications:card", notification.patient_id)


def wanted(request: StaffRequest) -> dict[str, str]:
    """Return the filter in the address."""
    return {"module": request.GET.get("modul", ""), "status": request.GET.get("status", "")}


def filtering(request: StaffRequest) -> dict[str, Any]:
    """Return what the filter form and the links shown need."""
    asked = wanted(request)
    query = urlencode({"modul": asked["module"], "status": asked["status"]})
    opened = request.GET.get("vis", "")
    return {
        **asked,
        "modules": filters.MODULES,
        "statuses": filters.STATUSES,
        "query": f"{query}&",
        "opened": int(opened) if opened.isdecimal() else 0,
        "is_narrowed": any(asked.values()),
    }


def older_than(rows: NotificationQuerySet, key: str) -> NotificationQuerySet:
    """Keep what comes after the key in the log's order; a key that cannot be read keeps everything."""
    at, pk = parsed(key)
    return rows.filter(Q(due_at__lt=at) | Q(due_at=at, pk__lt=pk)) if at else rows


def parsed(key: str) -> tuple[datetime | None, int]:
    """Read a page key: time and id."""
    text, _comma, pk = key.partition("_")
    try:
        at = parse_datetime(text)
    except ValueError:
        return None, 0
    return (at, int(pk)) if at and timezone.is_aware(at) and pk.isdecimal() else (None, 0)


def key_of(notification: Notification) -> str:
    """Return where the next page begins."""
    return f"{notification.due_at:%Y-%m-%dT%H:%M:%S.%fZ}_{notification.pk}"
