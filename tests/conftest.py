"""Settings, fixtures and guards that every test shares."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.db.backends.sqlite3.base import DatabaseOperations  # its own module cannot be imported first
from django.db.models.signals import post_init
from django.test import override_settings

HOMES = {"browser": "browser", "fault": "faults", "walk": "walk"}  # marker → the one folder `make test` looks in


# Time says nothing about a rule: a busy machine must not fail a test that draws its examples.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Let log-ins cost no second of processor time each."""
    with override_settings(PASSWORD_HASHERS=["tests.passwords.QuickHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def words_in_the_log() -> Iterator[None]:
    """Fail where an audit line is made that the manager's log cannot say in Norwegian (spec A7, J3)."""
    from clinics.models import AuditEvent  # noqa: PLC0415 - the apps are ready now
    from patients.audit_words import PROXY, REFUSED, STARTS, VIEWS, rest  # noqa: PLC0415

    def check(instance: Any, **_signal: Any) -> None:
        page = REFUSED.sub("", PROXY.sub("", instance.what))
        if instance.source in {"import", "admin"} or any(page.startswith(name) for name in VIEWS):
            return  # Norwegian already: counts of an import, names of the admin's fields
        start = STARTS.match(page)
        left = re.findall(r"[a-z_]{2,}", rest().sub("", page[start.end() :] if start else page))
        assert not left, f"patients.audit_words has no words for {left} in «{instance.what}»"

    post_init.connect(check, sender=AuditEvent)
    yield
    post_init.disconnect(check, sender=AuditEvent)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """PostgreSQL's own tests run on PostgreSQL; the run on SQLite leaves them out by deselection, never by a skip.

    Raises UsageError for a test that no run would find.
    """
    for item in items:
        if any(item.get_closest_marker(marker) and home not in item.path.parts for marker, home in HOMES.items()):
            raise pytest.UsageError(f"{item.nodeid} is marked for another folder")
    if "sqlite" not in os.environ["DATABASE_URL"]:
        return
    kept = [item for item in items if not item.get_closest_marker("postgres")]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Let the SQLite test database be flushed: only there does a flush run the triggers that refuse DELETE."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush_past_triggers)
        yield


emptied = DatabaseOperations.execute_sql_flush


def flush_past_triggers(operations: DatabaseOperations, sql_list: list[str]) -> None:
    """Take every trigger away, empty the tables, and put every trigger back."""
    with operations.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        emptied(operations, sql_list)
        for _name, sql in triggers:
            cursor.execute(sql)
