"""A practitioner's calendar feed: an address that a calendar program reads. Its secret is kept as a hash alone."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import Practitioner, User
from clinics.scope import ClinicRow


class Shows(models.TextChoices):
    """What the feed says of the patient; the practitioner chooses, and nothing is where one begins."""

    BUSY = "busy", _("«Opptatt», ingenting om pasienten")
    INITIALS = "initials", _("Pasientens initialer")
    NAME = "name", _("Pasientens navn")


class CalendarFeed(ClinicRow):
    """One feed a practitioner. It is the user's own: it dies when the user no longer is this practitioner here."""

    practitioner = models.OneToOneField(Practitioner, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    secret_hash = models.CharField(max_length=64, unique=True)
    shows = models.CharField(_("viser"), max_length=8, choices=Shows.choices, default=Shows.BUSY)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Kalender {self.pk}"
