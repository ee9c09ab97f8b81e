"""Let nobody past who may not: log-in, second factor, session age, acting clinic and the view's right (spec A7)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinics import audit
from clinics.access import rights_of
from clinics.models import AuditAction, Membership, User

OPEN_NAMESPACES = {"admin"}  # Django admin asks for itself, behind allauth's secure_admin_login
ENROL_VIEWS = {"mfa_activate_totp", "account_logout", "account_reauthenticate", "mfa_view_recovery_codes"}


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
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def end_old_session(self, request: HttpRequest) -> None:
        """Log out a session past its absolute age, or older than the user's last «log out everywhere»."""
        began = request.session.setdefault("began", time.time())
        user: User = request.user  # type: ignore[assignment]
        too_old = time.time() - began > settings.SESSION_ABSOLUTE_AGE
        if too_old or began < user.sessions_valid_from.timestamp() - 1:
            logout(request)

    def act_for_clinic(self, request: HttpRequest, user: User) -> None:
        """Set request.clinic, request.membership and request.rights from the session's choice (spec A7)."""
        memberships = Membership.objects.filter(user=user, is_active=True, clinic__is_active=True)
        chosen = request.session.get("clinic")
        ranked = sorted(memberships.select_related("clinic"), key=lambda row: (row.clinic_id != chosen, row.pk))
        if not ranked:
            return
        request.membership = ranked[0]  # type: ignore[attr-defined]
        request.clinic = ranked[0].clinic  # type: ignore[attr-defined]
        request.rights = rights_of(ranked[0])  # type: ignore[attr-defined]
        request.other_memberships = ranked[1:]  # type: ignore[attr-defined]

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Ask for log-in, second factor and right, in that order."""
        match = request.resolver_match
        if match is None or OPEN_NAMESPACES.intersection(match.namespaces) or self.is_open(view):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not is_mfa_enabled(request.user):
            return None if match.view_name in ENROL_VIEWS else redirect("mfa_activate_totp")
        if view.__module__.startswith("allauth."):
            return None
        if getattr(view, "right", "unmarked") not in request.rights:  # type: ignore[attr-defined]
            self.refuse(request, match.view_name, kwargs.get("pk"))
        return None

    @staticmethod
    def is_open(view: Callable[..., HttpResponse]) -> bool:
        """Whether the view needs no log-in: marked so, or allauth's own log-in pages, or Django's static and i18n."""
        if getattr(view, "right", "unmarked") is None:
            return True
        return view.__module__.startswith(("allauth.account", "django.views.static", "anymail."))

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
