"""Which language the portal speaks: the card's once it is known who reads, and until then the browser's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from patients.models import Language
from portal.sessions import Visit

View = TypeVar("View", bound=Callable[..., HttpResponse])
ASKED = "sprak"  # the choice on the pages before log-in


def of_browser(request: HttpRequest) -> str:
    """Return what was chosen on the page or on an earlier one, else what the browser prefers, else bokmål."""
    return asked_for(request) or translation.get_language_from_request(request)


def asked_for(request: HttpRequest) -> str:
    """Return the language in the address, or nothing."""
    language = request.GET.get(ASKED, "")
    return language if language in Language.values else ""


def of_visit(visit: Visit, request: HttpRequest) -> str:
    """Return the language of the person's own card; one who only acts for others has none but the browser's."""
    if visit.cards and visit.is_own:
        return visit.card.language
    return visit.own[0].language if visit.own else of_browser(request)


def remember(response: HttpResponse, language: str) -> None:
    """Let the browser keep the language until it is closed: for log-in, the offline page and the app's own words."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )


def chosen_here(view: View) -> View:
    """Let the page be asked for in another language, and the browser remember it."""

    @wraps(view)
    def keep(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if language := asked_for(request):
            remember(response, language)
        return response

    return keep  # type: ignore[return-value]
