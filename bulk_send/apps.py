"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BulkSendConfig(AppConfig):
    """Registers the app with Django."""

    name = "bulk_send"
    verbose_name = _("Masseutsendelse")

    def ready(self) -> None:
        """Tell the engine and the risk overview how to ask about recipients (spec H4), and which alarms to show."""
        from bulk_send import resting, untold  # noqa: PLC0415 - apps are ready now
        from bulk_send.communicating import Bulks  # noqa: PLC0415
        from bulk_send.subject import BulkSubject  # noqa: PLC0415
        from notifications import health, subjects  # noqa: PLC0415
        from selection import communication  # noqa: PLC0415

        subjects.register(BulkSubject())
        subjects.register_untold(BulkSubject.type, untold.about, untold.latest)
        communication.register(Bulks())
        health.SOURCES.append(resting.alarms)
