"""Why a file is not taken, in one word each: for the neighbours' contracts and the staff."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Why(TextChoices):
    """The closed list: the contracts' code, and the staff's words."""

    EMPTY = "empty", _("filen er tom")
    TOO_LARGE = "too_large", _("filen er for stor")
    TOO_MANY = "too_many", _("meldingen har for mange vedlegg")
    BROKEN = "broken", _("filen er ikke hel")
    ARCHIVE = "archive", _("arkiver tas ikke imot")
    ACTIVE = "active_content", _("filen inneholder skript, andre filer eller passord")
    TYPE = "file_type", _("filtypen tas ikke imot")
    NOT_SENT = "not_sent", _("innholdet fulgte ikke med")
