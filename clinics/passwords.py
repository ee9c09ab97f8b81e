"""Django's password rules, told in bokmål where Django's own catalogue is silent."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Refuse a password that is too short."""

    def get_error_message(self) -> str:
        """Say how long it must be."""
        return _("Passordet er for kort. Det må ha minst %(length)d tegn.") % {"length": self.min_length}

    def get_help_text(self) -> str:
        """Say how long it must be, in advance."""
        return _("Passordet må ha minst %(length)d tegn.") % {"length": self.min_length}
