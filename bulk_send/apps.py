"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BulkSendConfig(AppConfig):
    """Registers the app with Django."""

    name = "bulk_send"
    verbose_name = _("Masseutsendelse")
