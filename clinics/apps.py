"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsConfig(AppConfig):
    """Registers clinics, and ends old sessions when a second factor is added."""

    name = "clinics"
    verbose_name = _("Klinikker og brukere")

    def ready(self) -> None:
        """Connect to allauth's signal."""
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415 - apps are ready now

        from clinics.adapter import end_other_sessions  # noqa: PLC0415

        authenticator_added.connect(end_other_sessions, dispatch_uid="clinics.end_other_sessions")
