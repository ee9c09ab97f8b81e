"""The main job without a single script: log in, find, set up, move, cancel (house style, CSS/JS)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.front_desk import CLINICIAN, FrontDesk, row

pytestmark = [pytest.mark.browser]


def test_main_job_works_without_javascript(desk: FrontDesk) -> None:
    """Every step is a link or a form (spec D2–D4)."""
    name, day = "Gerd Utne", desk.empty_day()
    page = desk.fresh(java_script_enabled=False)
    desk.log_in(page, CLINICIAN)

    page.get_by_role("searchbox", name="Søk pasient").fill("gerd ut")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Ny time").click()
    page.get_by_label("Timetype").select_option(label="Kontroll")
    page.get_by_label("Behandler").select_option(label="Bjørn Haugen")
    page.get_by_role("textbox", name="Dato").fill(f"{day:%d.%m.%Y}")
    page.get_by_label("Start").fill("14.00")
    page.get_by_role("button", name="Sett opp time").click()
    expect(page.get_by_text("Timen er satt opp")).to_be_visible()
    page.get_by_role("link", name=name).click()

    page.get_by_role("link", name="Flytt eller endre").click()
    page.get_by_label("Start").fill("14.30")
    page.get_by_role("button", name="Lagre endringen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("kl. 14.30–15.00")

    page.get_by_role("link", name="Avlys").click()
    page.get_by_role("button", name="Avlys timen").click()
    expect(row(page, "Avlyst time")).to_contain_text("Planlagt")
    page.get_by_role("button", name="Angre", exact=True).click()
    expect(page.get_by_text("Avlysningen er angret")).to_be_visible()


def test_patient_is_found_in_the_form_without_javascript(desk: FrontDesk) -> None:
    """«Finn» brings the hits back in the form, and what was typed is kept."""
    page = desk.fresh(java_script_enabled=False, storage_state=desk.state())
    page.goto("/timebok/ny/")

    page.get_by_label("Merknad").fill("Ringer på forhånd")
    page.get_by_role("textbox", name="Pasient", exact=True).fill("gerd")
    page.get_by_role("button", name="Finn").click()
    page.get_by_role("button", name="Gerd Utne").click()

    expect(page.get_by_role("button", name="Velg en annen")).to_be_visible()
    expect(page.get_by_label("Merknad")).to_have_value("Ringer på forhånd")


def test_method_and_log_work_without_javascript(desk: FrontDesk) -> None:
    """What saves by itself with script has a button without; the log unfolds by a link (spec B2, J1)."""
    page = desk.fresh(java_script_enabled=False, storage_state=desk.state())
    page.goto(desk.card("Aslaug Fjære"))

    page.get_by_role("combobox", name="Foretrukket varslingsmetode").select_option(label="E-post og SMS")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("Foretrukket varslingsmetode er lagret")).to_be_visible()
    page.get_by_role("button", name="Detaljer for Endring av time").first.click()

    expect(page.get_by_text("Endring av time: registrert").first).to_be_visible()
