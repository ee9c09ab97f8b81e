"""The engine's frozen world, with appointments in it, and a log-in that looks at it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.access.people import colleague, logged_in
from tests.timebook.conftest import (  # noqa: F401 - fixtures
    cancel,
    change,
    clinic,
    clock,
    email,
    kari,
    kind,
    move,
    pass_time,
    promise,
    providers,
    push,
    set_up,
    sms,
    staff,
    told,
    told_of,
)


@pytest.fixture
def secretary(clinic: object, clock: object, settings: object) -> Client:  # noqa: F811
    """The secretary's browser."""
    settings.WHITENOISE_AUTOREFRESH = True
    return logged_in(colleague(clinic))
