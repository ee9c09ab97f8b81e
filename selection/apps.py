"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SelectionConfig(AppConfig):
    """Registers the app with Django."""

    name = "selection"
    verbose_name = _("Utvalg")

    def ready(self) -> None:
        """Check the programmes when the product starts."""
        from selection import checks  # noqa: F401, PLC0415 - registers by import; apps are ready now
