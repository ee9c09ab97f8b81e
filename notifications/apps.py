"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Registers the engine and its start-up checks."""

    name = "notifications"
    verbose_name = _("Varsler")

    def ready(self) -> None:
        """Register the system checks."""
        from notifications import checks  # noqa: F401, PLC0415 - registers by import
