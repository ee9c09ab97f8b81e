"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsConfig(AppConfig):
    """Registers clinics, and listens to allauth: browsers become known, a second factor ends old sessions."""

    name = "clinics"
    verbose_name = _("Klinikker og brukere")

    def ready(self) -> None:
        """Connect to allauth's signals."""
        from allauth.account.signals import user_logged_in  # noqa: PLC0415 - apps are ready now
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415 - apps are ready now

        from clinics import attempts  # noqa: PLC0415
        from clinics.adapter import end_other_sessions  # noqa: PLC0415

        user_logged_in.connect(attempts.remember, dispatch_uid="clinics.remember_browser")
        authenticator_added.connect(end_other_sessions, dispatch_uid="clinics.end_other_sessions")
