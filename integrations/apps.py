"""App configuration."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Registers the app with Django."""

    name = "integrations"
