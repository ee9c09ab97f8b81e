"""The clinic's other systems that may read it over FHIR: who they are, their secrets and their access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import ClassVar

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.hashing import hashed
from clinics.models import User
from clinics.scope import ClinicRow

METHODS = ("client_secret_basic", "client_secret_post")


class Scope(models.TextChoices):
    """What a system may be let read, as SMART names it."""

    PATIENT = "system/Patient.read", _("Pasienter: navn, fødselsnummer, kontaktopplysninger")
    APPOINTMENT = "system/Appointment.read", _("Timer: tidspunkt, behandler, sted, status")
    COMMUNICATION = "system/Communication.read", _("Varsler: hendelse, metode, status, årsak. Aldri teksten")


class ApiClient(ClinicRow, ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """A system that reads one clinic. `user` is its name in the audit log, and can never log in."""

    user = models.OneToOneField(User, models.PROTECT, related_name="+")
    name = models.CharField(_("navn"), max_length=60)
    client_id = models.CharField(max_length=40, unique=True)
    scopes = models.JSONField(_("kan lese"), default=list)
    turn = models.PositiveIntegerField(default=1)  # rises with every secret: the second of two presses is told
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    minute = models.DateTimeField(null=True)  # of the latest call
    calls = models.PositiveIntegerField(default=0)  # in that minute

    class Meta:
        verbose_name = _("FHIR-klient")
        verbose_name_plural = _("FHIR-klienter")
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def scope_labels(self) -> list[str]:
        """What it may read, in words."""
        return [str(Scope(scope).label) for scope in self.scopes]

    @property
    def old_until(self) -> datetime | None:
        """Until when the secret before the newest is taken; None when there is no such."""
        until = [row.expires_at for row in self.secrets.all() if row.expires_at and row.expires_at > timezone.now()]
        return max(until, default=None)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is one of the secrets in force: the newest, and the one before it while rotating."""
        if self.pk is None:
            return False
        in_force = self.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
        given = hashed(client_secret)
        return any(compare_digest(given, known) for known in in_force.values_list("secret_hash", flat=True))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client may prove itself so."""
        return method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may ask for a token so."""
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str) -> str:
        """Return what the client gets of the scopes it asks for; all it may have when it asks for none."""
        wanted = scope.split() if scope else self.scopes
        return " ".join(one for one in self.scopes if one in wanted)


class ApiSecret(models.Model):
    """A client's secret, known by its hash alone."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="secrets")
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)  # set when a newer one is made

    def __str__(self) -> str:
        return f"Hemmelighet {self.pk}"


class AccessToken(models.Model, TokenMixin):  # type: ignore[misc]  # Authlib has no types
    """A token that opens the API for some minutes, known by its hash alone."""

    LASTS = timedelta(minutes=10)

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=200)
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="access_token_old")]  # the purge at each issue

    def __str__(self) -> str:
        return f"Token {self.pk}"

    def check_client(self, client: ApiClient) -> bool:
        """Whether it was issued to the client."""
        return bool(self.client_id == client.pk)

    def get_scope(self) -> str:
        """Return what it opens."""
        return self.scope

    def is_expired(self) -> bool:
        """Whether its minutes are over."""
        return self.expires_at <= timezone.now()

    def is_revoked(self) -> bool:
        """Whether the client, or its clinic, has been taken out of use; a token that is itself revoked is deleted."""
        return self.client.revoked_at is not None or not self.client.clinic.is_active
