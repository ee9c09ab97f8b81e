"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostConfig(AppConfig):
    """Registers messages as something notices can be about."""

    name = "post"
    verbose_name = _("Post")

    def ready(self) -> None:
        """Tell the engine how to ask about messages, and the audit log how to say the kinds."""
        from notifications import subjects  # noqa: PLC0415 - apps are ready now
        from patients import audit_words  # noqa: PLC0415
        from post.models import DialogKind  # noqa: PLC0415
        from post.subject import MessageSubject  # noqa: PLC0415

        subjects.register(MessageSubject())
        audit_words.know(DialogKind)
