"""How staff log in: no self sign-up, sessions begin when the second factor is passed."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's adapter for staff: accounts are made by the clinic manager or support, never by oneself."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Start the session's absolute age at log-in."""
        super().login(request, user)
        request.session["began"] = time.time()
