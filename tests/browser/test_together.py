"""Two colleagues at once, and what each role may change (spec A7, D1, D3)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.front_desk import CLINICIAN, MANAGER, SECRETARY, FrontDesk

pytestmark = [pytest.mark.browser]


def test_second_of_two_editors_sees_both_versions(desk: FrontDesk) -> None:
    """What was typed is neither lost nor saved over a colleague's change (spec D3)."""
    secretary, clinician = desk.staff(SECRETARY), desk.staff(CLINICIAN)
    address = desk.set_up(secretary, "Borghild Ness")
    for page in (secretary, clinician):
        page.goto(f"{address}endre/")
    secretary.get_by_label("Start").fill("11:00")
    secretary.get_by_role("button", name="Lagre endringen").click()
    expect(secretary.get_by_role("heading", level=1)).to_contain_text("kl. 11.00")

    clinician.get_by_label("Start").fill("12:00")
    clinician.get_by_role("button", name="Lagre endringen").click()

    expect(clinician.get_by_role("heading", level=1)).to_have_text("Timen er endret av en annen")
    difference = clinician.get_by_role("row").filter(has_text="Start")
    expect(difference).to_contain_text(re.compile(r"11[.:]00.*12[.:]00", re.DOTALL))
    expect(clinician.get_by_label("Start")).to_have_value("12:00")
    clinician.get_by_role("button", name="Lagre endringen").click()
    expect(clinician.get_by_role("heading", level=1)).to_contain_text("kl. 12.00")


def test_manager_switches_a_types_notices_off_and_on(desk: FrontDesk) -> None:
    """The switch says first what it will do (spec D1, D8, D9)."""
    page = desk.staff(MANAGER)
    page.goto("/timetyper/")
    line = page.get_by_role("row").filter(has_text="Blodprøve")

    for link, status in {"Slå av": "Av", "Slå på": "På"}.items():
        line.get_by_role("link", name=f"{link} varsling for Blodprøve").click()
        expect(page.get_by_text("bruker timetypen")).to_be_visible()
        page.get_by_role("button", name=f"{link} varsling").click()
        expect(line.locator(".st").first).to_have_text(status)


def test_secretary_has_no_way_to_switch_notices(desk: FrontDesk) -> None:
    """No entry in the menu, and the address is refused (spec A7)."""
    page = desk.staff(SECRETARY)
    page.goto("/")

    expect(page.get_by_role("link", name="Timebok", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Timetyper")).to_have_count(0)
    for path in ("/timetyper/", f"/timetyper/{desk.known['types']['Kontroll']}/varsling/", "/import/"):
        assert page.goto(path).status == 403
    expect(page.get_by_role("heading", level=1)).to_have_text("Du har ikke tilgang til denne siden")
