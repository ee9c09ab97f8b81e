"""App configuration."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Registers the app with Django."""

    name = "portal"

    def ready(self) -> None:
        """Connect the checks."""
        from portal import checks  # noqa: F401, PLC0415 - registers itself
