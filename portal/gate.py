"""The patient's gate: log-in at level 4 before anything, and rows only through one's own cards (spec K1, K2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation

from clinics.gate import PATIENT
from patients.models import Patient
from portal import language, sessions
from portal.sessions import Visit

View = TypeVar("View", bound=Callable[..., HttpResponse])


class PatientRequest(HttpRequest):
    """A request that has passed the patient's gate."""

    portal: Visit
    htmx: Any


def patient_page(view: View) -> View:
    """Ask for log-in at level 4 before the view; give it `request.portal`. Staff's log-in counts for nothing here."""

    @wraps(view)
    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        leave_staff(request)
        visit = sessions.visit_of(request)
        if visit is None:
            return to_log_in(request)
        request.portal = visit  # type: ignore[attr-defined]
        translation.activate(language.of_visit(visit, request))  # until the staff's middleware sets it back
        if not visit.cards:
            return render(request, "portal/no_card.html", status=403)
        visit.place, _slash, rest = request.path.removeprefix(reverse("portal:home")).partition("/")
        visit.is_top = not rest
        timezone.activate(visit.clinic.zone)  # the same
        return view(request, *args, **kwargs)

    enter.right = PATIENT  # type: ignore[attr-defined]
    return enter  # type: ignore[return-value]


def leave_staff(request: HttpRequest) -> None:
    """Forget whoever of the staff is logged in with the same browser: nothing of theirs shows or is kept alive.

    From here on the page speaks the browser's language.
    """
    request.user = AnonymousUser()
    request.clinic = request.membership = None  # type: ignore[attr-defined]
    request.rights, request.other_memberships = frozenset(), []  # type: ignore[attr-defined]
    request.is_patients = True  # type: ignore[attr-defined]
    translation.activate(language.of_browser(request))


def to_log_in(request: HttpRequest) -> HttpResponse:
    """Redirect to log-in and back; only a page that can be asked for again is gone back to."""
    log_in = reverse("portal:log_in")
    if request.method not in {"GET", "HEAD"}:
        return redirect(log_in)
    return redirect(f"{log_in}?{urlencode({'next': request.get_full_path()})}")


def own_card_or_404(request: PatientRequest) -> Patient:
    """Return the chosen card if it is the person's own, else their first. Raises Http404 for one without a card."""
    if request.portal.is_own:
        return request.portal.card
    for card in request.portal.own:
        return card
    raise Http404


def card_or_404(request: PatientRequest, pk: int) -> Patient:
    """Return the card if it is among the person's own; another's is as unknown as one that does not exist.

    Raises Http404.
    """
    for card in request.portal.cards:
        if card.pk == pk:
            return card
    raise Http404
