"""Push in the app: first what it is, then the browser's question; the devices, and how to remove them (spec K3, K4)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from clinics.gate import anyone
from clinics.limits import is_too_often
from notifications.providers.push import public_key
from portal import devices, pushes
from portal.gate import PatientRequest, patient_page
from portal.pushes import Given

LATER_COOKIE = f"{settings.PORTAL_COOKIE_NAME}-varsler"
LATER = timedelta(days=30)
MOST = 60  # subscriptions renewed a minute from one address
LONGEST = 4_000  # bytes of what a worker posts


@require_safe
@patient_page
def push(request: PatientRequest) -> HttpResponse:
    """Explain, and list the devices; the browser is asked only when the button is pressed."""
    return show(request)


def show(request: PatientRequest, *, status: int = 200, problem: str = "") -> HttpResponse:
    """Show the page, with what went wrong."""
    rows = request.portal.person.subscriptions.order_by("-created_at", "-pk")
    context = {"devices": rows, "key": public_key(), "problem": problem}
    return TemplateResponse(request, "portal/push.html", context, status=status)


def is_offered(request: PatientRequest) -> bool:
    """Whether the first page says that pushes can be had: not to one who has them, or has said «Ikke nå»."""
    is_possible = bool(settings.VAPID_PRIVATE_KEY) and LATER_COOKIE not in request.COOKIES
    return is_possible and not request.portal.person.subscriptions.exists()


@require_POST
@patient_page
def turn_on(request: PatientRequest) -> HttpResponse:
    """Save the subscription that the browser has made, for the one who is logged in."""
    given = Given(*(request.POST.get(name, "") for name in Given._fields))
    device = devices.name_of(request.headers.get("User-Agent", ""))
    if not given.endpoint:
        return show(request, status=422, problem=_("Nettleseren må ha JavaScript og varsler slått på."))
    try:
        pushes.add(request.portal.person, given, device=device, now=timezone.now())
    except ValidationError as error:
        return show(request, status=422, problem=error.messages[0])
    request.portal.tell(_("Varsler er slått på i denne nettleseren."))
    return redirect("portal:push")


@require_POST
@patient_page
def later(request: PatientRequest) -> HttpResponse:
    """Say nothing of pushes on the first page for thirty days, in this browser."""
    response = redirect("portal:home")
    secure, age = settings.SESSION_COOKIE_SECURE, int(LATER.total_seconds())
    response.set_cookie(LATER_COOKIE, "1", max_age=age, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


@require_POST
@patient_page
def remove(request: PatientRequest, pk: int | None = None) -> HttpResponse:
    """Send no more pushes to one device, or to any. Raises Http404 for anyone else's."""
    if not pushes.remove(request.portal.person, pk) and pk is not None:
        raise Http404
    request.portal.tell(_("Enheten er fjernet.") if pk else _("Alle enhetene er fjernet."))
    return redirect("portal:push")


@csrf_exempt
@require_POST
@anyone
def renew(request: HttpRequest) -> HttpResponse:
    """Take what a browser's worker says of a subscription that its push service has replaced.

    No cookie counts here, so there is nothing to forge: the old subscription's secrets are the proof.
    """
    if is_too_often(request, "renew", most=MOST):
        return HttpResponse(status=429)
    try:
        told = json.loads(request.body[:LONGEST])
        known = pushes.renew(given_in(told["old"]), given_in(told["fresh"]))
    except (ValueError, KeyError, TypeError, ValidationError):
        return HttpResponse(status=422)
    return HttpResponse(status=204 if known else 404)


def given_in(told: Any) -> Given:
    """Return a subscription written as browsers write it. Raises KeyError and TypeError."""
    keys = told["keys"]
    return Given(str(told["endpoint"]), str(keys["p256dh"]), str(keys["auth"]))
