"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatientsConfig(AppConfig):
    """Registers the patient card."""

    name = "patients"
    verbose_name = _("Pasienter")
