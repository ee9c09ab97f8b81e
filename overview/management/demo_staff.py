"""The demo clinics' staff, who log in with a known password and a known second factor."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group, Permission

from clinics.models import Clinic, Membership, Role, User

PASSWORD = "demo-passord-2026"  # nosec B105 - of demo clinics only
SUPPORT = "support@example.com"
PERIOD = 30  # seconds a code lasts
STAFF = (
    ("kari.holm@example.com", "Kari", "Holm", Role.SECRETARY),
    ("bjorn.haugen@example.com", "Bjørn", "Haugen", Role.CLINICIAN),
    ("anne.lie@example.com", "Anne", "Lie", Role.MANAGER),
)
SUPPORT_MODELS = ("clinic", "membership", "user")  # clinics, modules, grants and staff; no patients (spec A7)


def create(clinic: Clinic, other: Clinic) -> dict[str, User]:
    """Make the staff of the demo clinic; the manager works at the other clinic too. Returns e-mail → user."""
    users = {}
    for email, first, last, role in STAFF:
        users[email] = user(email, first, last)
        Membership.objects.get_or_create(clinic=clinic, user=users[email], defaults={"role": role})
    Membership.objects.get_or_create(clinic=other, user=users["anne.lie@example.com"], defaults={"role": Role.MANAGER})
    create_support()
    return users


def create_support() -> None:
    """Make the vendor's support user, who administers clinics and staff and sees no patients (spec A7)."""
    group, _ = Group.objects.get_or_create(name="Support")
    codes = [f"{verb}_{model}" for verb in ("add", "change", "view") for model in SUPPORT_MODELS]
    administered = Permission.objects.filter(content_type__app_label="clinics", codename__in=codes)
    pauses = Permission.objects.filter(content_type__app_label="notifications", codename="view_channelpause")
    group.permissions.set([*administered, *pauses])
    support = user(SUPPORT, "Siv", "Support", is_staff=True)
    support.groups.add(group)


def user(email: str, first: str, last: str, *, is_staff: bool = False) -> User:
    """Return the user, made with password and second factor when missing; one who exists keeps their own."""
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        found = User.objects.create_user(email, PASSWORD, first_name=first, last_name=last, is_staff=is_staff)
    if not Authenticator.objects.filter(user=found, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(found, secret_of(email))
    return found


def secret_of(email: str) -> str:
    """Return the user's fixed demo secret, in base32."""
    return base64.b32encode(hashlib.sha256(f"demo:{email}".encode()).digest()[:20]).decode()


def code_of(email: str) -> str:
    """Return the code that the authenticator app would show now."""
    return str(format_hotp_value(hotp_value(secret_of(email), int(time.time()) // PERIOD)))


def logins() -> Iterator[str]:
    """Yield a line for each user: e-mail, password, code now, secret for an authenticator app."""
    for email in [*(person[0] for person in STAFF), SUPPORT]:
        yield f"{email}  {PASSWORD}  {code_of(email)}  ({secret_of(email)})"
