"""Log-ins of patients: the one under way, the session it gives, and the line that stays (spec K1)."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from patients.models import Patient, Person


class Attempt(models.Model):
    """A log-in under way: what the browser must come back with. Used once; the cookie's hash is its name."""

    key_hash = models.CharField(max_length=64, unique=True)
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=64)
    nonce = models.CharField(max_length=64)
    verifier = models.CharField(max_length=128)  # PKCE
    token = models.CharField(max_length=24, blank=True)  # of the notice's link that the patient came by (spec C5)
    path = models.CharField(max_length=300, blank=True)  # of the portal's page that asked for log-in
    anew = models.BooleanField(default=False)  # the browser has been used before: single sign-on is not enough
    created_at = models.DateTimeField(default=timezone.now, db_index=True)  # old ones are forgotten

    def __str__(self) -> str:
        return f"Innlogging på vei {self.pk}"

    @property
    def secrets(self) -> dict[str, str]:
        """What binds the provider's answer to this attempt."""
        return {"state": self.state, "nonce": self.nonce, "verifier": self.verifier}

    @property
    def since(self) -> float:
        """When the person must have proved who they are, at the earliest; seconds since 1970, 0 for no such bound."""
        return self.created_at.timestamp() if self.anew else 0


class Identity(models.Model):
    """Which person an issuer means by a subject: the two stay bound (threat 5)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once")]

    def __str__(self) -> str:
        return f"Identitet {self.pk}"


class LogIn(models.Model):
    """One log-in, for the person to look over."""

    class Ending(models.TextChoices):
        """How a session ended; empty while it lasts, or when it ran out."""

        LOGGED_OUT = "out", _("Logget ut")
        AT_PROVIDER = "provider", _("Logget ut hos innloggingstjenesten")

    person = models.ForeignKey(Person, models.CASCADE, related_name="log_ins")
    provider = models.CharField(max_length=40)
    method = models.CharField(max_length=40, blank=True)  # the provider's amr, as given
    at = models.DateTimeField(default=timezone.now)
    ending = models.CharField(max_length=8, blank=True, choices=Ending.choices)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "-at"], name="log_in_by_person")]  # the profile

    def __str__(self) -> str:
        return f"Innlogging {self.pk}"


class Session(models.Model):
    """A patient's session. Only a hash of the cookie is kept; deleted at logout."""

    key_hash = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    card = models.ForeignKey(Patient, models.SET_NULL, null=True, related_name="+")  # the one chosen
    log_in = models.ForeignKey(LogIn, models.CASCADE, related_name="+")
    provider_session = models.CharField(max_length=255, blank=True)  # the provider's sid, for its logout
    told = models.JSONField(default=list)  # what the next page is to say; no patient data
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)  # old ones are forgotten

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["provider_session"], name="session_by_provider")  # front-channel logout
        ]

    def __str__(self) -> str:
        return f"Økt {self.pk}"


def new_key() -> str:
    """Return 256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


from portal.code_models import ContactCode, Field  # noqa: E402, F401 - Django finds models through this module
from portal.draft_models import PatientDraft  # noqa: E402, F401 - the same
from portal.seen import SeenReceipt  # noqa: E402, F401 - the same
