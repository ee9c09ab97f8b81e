"""Let a system in, give it a new secret, and let it in no more: the manager's acts, each in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex, token_urlsafe

from django.db import transaction

from clinics import audit
from clinics.hashing import hashed
from clinics.models import AuditAction, Clinic, User
from fhir_api.models import ApiClient, ApiSecret

OVERLAP = timedelta(days=7)  # the secret before the new one is taken this long


class Stale(Exception):
    """The secret has been changed, or the client revoked, since the page was shown."""


@transaction.atomic
def make(clinic: Clinic, *, name: str, scopes: Sequence[str], by: User, now: datetime) -> tuple[ApiClient, str]:
    """Return a new client and its secret, which is told this once."""
    client_id = f"fhir_{token_hex(12)}"
    user = User(email=f"{client_id}@fhir.invalid", first_name=name, is_active=False)  # a name in the log, nothing more
    user.set_unusable_password()
    user.save()
    client = ApiClient.objects.create(
        clinic=clinic, user=user, name=name, client_id=client_id, scopes=list(scopes), made_by=by, made_at=now
    )
    log(client, by=by, what="made")
    return client, new_secret(client, now)


@transaction.atomic
def rotate(client: ApiClient, *, by: User, seen: int, now: datetime) -> str:
    """Return a new secret; the one before it is taken for seven days, older ones no more. Raises Stale."""
    locked = ApiClient.objects.select_for_update().get(pk=client.pk)
    if locked.revoked_at or locked.turn != seen:
        raise Stale
    locked.secrets.exclude(expires_at=None).delete()
    locked.secrets.update(expires_at=now + OVERLAP)
    locked.turn += 1
    locked.save(update_fields=["turn"])
    log(locked, by=by, what="rotated")
    return new_secret(locked, now)


@transaction.atomic
def revoke(client: ApiClient, *, by: User, now: datetime) -> bool:
    """Let the client in no more: its secrets and tokens are gone at once. Returns False when it was so already."""
    locked = ApiClient.objects.select_for_update().get(pk=client.pk)
    if locked.revoked_at:
        return False
    locked.revoked_at = now
    locked.save(update_fields=["revoked_at"])
    locked.secrets.all().delete()
    locked.tokens.all().delete()
    log(locked, by=by, what="revoked")
    return True


def new_secret(client: ApiClient, now: datetime) -> str:
    """Return 256 random bits, of which the hash is kept."""
    secret = token_urlsafe(32)
    ApiSecret.objects.create(client=client, secret_hash=hashed(secret), made_at=now)
    return secret


def log(client: ApiClient, *, by: User, what: str) -> None:
    """Write the audit line."""
    audit.record(AuditAction.SETTING, clinic=client.clinic, actor=by, what=f"fhir client {client.pk} {what}")
