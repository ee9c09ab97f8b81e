"""Sessions in the database, in which one request never writes over what another one has just written."""

from __future__ import annotations

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse


class SessionStore(DatabaseStore):
    """A session that every request saves, to move the idle time-out, and that only writes what it has changed."""

    is_polled = False  # the page asked, and nobody did anything: the idle time-out runs on

    def save(self, must_create: bool = False) -> None:
        """Write the session; one that is as it was read only gets its new time-out.

        A page that polls reads the session while the user presses a button: saved whole, the poll's older copy would
        take back what the button did. Raises UpdateError when the session has ended meanwhile, as Django's own does.
        """
        if must_create or self.modified or not self.session_key:
            super().save(must_create)
            return
        rows = self.get_model_class().objects.filter(session_key=self.session_key)
        if self.is_polled:
            return
        if not rows.update(expire_date=self.get_expiry_date()):
            raise UpdateError


class StaffSessionMiddleware(SessionMiddleware):
    """Django's own, for staff alone: what a patient does in the same browser does not keep a staff session alive."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session unless the page was the portal's, which has sessions of its own."""
        if getattr(request, "is_patients", False):
            return response
        return super().process_response(request, response)
