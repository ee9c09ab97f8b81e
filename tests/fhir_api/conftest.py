"""A system that reads a clinic: it gets its token over HTTP and asks over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinics.models import Clinic
from fhir_api import clients
from fhir_api.codes import BASE
from fhir_api.models import ApiClient, Scope
from tests.factories import ClinicFactory, UserFactory


class System:
    """A client with its secret and the token it got."""

    def __init__(self, clinic: Clinic, scopes: Any = tuple(Scope.values)) -> None:
        self.http, self.token = Client(), ""
        self.row: ApiClient
        self.row, self.secret = clients.make(
            clinic, name="Kjernen", scopes=list(scopes), by=UserFactory(), now=timezone.now()
        )

    def ask_token(self, secret: str = "", **form: str) -> Any:
        """Ask for a token, as a form over TLS."""
        known = {"grant_type": "client_credentials", "client_id": self.row.client_id}
        known |= {"client_secret": secret or self.secret}
        return self.http.post("/fhir/oauth/token", known | form, secure=True)

    def get(self, path: str, **headers: str) -> Any:
        """Ask for a path below the base, or for an address of it."""
        return self.http.get(f"/fhir/r4/{path.removeprefix(f'{BASE}/')}", headers=self.headers(headers), secure=True)

    def post(self, path: str, form: Any, **headers: str) -> Any:
        """Post a search."""
        kind = "application/x-www-form-urlencoded"
        return self.http.post(f"/fhir/r4/{path}", urlencode(form), kind, headers=self.headers(headers), secure=True)

    def headers(self, more: dict[str, str]) -> dict[str, str]:
        """Return the token's header and others."""
        self.token = self.token or self.ask_token().json()["access_token"]
        return {"authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in more.items()
        }


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def one_minute() -> Iterator[None]:
    """Let all of a test be within one minute: the first call of a minute costs a query more than the next.

    Never ahead of the database's own clock, which writes when a card was changed.
    """
    with time_machine.travel(timezone.now().replace(second=0, microsecond=0)):
        yield


@pytest.fixture
def clinic(db: None) -> Clinic:
    return ClinicFactory()


@pytest.fixture
def system(clinic: Clinic) -> System:
    return System(clinic)
