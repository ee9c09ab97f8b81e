"""App configuration."""

from django.apps import AppConfig


class BulkSendConfig(AppConfig):
    """Registers the app with Django."""

    name = "bulk_send"
