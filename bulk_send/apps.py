"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BulkSendConfig(AppConfig):
    """Registers the app with Django."""

    name = "bulk_send"
    verbose_name = _("Masseutsendelse")

    def ready(self) -> None:
        """Tell the engine how to ask about a bulk's recipients, and which alarms to show."""
        from bulk_send import resting  # noqa: PLC0415 - apps are ready now
        from bulk_send.subject import BulkSubject  # noqa: PLC0415
        from notifications import health, subjects  # noqa: PLC0415

        subjects.register(BulkSubject())
        health.SOURCES.append(resting.alarms)
