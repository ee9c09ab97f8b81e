"""Settings, fixtures and guards that every test shares."""

from __future__ import annotations

import os

import pytest
from django.db import connection


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """PostgreSQL's own tests run on PostgreSQL; the run on SQLite leaves them out by deselection, never by a skip."""
    if "sqlite" not in os.environ["DATABASE_URL"]:
        return
    kept = [item for item in items if not item.get_closest_marker("postgres")]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """Let the SQLite test database be flushed: only there does a flush run the append-only trigger."""
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            connection.cursor().execute("DROP TRIGGER audit_no_delete")
