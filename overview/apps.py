"""App configuration."""

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    """Registers the app with Django."""

    name = "overview"
