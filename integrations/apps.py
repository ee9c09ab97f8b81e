"""App configuration."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Registers what other systems' dialects are needed for."""

    name = "integrations"

    def ready(self) -> None:
        """Let e-contact find its gateways, and neighbours' events their readers."""
        from integrations import appointments_in, convene, dialogs_in, gateways  # noqa: F401, PLC0415 - apps are ready now

        gateways.register()
