"""App configuration."""

from django.apps import AppConfig


class SelectionConfig(AppConfig):
    """Registers the app with Django."""

    name = "selection"
