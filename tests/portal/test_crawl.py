"""Two patients and every URL of the portal: nothing of one ever shows to the other (spec K2, threats 1, 2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.gate import PATIENT
from tests.access.people import colleague
from tests.access.people import logged_in as staff_logged_in
from tests.access.test_crawl import Faults
from tests.access.world import Page, rows, urls
from tests.portal.visitors import ROWS, Side

pytestmark = [pytest.mark.postgres]  # gates do not depend on the database: crawling once is enough
PAGES = [page for page in urls() if page.right == PATIENT]


def address(page: Page, side: Side) -> str:
    """Return the address of the side's own row."""
    return reverse(page.name, kwargs=ROWS[page.name](side)) if page.kwargs else reverse(page.name)


def content(response: Any) -> str:
    """Return the answer's text and headers."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode(errors="replace") + str(response.headers)


def unseen(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what only notes that somebody was there."""
    return {label: lines for label, lines in found.items() if not label.startswith("portal.")}


def test_every_url_is_registered(mine: Side) -> None:
    assert [page.name for page in PAGES if page.kwargs and page.name not in ROWS] == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_of_one_patient_shows_to_another(method: str, visitor: Client, mine: Side, theirs: Side) -> None:
    """Another's row is as unknown as one that does not exist, and stays as it is; one's own is found."""
    faults, before = Faults(), unseen(rows())
    for page in PAGES:
        with faults.at(page):
            response = getattr(visitor, method)(address(page, theirs))
            assert theirs.secret not in content(response)
            if page.kwargs:
                assert response.status_code in {404, 405}
                assert unseen(rows()) == before
        with faults.at(page):
            assert getattr(visitor, method)(address(page, mine)).status_code != 404
    assert not faults, "\n".join(faults)


def test_looking_changes_nothing(visitor: Client, mine: Side) -> None:
    """No GET has side effects (threat 9), nothing is kept by browsers, and no page of mine is missing (threat 25)."""
    faults, before = Faults(), unseen(rows())
    for page in PAGES:
        with faults.at(page):
            response = visitor.get(address(page, mine))
            assert response.status_code in {200, 302, 405}
            assert "no-store" in response["Cache-Control"]
            assert unseen(rows()) == before
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("who", ["stranger", "staff"])
def test_without_level_4_there_is_only_log_in(who: str, mine: Side) -> None:
    """spec K1: nothing is shown before, and staff's log-in is none here."""
    client = Client() if who == "stranger" else staff_logged_in(colleague(mine.patient.clinic))
    faults = Faults()
    for page in PAGES:
        for method in ("get", "post"):
            with faults.at(page):
                response = getattr(client, method)(address(page, mine))
                assert response.status_code in {302, 405}  # 405 says nothing of anything
                assert response.get("Location", reverse("portal:log_in")).startswith(reverse("portal:log_in"))
                assert mine.secret not in content(response)
    assert not faults, "\n".join(faults)
