"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsConfig(AppConfig):
    """Registers clinics and the start-up checks."""

    name = "clinics"
    verbose_name = _("Klinikker og brukere")
