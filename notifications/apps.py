"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Registers the engine and its start-up checks."""

    name = "notifications"
    verbose_name = _("Varsler")

    def ready(self) -> None:
        """Register the system checks, and the kinds as the audit log says them."""
        from notifications import checks  # noqa: F401, PLC0415 - registers by import
        from notifications.kinds import Kind  # noqa: PLC0415
        from patients import audit_words  # noqa: PLC0415

        audit_words.know(Kind)
