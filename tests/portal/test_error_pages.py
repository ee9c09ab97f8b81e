"""A page that cannot be shown speaks to the patient, and leads back to the portal, never to staff's log-in."""

from __future__ import annotations

import pytest
from django.test import Client

from portal import home_views
from tests.access.people import colleague
from tests.access.people import logged_in as staff
from tests.portal.visitors import Side

STAFFS = ("den du arbeider for nå", "Til oversikten", "brukerstøtte", "Rollen din")


def speaks_to_patients(page: str) -> bool:
    """Whether the page is the portal's: its own way back, and nothing that is said to staff."""
    return 'href="/min/"' in page and "Pasientportal" in page and not any(words in page for words in STAFFS)


@pytest.mark.parametrize("path", ["/min/timer/999999/", "/min/finnes-ikke/", "/v/"])
def test_what_is_not_there_is_told_in_the_portal(visitor: Client, path: str) -> None:
    answer = visitor.get(path)

    assert answer.status_code == 404
    assert speaks_to_patients(answer.content.decode())


def test_a_form_without_protection_is_refused_in_the_portal(mine: Side) -> None:
    answer = Client(enforce_csrf_checks=True).post("/min/logg-ut/")

    assert answer.status_code == 403
    assert speaks_to_patients(answer.content.decode())


def test_a_failure_is_told_in_the_portal(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.raise_request_exception = False
    monkeypatch.setattr(home_views, "TemplateResponse", None)

    answer = visitor.get("/min/")

    assert answer.status_code == 500
    assert speaks_to_patients(answer.content.decode())


def test_staff_are_told_as_before(mine: Side) -> None:
    answer = staff(colleague(mine.patient.clinic)).get("/timebok/time/999999/")

    assert answer.status_code == 404
    assert "den du arbeider for nå" in answer.content.decode()
