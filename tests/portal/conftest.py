"""Two patients of one clinic, and the first one's browser."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.portal.visitors import Side, logged_in, side


@pytest.fixture(autouse=True)
def own_files(settings: object, tmp_path: object) -> None:
    """Keep uploaded files in the test's own folder, and let static files come from theirs."""
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    settings.WHITENOISE_AUTOREFRESH = True  # type: ignore[attr-defined]


@pytest.fixture
def mine(db: None) -> Side:
    """The one who is logged in."""
    return side("Egenhest")


@pytest.fixture
def theirs(mine: Side) -> Side:
    """Another patient of the same clinic."""
    return side("Fremmedugle", mine.patient.clinic)


@pytest.fixture
def visitor(mine: Side) -> Client:
    """The first one's browser."""
    return logged_in(mine.person)
