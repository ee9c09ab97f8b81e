"""Økonomi in a browser: pay by keyboard alone, bill without a script, and the receipt on paper (spec F1, F2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.front_desk import SECRETARY, FrontDesk, awake
from tests.browser.test_keyboard import tab_to

pytestmark = [pytest.mark.browser]
PAYER, BUYER = "Solfrid Egge", "Torunn Eide"


def test_a_card_is_found_and_marked_paid_by_keyboard_alone(desk: FrontDesk) -> None:
    """spec F2: Tab and Enter suffice, and the receipt is told of at once, without sum or takst (spec C4)."""
    page = desk.staff()
    page.goto("/")
    tab_to(page, "link", "Økonomi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Økonomi")
    awake(page)
    tab_to(page, "link", f"{desk.known['payers_card']} regningskort")
    page.keyboard.press("Enter")

    expect(page.get_by_role("combobox", name="Betalingsmåte")).to_be_focused()
    page.keyboard.type("Vipps")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Regningskortet er betalt, og kvitteringen er laget")).to_be_visible()
    text = desk.wait_came(1, "+4742100031")
    assert "kvittering" in text
    assert "660" not in text
    assert "2ad" not in text


def test_a_patient_is_billed_without_javascript(desk: FrontDesk) -> None:
    """spec F1: every step is a link or a form; words find the takst, and «Angre» brings a line back."""
    page = desk.fresh(java_script_enabled=False, storage_state=desk.state())
    page.goto(f"/pasienter/{desk.patient(BUYER)}/okonomi/")
    page.get_by_role("link", name="Nytt regningskort").click()
    page.get_by_label("Behandler").select_option(label="Bjørn Haugen")
    page.get_by_role("button", name="Lag kladd").click()

    page.get_by_label("Takst", exact=True).fill("2ad")
    page.get_by_role("button", name="Legg til takst").click()
    page.get_by_label("Takst", exact=True).fill("crp")
    page.get_by_role("button", name="Legg til takst").click()
    page.get_by_role("button", name="705k Immunologisk CRP-test").click()
    page.get_by_role("button", name="Fjern 705k").click()
    page.get_by_role("button", name="Angre", exact=True).click()
    expect(page.get_by_role("row", name="705k")).to_be_visible()

    page.get_by_role("button", name="Klar til betaling").click()
    page.get_by_label("Betalingsmåte").select_option(label="Kontant")
    page.get_by_role("button", name="Marker betalt").click()
    page.get_by_role("link", name="Vis kvittering").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Kvittering")
    expect(page.get_by_role("row", name="Sum")).to_contain_text("160,00 kr")


def test_a_takst_is_found_while_typing(desk: FrontDesk) -> None:
    """With scripts the hits come by themselves, and Enter on one adds it; the field has the focus again."""
    page = desk.staff(SECRETARY)
    desk.goto(page, "/okonomi/kort/{draft_card}/")
    expect(page.get_by_label("Takst", exact=True)).to_be_focused()

    page.keyboard.type("celletel")
    expect(page.get_by_role("button", name="706f Hematologisk")).to_be_visible()
    tab_to(page, "button", "706f Hematologisk")
    page.keyboard.press("Enter")

    expect(page.get_by_role("row", name="706f")).to_be_visible()
    expect(page.get_by_label("Takst", exact=True)).to_be_focused()


def test_the_receipt_on_paper_is_the_receipt_alone(desk: FrontDesk) -> None:
    """spec F2: printable, with specified prices; no menus and no buttons."""
    page = desk.staff(SECRETARY)
    desk.goto(page, "/okonomi/kvittering/{receipt}/")

    page.emulate_media(media="print")

    expect(page.get_by_role("row", name="2ad")).to_be_visible()
    expect(page.get_by_text("unntatt merverdiavgift")).to_be_visible()
    expect(page.get_by_role("navigation", name="Hovedmeny")).to_be_hidden()
    expect(page.get_by_role("button", name="Skriv ut")).to_be_hidden()


def test_the_receipt_is_readable_on_paper_for_those_who_work_in_the_dark(desk: FrontDesk) -> None:
    """Light letters on white paper would be no receipt."""
    page = desk.staff(SECRETARY)
    page.context.add_cookies([{"name": "utseende", "value": "dark", "url": desk.house.web_url}])
    try:
        desk.goto(page, "/okonomi/kvittering/{receipt}/")
        page.emulate_media(media="print")

        expect(page.locator("html")).to_have_attribute("data-color-scheme", "dark")
        for part in (page.get_by_role("cell", name="2ad"), page.get_by_role("heading", level=1)):
            expect(part).to_have_css("color", "rgb(0, 0, 0)")
    finally:
        page.context.clear_cookies(name="utseende")
