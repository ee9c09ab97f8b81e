"""Two patients of one clinic, and the first one's browser."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from tests.portal.visitors import Side, logged_in, side
from tests.sandbox.conftest import mailroom, open_mailroom, running_sandbox, sandbox  # noqa: F401 - fixtures
from tests.sandbox.running import Sandbox


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


@pytest.fixture
def provider(sandbox: Sandbox, settings: object, db: None) -> Sandbox:  # noqa: F811
    """The sandbox as the way to log in, known afresh."""
    cache.clear()
    settings.PUBLIC_BASE_URL = sandbox.callback_url  # type: ignore[attr-defined]
    client = {"client_id": "pasientvarsel", "client_secret": "sandkasse"}
    one = {"name": "sandkasse", "label": "sandkassens ID", "issuer": f"{sandbox.url}/oidc", **client}
    settings.OIDC_PROVIDERS = [one | {"acr": ["idporten-loa-high"]}]  # type: ignore[attr-defined]
    return sandbox
