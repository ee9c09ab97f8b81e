"""A clinic's key pair with a neighbour: made, rotated and withdrawn by the manager, its secret shown once.

A secret is derived from the installation's SECRET_KEY and the pair's salt when it is needed. The database alone holds
nothing to sign with, and a page that has been left cannot show it again. A new SECRET_KEY keeps the old secrets as long
as the old one stands in SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from integrations.neighbour_models import KeyPair, Neighbour

PREFIX = "whsec_"  # nosec B105 - Standard Webhooks' mark of a secret
OVERLAP = timedelta(days=7)  # the secret before the new one is taken this long
PURPOSE = "integrations.keys"


class Stale(Exception):
    """The pair has been made or rotated since the page was shown."""


def of(clinic: Clinic, neighbour: str) -> KeyPair | None:
    """Return the clinic's pair with the neighbour."""
    found: KeyPair | None = KeyPair.objects.of(clinic).filter(neighbour=neighbour).first()
    return found


def find(neighbour: str, key_id: str) -> KeyPair | None:
    """Return the pair that a caller names, of a clinic in use; another neighbour's is as unknown as none."""
    rows = KeyPair.objects.filter(neighbour=neighbour, key_id=key_id, clinic__is_active=True)
    found: KeyPair | None = rows.select_related("clinic").first()
    return found


@transaction.atomic
def make(clinic: Clinic, neighbour: Neighbour, *, by: User | None, seen: int, now: datetime) -> KeyPair:
    """Make the pair, or give it a new secret; `seen` is the turn that the page showed, 0 for none. Raises Stale."""
    Clinic.objects.select_for_update().get(pk=clinic.pk)  # two managers queue here
    pair = of(clinic, neighbour)
    if (pair.turn if pair else 0) != seen:
        raise Stale
    if pair is None:
        pair = KeyPair(clinic=clinic, neighbour=neighbour, key_id=f"nok_{token_hex(16)}")
    else:
        pair.old_salt, pair.old_until, pair.turn = pair.salt, now + OVERLAP, pair.turn + 1
    pair.salt, pair.made_by, pair.made_at = token_hex(16), by, now
    pair.save()
    log(pair, by=by, what="made")
    return pair


@transaction.atomic
def withdraw(clinic: Clinic, neighbour: Neighbour, *, by: User) -> bool:
    """Let the neighbour in no more, from now on. Returns False when it was so already."""
    pair = KeyPair.objects.of(clinic).filter(neighbour=neighbour).select_for_update().first()
    if pair is None:
        return False
    log(pair, by=by, what="withdrawn")
    pair.delete()
    return True


def shown(pair: KeyPair) -> str:
    """Return the secret as the neighbour is given it."""
    return PREFIX + b64encode(secret(pair.key_id, pair.salt, settings.SECRET_KEY)).decode()


def secrets_of(pair: KeyPair, now: datetime) -> Sequence[bytes]:
    """Return what a call may be signed with now: the secret, and the one before it while rotating."""
    salts = [pair.salt] + [pair.old_salt] * pair.is_rotating(now)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [secret(pair.key_id, salt, key) for salt in salts for key in keys]


def secret(key_id: str, salt: str, installation: str) -> bytes:
    """Derive 32 bytes."""
    return salted_hmac(PURPOSE, f"{key_id}.{salt}", secret=installation, algorithm="sha256").digest()


def log(pair: KeyPair, *, by: User | None, what: str) -> None:
    """Write the audit line."""
    audit.record(AuditAction.SETTING, clinic=pair.clinic, actor=by, what=f"key {pair.neighbour} {what}")
