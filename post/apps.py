"""App configuration."""

from django.apps import AppConfig


class PostConfig(AppConfig):
    """Registers the app with Django."""

    name = "post"
