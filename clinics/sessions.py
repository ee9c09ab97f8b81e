"""Sessions in the database, in which one request never writes over what another one has just written."""

from __future__ import annotations

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """A session that every request saves, to move the idle time-out, and that only writes what it has changed."""

    def save(self, must_create: bool = False) -> None:
        """Write the session; one that is as it was read only gets its new time-out.

        A page that polls reads the session while the user presses a button: saved whole, the poll's older copy would
        take back what the button did. Raises UpdateError when the session has ended meanwhile, as Django's own does.
        """
        if must_create or self.modified or not self.session_key:
            super().save(must_create)
            return
        rows = self.get_model_class().objects.filter(session_key=self.session_key)
        if not rows.update(expire_date=self.get_expiry_date()):
            raise UpdateError
