"""Settings, fixtures and guards that every test shares."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-0123456789-0123456789-abcdef")
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")
os.environ.setdefault("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
os.environ.setdefault("TWILIO_AUTH_TOKEN", "test-token")
os.environ.setdefault("MAILGUN_API_KEY", "test-key")
os.environ.setdefault("MAILGUN_WEBHOOK_SIGNING_KEY", "test-signing-key")
os.environ.setdefault("ANYMAIL_WEBHOOK_SECRET", "hook:secret")
os.environ.setdefault("SANDBOX_URL", "http://127.0.0.1:9")
os.environ.setdefault("TWILIO_BASE_URL", "http://127.0.0.1:9")
os.environ.setdefault("MAILGUN_API_URL", "http://127.0.0.1:9/v3")
os.environ.setdefault("PUSH_BASE_URL", "http://127.0.0.1:9/push/")

os.environ.setdefault("ENGINE_HINTS", "0")

import pytest  # noqa: E402
from django.db import connection  # noqa: E402


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
