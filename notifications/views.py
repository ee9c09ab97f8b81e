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
from clinics.days import PeriodForm
from clinics.gate import StaffRequest, needs, row_or_404
from notifications import filters, history, outbox
from notifications.kinds import State
from notifications.models import Notification
from notifications.queries import NotificationQuerySet
from notifications.reach import blocked, route_now
from patients import card as cards
from patients.models import PreferredMethod

ON_CARD = 25
IN_LOG = 25
OLDEST = "eldste"
NARROWING = ("modul", "status", "metode", "fra", "til")


@require_GET
@needs(Right.READ_CARD)
def card(request: StaffRequest, pk: int) -> HttpResponse:
    """Show method, contact values, route and history of one patient."""
    patient = cards.opened(request, pk)
    all_rows = history.of_patient(patient)
    if request.GET.get("rekkefolge") == OLDEST:
        all_rows = all_rows.order_by("due_at", "pk")
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
    asked, now = wanted(request), timezone.now()
    rows = filters.narrowed(Notification.objects.of(request.clinic), **asked)
    if asked["status"] != "planned":
        rows = rows.exclude(state=State.WAITING)  # what is planned for later would bury what has happened
    period = PeriodForm(request.GET)
    has_period = bool(period.first or period.last)
    rows = filters.within(rows, request.clinic, period.first, period.last)
    is_oldest_first = request.GET.get("rekkefolge") == OLDEST
    key = request.GET.get("etter", "")
    found = list(beyond(rows, key, is_oldest_first=is_oldest_first)[: IN_LOG + 1])
    shown = found[:IN_LOG]
    is_first_page = not key and not any(asked.values()) and not has_period
    context = {
        "rows": history.rows(shown),
        "more": key_of(shown[-1]) if len(found) > IN_LOG else "",
        "failures": history.rows(filters.unresolved(request.clinic, now)) if is_first_page else [],
        "period": period,
        "methods": filters.METHODS,
    }
    context |= filtering(request)
    context["is_narrowed"] = context["is_narrowed"] or has_period
    return render(request, "notifications/log.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.RESEND)
def resend(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then send the notice once more."""
    notification = row_or_404(request, Notification, pk, select_related=("patient__clinic", "clinic"))
    if request.method == "GET":
        patient = cards.opened(request, notification.patient_id)
        context = {"patient": patient, "row": history.rows([notification])[0], "steps": route_now(patient)}
        context["seen"] = notification.resends.count()
        return render(request, "notifications/resend.html", context | {"tab": "notifications"})
    try:
        seen = request.POST.get("seen", "")
        outbox.resend(notification, by=request.user, seen=int(seen) if seen.isdecimal() else None)
        toasts.say(request, _("Varselet sendes på nytt"))
    except outbox.CannotResend as error:
        toasts.say(request, _("Ikke sendt: %(why)s") % {"why": error})
    return redirect("notifications:card", notification.patient_id)


def wanted(request: StaffRequest) -> dict[str, str]:
    """Return the filter in the address."""
    return {
        "module": request.GET.get("modul", ""),
        "status": request.GET.get("status", ""),
        "method": request.GET.get("metode", ""),
    }


def filtering(request: StaffRequest) -> dict[str, Any]:
    """Return what the filter form and the links shown need."""
    asked = wanted(request)
    order = OLDEST if request.GET.get("rekkefolge") == OLDEST else ""
    kept = {name: given for name in NARROWING if (given := request.GET.get(name, ""))}
    query = urlencode(kept | ({"rekkefolge": order} if order else {}))
    other = urlencode(kept | ({} if order else {"rekkefolge": OLDEST}))
    opened = request.GET.get("vis", "")
    return {
        **asked,
        "modules": filters.MODULES,
        "statuses": filters.STATUSES,
        "query": f"{query}&" if query else "",
        "order": order,
        "other_order": other,
        "opened": int(opened) if opened.isdecimal() else 0,
        "is_narrowed": any(asked.values()),
    }


def beyond(rows: NotificationQuerySet, key: str, *, is_oldest_first: bool) -> NotificationQuerySet:
    """Order the log and keep what comes after the key; a key that cannot be read keeps everything."""
    at, pk = parsed(key)  # the bound on the time alone lets the index begin where the page begins
    if is_oldest_first:
        rows = rows.filter(Q(due_at__gt=at) | Q(pk__gt=pk), due_at__gte=at) if at else rows
        return rows.order_by("due_at", "pk")
    rows = rows.filter(Q(due_at__lt=at) | Q(pk__lt=pk), due_at__lte=at) if at else rows
    return rows.order_by("-due_at", "-pk")


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
