"""App configuration."""

from django.apps import AppConfig


class EconomyConfig(AppConfig):
    """Registers the app with Django."""

    name = "economy"
