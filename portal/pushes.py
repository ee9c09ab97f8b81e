"""Which browsers a person's pushes go to: added, renewed and removed by the person alone (spec K3, K4; threat 24)."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction
from notifications.providers.push import endpoint_allowed
from patients.models import Patient, Person, PushSubscription

MOST = 10  # browsers of one person
POINT = 65  # bytes of a subscription's `p256dh`
SECRET = 16  # bytes of a subscription's `auth`


class Given(NamedTuple):
    """A subscription as the browser made it."""

    endpoint: str
    p256dh: str
    auth: str


@transaction.atomic
def add(person: Person, given: Given, *, device: str, now: datetime) -> PushSubscription:
    """Send pushes there from now on; of more than ten the oldest goes.

    A browser that another person used is theirs no longer: the pushes would show to whoever uses it now.
    Raises ValidationError for an endpoint that is no known push service's, or keys no browser makes.
    """
    check(given)
    Person.objects.select_for_update().get(pk=person.pk)
    fresh = {"person": person, "p256dh": given.p256dh, "auth": given.auth, "device": device, "created_at": now}
    row, _made = PushSubscription.objects.update_or_create(endpoint=given.endpoint, defaults=fresh)
    kept = person.subscriptions.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MOST]
    person.subscriptions.exclude(pk__in=list(kept)).delete()
    log(person, "push on")
    return row


@transaction.atomic
def remove(person: Person, pk: int | None = None) -> int:
    """Send nothing to one of the person's browsers any more, or to none of them. Returns how many there were."""
    rows = person.subscriptions.all() if pk is None else person.subscriptions.filter(pk=pk)
    count, _by_model = rows.delete()
    if count:
        log(person, "push off")
    return int(count)


@transaction.atomic
def renew(old: Given, fresh: Given) -> bool:
    """Put the subscription that the browser has made anew in the old one's place, for the same person.

    The browser does it by itself, when nobody may be logged in: what it proves itself by is the old one's secrets.
    Returns whether the old one was known. Raises ValidationError as `add` does.
    """
    row = PushSubscription.objects.select_for_update().filter(endpoint=old.endpoint).first()
    same = row and hmac.compare_digest(f"{row.p256dh} {row.auth}".encode(), f"{old.p256dh} {old.auth}".encode())
    if row is None or not same:
        return False
    check(fresh)
    PushSubscription.objects.filter(endpoint=fresh.endpoint).exclude(pk=row.pk).delete()
    row.endpoint, row.p256dh, row.auth = fresh
    row.save(update_fields=["endpoint", "p256dh", "auth"])
    return True


def check(given: Given) -> None:
    """Raise ValidationError for what no push may be sent to."""
    if not endpoint_allowed(given.endpoint):
        raise ValidationError(_("Nettleserens varslingstjeneste er ikke en vi kjenner."))
    try:
        point = decoded(given.p256dh)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        is_whole = (len(point), len(decoded(given.auth))) == (POINT, SECRET)
    except (ValueError, binascii.Error):
        is_whole = False
    if not is_whole:
        raise ValidationError(_("Nettleseren ga ikke det som trengs for å sende varsler."))


def decoded(text: str) -> bytes:
    """Return the bytes of base64url without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def log(person: Person, what: str) -> None:
    """Write the audit line on each of the person's own cards."""
    for card in Patient.objects.filter(person=person).select_related("clinic"):
        audit.record(
            AuditAction.CONTACT, clinic=card.clinic, actor=None, patient_id=card.pk, what=what, source="portal"
        )
