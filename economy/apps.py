"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EconomyConfig(AppConfig):
    """Registers billing cards as something notices can be about."""

    name = "economy"
    verbose_name = _("Økonomi")

    def ready(self) -> None:
        """Tell the engine how to ask about billing cards."""
        from economy.subject import CardSubject  # noqa: PLC0415 - apps are ready now
        from notifications import subjects  # noqa: PLC0415

        subjects.register(CardSubject())
