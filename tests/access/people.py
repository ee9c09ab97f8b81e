"""Who tries: staff in every role, support, someone without second factor; and a client that is logged in."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from clinics.models import Clinic, Role, User
from tests.factories import MembershipFactory, UserFactory

SECRET = "JBSWY3DPEHPK3PXP"
PERIOD = 30  # seconds a code lasts


def enrol(user: User) -> User:
    """Give the user a second factor."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": SECRET})
    return user


def code(secret: str = SECRET) -> str:
    """Return what the app shows now; the one before would be too old a moment later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD)))


def colleague(clinic: Clinic, role: str = Role.SECRETARY, **grants: bool) -> User:
    """Return someone who works at the clinic, with second factor."""
    return enrol(MembershipFactory(clinic=clinic, role=role, **grants).user)


def supporter() -> User:
    """Return one of the vendor's support people: no membership anywhere."""
    return enrol(UserFactory(is_staff=True, is_superuser=True))


def logged_in(user: User, **options: bool) -> Client:
    """Return a client with the user's session."""
    client = Client(**options)  # type: ignore[arg-type]
    client.force_login(user)
    return client
