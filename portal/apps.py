"""App configuration."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Registers the app with Django."""

    name = "portal"
