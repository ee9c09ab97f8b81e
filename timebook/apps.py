"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TimebookConfig(AppConfig):
    """Registers appointments as something notices can be about."""

    name = "timebook"
    verbose_name = _("Timebok")

    def ready(self) -> None:
        """Connect the signals and tell the engine how to ask about appointments."""
        from notifications import subjects  # noqa: PLC0415 - apps are ready now
        from timebook import signals  # noqa: F401, PLC0415 - connects by import
        from timebook.subject import AppointmentSubject  # noqa: PLC0415
        from timebook.untold import imported  # noqa: PLC0415

        subjects.register(AppointmentSubject())
        subjects.register_untold(AppointmentSubject.type, imported)
