"""A clinic with a manager, and fresh rate limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinics.models import Clinic, Membership, Role, User
from tests.access.people import enrol, logged_in
from tests.factories import ClinicFactory, MembershipFactory, UserFactory


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    """Let static files come from their folders: tests run without collectstatic."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """Forget earlier attempts."""
    cache.clear()


@pytest.fixture
def clinic() -> Clinic:
    """The manager's clinic."""
    return ClinicFactory()


@pytest.fixture
def boss(clinic: Clinic) -> User:
    """The clinic's only manager."""
    user = UserFactory(first_name="Anne", last_name="Lie")
    MembershipFactory(clinic=clinic, role=Role.MANAGER, user=user)
    return enrol(user)


@pytest.fixture
def manager(boss: User) -> Client:
    """The manager's browser."""
    return logged_in(boss)


@pytest.fixture
def colleague(clinic: Clinic) -> Membership:
    """A secretary with a second factor."""
    row: Membership = MembershipFactory(clinic=clinic)
    enrol(row.user)
    return row


@pytest.fixture
def do(manager: Client) -> Callable[..., Any]:
    """Post to one of the pages, and follow to the answer."""

    def post(name: str, *args: int, **fields: object) -> Any:
        return manager.post(reverse(f"clinics:{name}", args=args), fields, follow=True)

    return post
