"""How many histories are tried: 200, always the same, in `make test` (on SQLite; the first 30 on PostgreSQL too);
10,000 new ones in `make fuzz`.
"""

from __future__ import annotations

import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings

from notifications import reconcile, sending
from notifications.kinds import Channel
from tests.histories.house import House, RememberingProvider

SLOW_ON_PURPOSE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
COMMON = settings(stateful_step_count=22, deadline=None, database=None, suppress_health_check=SLOW_ON_PURPOSE)
# Not loaded as the profile of the whole run: other tests have settings of their own.
settings.register_profile(
    "histories", COMMON, max_examples=200 if connection.vendor == "sqlite" else 30, derandomize=True
)
settings.register_profile("fuzz", COMMON, max_examples=10_000, print_blob=True)


@pytest.fixture
def how_many() -> settings:
    """How histories are tried, by HYPOTHESIS_PROFILE."""
    return settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "histories"))


@pytest.fixture
def house(db: None, monkeypatch: pytest.MonkeyPatch) -> House:
    """Two clinics, with providers that remember what they took."""
    providers = {channel: RememberingProvider(channel, has_receipts=channel != Channel.PUSH) for channel in Channel}
    monkeypatch.setattr(sending, "provider_for", providers.__getitem__)
    monkeypatch.setattr(reconcile, "provider_for", providers.__getitem__)
    return House(providers)
