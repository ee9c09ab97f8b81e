"""App configuration."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Registers what other systems' dialects are needed for."""

    name = "integrations"

    def ready(self) -> None:
        """Let e-contact find its gateways."""
        from integrations import gateways  # noqa: PLC0415 - apps are ready now

        gateways.register()
