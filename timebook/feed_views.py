"""The practitioner's own page of the calendar feed, and the feed itself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, anyone, needs
from clinics.models import Practitioner
from timebook import feeds
from timebook.feed_models import Shows

PAGE = "timebook:my_calendar"


@require_GET
@needs(Right.READ_CARD)
def my_calendar(request: StaffRequest) -> HttpResponse:
    """Show whether the user's book goes to a calendar program, and what it shows."""
    return show(request, feeds.practitioner_of(request.user, request.clinic))


def show(request: StaffRequest, who: Practitioner | None, **more: Any) -> HttpResponse:
    """Render the page."""
    feed = feeds.of(who, request.user) if who else None
    context = {"who": who, "feed": feed, "choices": Shows.choices, "chosen": feed.shows if feed else Shows.BUSY}
    return render(request, "timebook/my_calendar.html", context | more)


@require_POST
@needs(Right.READ_CARD)
def my_calendar_make(request: StaffRequest) -> HttpResponse:
    """Make the feed, or a new address; the page that answers is the only one that shows it."""
    who, shows = practitioner(request), request.POST.get("shows", "")
    if shows not in Shows.values:
        toasts.say(request, _("Velg hva kalenderen skal vise."))
        return redirect(PAGE)
    secret = feeds.make(who, by=request.user, shows=Shows(shows), now=timezone.now())
    return show(request, who, address=f"{settings.PUBLIC_BASE_URL}{reverse('timebook:feed', args=[secret])}")


@require_POST
@needs(Right.READ_CARD)
def my_calendar_end(request: StaffRequest) -> HttpResponse:
    """Let no calendar program read the book any more."""
    gone = feeds.end(practitioner(request), by=request.user)
    toasts.say(request, _("Kalenderadressen virker ikke lenger") if gone else _("Det var ingen kalenderadresse"))
    return redirect(PAGE)


def practitioner(request: StaffRequest) -> Practitioner:
    """Return who the user is in the timebook. Raises Http404 for those who are nobody's practitioner."""
    who = feeds.practitioner_of(request.user, request.clinic)
    if who is None:
        raise Http404
    return who


@anyone  # the secret lets in: calendar programs cannot log in
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Return the feed. A secret that lets nobody in is 404; it is in no log (clinic_notify.logs)."""
    found = feeds.find(secret)
    if found is None:
        raise Http404
    response = HttpResponse(feeds.write(found, timezone.now()), content_type="text/calendar; charset=utf-8")
    response.headers["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True)
    return response
