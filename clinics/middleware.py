"""Let nobody past who may not: log-in, second factor, session age, acting clinic and the view's right (spec A7)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import ResolverMatch
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect

from clinics import audit
from clinics.access import rights_of
from clinics.gate import PATIENT, SIGNED_IN, UNMARKED
from clinics.models import AuditAction, Membership, User

# allauth's own views, by name: those that are not listed here are refused to everyone.
OPEN_VIEWS = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
}
ENROL_VIEWS = {"mfa_activate_totp", "account_reauthenticate"}
OWN_VIEWS = ENROL_VIEWS | {
    "mfa_index",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_reauthenticate",
    "account_change_password",
}
HOME = "overview:home"


class GateMiddleware:
    """Deny by default: a view without a marked right is refused; every refusal is logged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.clinic = request.membership = None  # type: ignore[attr-defined]
        request.rights = frozenset()  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            self.end_old_session(request)
        if request.user.is_authenticated:
            self.act_for_clinic(request, request.user)
        zone = request.clinic.zone if request.clinic else None  # type: ignore[attr-defined]
        # The portal changes both for its own request; neither outlives it.
        with timezone.override(zone or timezone.get_default_timezone()), translation.override(settings.LANGUAGE_CODE):
            response = self.get_response(request)
        patch_cache_control(response, no_store=True)
        # Under «no-referrer» browsers post forms with «Origin: null», which the CSRF check must refuse. «same-origin»
        # tells other sites just as little; the landing page, which has no form, sets «no-referrer» itself.
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    def end_old_session(self, request: HttpRequest) -> None:
        """Log out a session past its absolute age, or from before the user's other sessions were ended."""
        began = request.session.setdefault("began", time.time())
        user: User = request.user  # type: ignore[assignment]
        too_old = time.time() - began > settings.SESSION_ABSOLUTE_AGE
        if too_old or began < user.sessions_valid_from.timestamp():
            logout(request)

    def act_for_clinic(self, request: HttpRequest, user: User) -> None:
        """Set request.clinic, request.membership and request.rights from the session's choice (spec A7).

        A session that acted for a clinic ends when the access to it does: going on at another of the user's clinics
        would save there what was typed here.
        """
        memberships = Membership.objects.filter(user=user, is_active=True, clinic__is_active=True)
        chosen = request.session.get("clinic")
        ranked = sorted(memberships.select_related("clinic"), key=lambda row: (row.clinic_id != chosen, row.pk))
        if chosen and (not ranked or ranked[0].clinic_id != chosen):
            logout(request)
            return
        if not ranked:
            return
        request.session.setdefault("clinic", ranked[0].clinic_id)
        request.membership = ranked[0]  # type: ignore[attr-defined]
        request.clinic = ranked[0].clinic  # type: ignore[attr-defined]
        request.rights = rights_of(ranked[0])  # type: ignore[attr-defined]
        request.other_memberships = ranked[1:]  # type: ignore[attr-defined]

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Ask for log-in, second factor and right, in that order."""
        match = request.resolver_match
        if getattr(request, "htmx", False) and not getattr(view, "prolongs", True):
            request.session.is_polled = True  # type: ignore[attr-defined]
        if match is not None and is_open(view, match):
            return None
        if not request.user.is_authenticated:
            return to_log_in(request)
        name = match.view_name if match else ""
        if not is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return None if name in ENROL_VIEWS else redirect("mfa_activate_totp")
        if may(request, view, match):
            return None
        if name == HOME and request.clinic is None:  # type: ignore[attr-defined]
            return without_clinic(request, request.user)
        return self.refuse(request, name, kwargs.get("pk"))

    @staticmethod
    def refuse(request: HttpRequest, view_name: str, pk: int | None) -> None:
        """Log the attempt and raise PermissionDenied."""
        user: User = request.user  # type: ignore[assignment]
        audit.record(
            AuditAction.REFUSED,
            clinic=request.clinic,  # type: ignore[attr-defined]
            actor=user,
            what=f"{request.method} {view_name} {pk or ''}".strip(),
        )
        raise PermissionDenied


def is_open(view: Callable[..., HttpResponse], match: ResolverMatch) -> bool:
    """Whether staff's log-in does not matter: marked so, the portal's, allauth's log-in pages, or a webhook."""
    if match.view_name in OPEN_VIEWS and view.__module__.startswith("allauth."):
        return True
    return getattr(view, "right", UNMARKED) in (None, PATIENT) or view.__module__.startswith("anymail.webhooks.")


def may(request: HttpRequest, view: Callable[..., HttpResponse], match: ResolverMatch | None) -> bool:
    """Whether someone with second factor may use the view; Django admin is for support alone (spec A7)."""
    user: User = request.user  # type: ignore[assignment]
    if match and "admin" in match.namespaces:
        return user.is_staff
    if view.__module__.startswith("allauth."):
        return bool(match and match.view_name in OWN_VIEWS)
    right = getattr(view, "right", UNMARKED)
    return right == SIGNED_IN or right in request.rights  # type: ignore[attr-defined]


def to_log_in(request: HttpRequest) -> HttpResponse:
    """Redirect to log-in and back; only a page that can be asked for again is gone back to."""
    if getattr(request, "htmx", False):
        leaving: HttpResponse = HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        return leaving
    if request.method not in {"GET", "HEAD"}:
        return redirect(settings.LOGIN_URL)
    return redirect_to_login(request.get_full_path())


def without_clinic(request: HttpRequest, user: Any) -> HttpResponse:
    """Support goes to Django admin; anyone else is told whom to ask."""
    if user.is_staff:
        return redirect("admin:index")
    return render(request, "clinics/no_clinic.html", status=403)
