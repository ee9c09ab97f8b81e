"""How staff log in: no self sign-up, sessions begin when the second factor is passed."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from clinics import attempts, limits
from clinics.models import User


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's adapter for staff: accounts are made by the clinic manager or support, never by oneself."""

    error_messages = {  # noqa: RUF012 - allauth's name and shape
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("E-postadressen eller passordet er feil."),
        "enter_current_password": _("Skriv passordet du har nå."),
        "incorrect_password": _("Passordet er feil."),
        "too_many_login_attempts": _("For mange forsøk. Vent fem minutter og prøv igjen."),
        "rate_limited": _("For mange forsøk. Vent litt og prøv igjen."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Start the session's absolute age at log-in."""
        super().login(request, user)
        request.session["began"] = time.time()

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again unless the log-in itself is recent."""
        began: float = context.request.session.get("began", 0)
        if time.time() - began < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def is_safe_url(self, url: str | None) -> bool:
        """Accept only a path of ours as `next`, not every allowed host (threat 10)."""
        return bool(url) and str(url).startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt by browser or address: a stranger elsewhere cannot lock a colleague out (threat 7)."""
        self._login_failed_rl_usage = attempts.consume(request, str(credentials.get("email", "")), "password")
        if self._login_failed_rl_usage is None:
            raise self.validation_error("too_many_login_attempts")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Name what a new password wipes: the failures counted at this address."""
        return attempts.key(str(credentials.get("email", "")), limits.address(request), "password")


def end_other_sessions(request: HttpRequest, user: User, **kwargs: object) -> None:
    """End sessions that began with the password alone, now that a second factor exists (threat 7)."""
    user.sessions_valid_from = timezone.now()
    user.save(update_fields=["sessions_valid_from"])
    request.session["began"] = time.time()
