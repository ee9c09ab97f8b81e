"""App configuration."""

from importlib import import_module

from django.apps import AppConfig

# What neighbours may tell, and what follows when the clinic answers them: importing registers it.
REGISTERED = ("appointments_in", "convene", "dialogs_in", "econtacts_in", "signals")


class IntegrationsConfig(AppConfig):
    """Registers what other systems' dialects are needed for."""

    name = "integrations"

    def ready(self) -> None:
        """Let e-contact find its gateways, events their readers, and dialogs what became of their answers."""
        from bulk_send.gateways import tell_marks  # noqa: PLC0415 - apps are ready now
        from integrations import active, answer_marks, gateways  # noqa: PLC0415
        from post import carried  # noqa: PLC0415

        gateways.register()
        tell_marks(active.last_asked)
        carried.register(answer_marks.marks)
        for name in REGISTERED:
            import_module(f"integrations.{name}")
