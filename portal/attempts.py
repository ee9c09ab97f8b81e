"""A log-in under way: kept here and named by a cookie, so that only the browser that began can end it, once."""

from __future__ import annotations

import re
from datetime import timedelta

from authlib.common.security import generate_token
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from clinics.hashing import hashed
from portal import oidc
from portal.models import Attempt, new_key

LASTS = timedelta(minutes=15)
COOKIE = f"{settings.PORTAL_COOKIE_NAME}-inn"
USED = f"{settings.PORTAL_COOKIE_NAME}-brukt"
USED_LASTS = timedelta(seconds=settings.PORTAL_ABSOLUTE_AGE + oidc.OLDEST)  # a session, and a single sign-on after it
VERIFIER = 64  # characters; PKCE wants 43 to 128


def new(provider: str, *, token: str = "", path: str = "", anew: bool = False) -> tuple[str, Attempt]:
    """Return the cookie's value and the attempt; those too old to end are forgotten."""
    Attempt.objects.filter(created_at__lt=timezone.now() - LASTS).delete()
    key = new_key()
    attempt = Attempt.objects.create(
        key_hash=hashed(key),
        provider=provider,
        state=generate_token(43),
        nonce=generate_token(43),
        verifier=generate_token(VERIFIER),
        token=token if is_token(token) else "",
        path=path,
        anew=anew,
    )
    return key, attempt


def is_browser_used(request: HttpRequest) -> bool:
    """Whether somebody has been logged in with this browser lately: the provider may still take the next one for them.

    Their session here has ended or been left, and somebody else may hold the phone now (threat 6).
    """
    return USED in request.COOKIES


def mark_used(response: HttpResponse) -> None:
    """Let the browser remember that somebody has logged in; not who."""
    put(response, USED, "1", USED_LASTS)


def take(request: HttpRequest) -> Attempt | None:
    """Return the browser's attempt and use it up: whatever comes of it, nobody comes back twice."""
    key = request.COOKIES.get(COOKIE, "")
    if not key:
        return None
    with transaction.atomic():
        found = Attempt.objects.select_for_update().filter(key_hash=hashed(key)).first()
        if found:
            Attempt.objects.filter(pk=found.pk).delete()
    return found if found and timezone.now() - found.created_at <= LASTS else None


def own_path(path: str) -> str:
    """Return the path if it is one of the portal's pages, else nothing."""
    is_own = path.startswith(reverse("portal:home")) and len(path) <= 300 and path.isprintable()
    return path if is_own else ""


def is_token(text: str) -> bool:
    """Whether the text has the form of a link's token; what has not is in no table, and need not be looked up."""
    return bool(re.fullmatch(r"[A-Za-z0-9_-]{16,24}", text))


def set_cookie(response: HttpResponse, key: str) -> None:
    """Give the browser the attempt's key, until it must have ended."""
    put(response, COOKIE, key, LASTS)


def delete_cookie(response: HttpResponse) -> None:
    """Take it away."""
    put(response, COOKIE, "", timedelta())


def put(response: HttpResponse, name: str, text: str, lasts: timedelta) -> None:
    """Set a cookie. Lax: it must come along from the provider's site."""
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(name, text, max_age=lasts, secure=secure, httponly=True, samesite="Lax", path="/")
