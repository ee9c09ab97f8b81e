"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BulkSendConfig(AppConfig):
    """Registers the app with Django."""

    name = "bulk_send"
    verbose_name = _("Masseutsendelse")

    def ready(self) -> None:
        """Tell the engine how to ask about a bulk's recipients."""
        from bulk_send.subject import BulkSubject  # noqa: PLC0415 - apps are ready now
        from notifications import subjects  # noqa: PLC0415

        subjects.register(BulkSubject())
