"""A clinic where somebody works, seen through the test client."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from clinics.models import Role, User
from post.models import Dialog
from tests.access.people import colleague, logged_in
from tests.access.world import World, world
from tests.factories import KindSwitchFactory

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Oslo


@pytest.fixture(autouse=True)
def no_collected_files(settings: object) -> None:
    """Let static files come from their folders: tests run without collectstatic."""
    settings.WHITENOISE_AUTOREFRESH = True  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def own_files(settings: object, tmp_path: object) -> None:
    """Keep uploaded files in the test's own folder."""
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def here(db: None) -> World:
    """The clinic."""
    return world()


@pytest.fixture
def user(here: World) -> User:
    """The secretary."""
    return colleague(here.clinic)


@pytest.fixture
def secretary(user: User) -> Client:
    """The secretary's browser."""
    return logged_in(user)


@pytest.fixture
def manager(here: World) -> Client:
    """The manager's browser."""
    return logged_in(colleague(here.clinic, Role.MANAGER))


@pytest.fixture
def dialog(here: World) -> Dialog:
    """The clinic's own dialog; it uses e-dialog."""
    KindSwitchFactory(clinic=here.clinic)
    return here.dialog
