"""The clinic manager's page of neighbouring systems: access, key pair, last calls and errors, and a test."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs
from integrations import active, keys, neighbour_facts, trying
from integrations.neighbour_models import Neighbour

PAGE = "neighbours:neighbour"


@require_GET
@needs(Right.INTEGRATE)
def neighbours(request: StaffRequest) -> HttpResponse:
    """List the neighbouring systems and where each stands."""
    return render(request, "integrations/neighbours.html", {"rows": neighbour_facts.of(request.clinic)})


@require_GET
@needs(Right.INTEGRATE)
def neighbour(request: StaffRequest, name: str) -> HttpResponse:
    """Show one: what it may do, its key pair, and its last calls and errors."""
    return show(request, named(name))


def show(request: StaffRequest, who: Neighbour, **more: Any) -> HttpResponse:
    """Render the page."""
    context = {
        "facts": neighbour_facts.one_of(request.clinic, who),
        "lines": neighbour_facts.calls_of(request.clinic, who),
        "address": neighbour_facts.address(who),
        "may_tell": neighbour_facts.may_tell(who),
        "now": timezone.now(),
        "check": active.shown(request.clinic, who),
    }
    return render(request, "integrations/neighbour.html", context | more)


@require_POST
@needs(Right.INTEGRATE)
def key(request: StaffRequest, name: str) -> HttpResponse:
    """Make the key pair, or a new secret for it; the page that answers is the only one that shows the secret."""
    who, seen = named(name), request.POST.get("seen", "")
    try:
        pair = keys.make(
            request.clinic,
            who,
            by=request.user,
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else -1,
            now=timezone.now(),
        )
    except keys.Stale:
        toasts.say(
            request, _("Nøkkelparet er laget eller byttet siden du så på siden. Hemmeligheten vises bare én gang.")
        )
        return redirect(PAGE, who)
    context = {"neighbour": who, "pair": pair, "secret": keys.shown(pair), "address": neighbour_facts.address(who)}
    return render(request, "integrations/key.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.INTEGRATE)
def withdraw(request: StaffRequest, name: str) -> HttpResponse:
    """Ask, then let the neighbour in no more."""
    who = named(name)
    if request.method == "GET":
        context = {"neighbour": who, "back": reverse(PAGE, args=[who])}
        return render(request, "integrations/withdraw.html", context)
    gone = keys.withdraw(request.clinic, who, by=request.user)
    toasts.say(
        request, _("Nøkkelparet er trukket tilbake") if gone else _("Det er ikke noe nøkkelpar å trekke tilbake")
    )
    return redirect(PAGE, who)


@require_POST
@needs(Right.INTEGRATE)
def test(request: StaffRequest, name: str) -> HttpResponse:
    """Try the way in and the way out, and show how it went."""
    who = named(name)
    return show(request, who, tried=trying.try_out(request.clinic, who, timezone.now()))


@require_POST
@needs(Right.INTEGRATE)
def ask_active(request: StaffRequest, name: str) -> HttpResponse:
    """Have the provider asked which patients are active."""
    who = named(name)
    if request.clinic.econtact_provider != who:
        raise Http404
    active.want(request.clinic, by=request.user, now=timezone.now())
    toasts.say(request, _("Vi spør nå. Merkene oppdateres i løpet av noen minutter."))
    return redirect(PAGE, who)


def named(name: str) -> Neighbour:
    """Return the neighbour of the address. Raises Http404."""
    if name not in Neighbour.values:
        raise Http404
    return Neighbour(name)
