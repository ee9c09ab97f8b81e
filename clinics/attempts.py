"""Whose failed log-ins count together, so that nobody can lock a colleague out (spec A7, threat 7).

A browser that the account has logged in from before has a bucket of its own, whatever happens at its address; any other
counts by account and address. Nothing counts by the account alone.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from clinics.limits import address

COOKIE = "kjent"
SALT = "clinics.attempts"
AGE = 180 * 24 * 60 * 60  # seconds a browser stays known
FAILED, FAILED_KNOWN = "login_failed", "login_failed_known"  # ACCOUNT_RATE_LIMITS


def consume(request: HttpRequest, email: str, step: str) -> RateLimitUsage | None:
    """Count one attempt at a step (password, code), and return what takes it back; None when there were too many."""
    browser = known(request, email)
    action = FAILED_KNOWN if browser else FAILED
    counted = key(email, browser or address(request), step)
    return ratelimit.consume(request, app="allauth.account", action=action, key=counted)


def key(email: str, where: str, step: str) -> str:
    """Return what failures are counted by."""
    return f"{step}:{email.lower()}@{where}"


def known(request: HttpRequest, email: str) -> str:
    """Return the mark of a browser that the account has logged in from, empty for any other."""
    mark = request.get_signed_cookie(name_of(email), default="", salt=SALT, max_age=AGE)
    return str(mark or "")


def remember(request: HttpRequest, response: HttpResponse, user: Any, **kwargs: object) -> None:
    """Let the browser be known to the account from now on. Says nothing but that, and lets nobody in."""
    response.set_signed_cookie(
        name_of(user.email),
        known(request, user.email) or secrets.token_urlsafe(16),
        salt=SALT,
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def name_of(email: str) -> str:
    """Return the cookie's name: several colleagues may share a browser, and none learns another's address from it."""
    return f"{COOKIE}-{hashlib.sha256(f'{settings.SECRET_KEY}{email.lower()}'.encode()).hexdigest()[:16]}"
