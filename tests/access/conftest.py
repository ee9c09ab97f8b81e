"""Two clinics: the one people work at, and the other."""

from __future__ import annotations

import pytest

from tests.access.world import World, world


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
    """The clinic people work at."""
    return world()


@pytest.fixture
def elsewhere(here: World) -> World:
    """Another clinic, which they must never see."""
    return world()
