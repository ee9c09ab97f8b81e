"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SelectionConfig(AppConfig):
    """Registers the app with Django."""

    name = "selection"
    verbose_name = _("Utvalg")
