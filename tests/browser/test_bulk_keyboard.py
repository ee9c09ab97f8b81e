"""Bulk sending by keyboard alone, without a script, and by hands faster than the server (spec G4, I)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.front_desk import MANAGER, FrontDesk, awake
from tests.browser.seed_bulk import CODE, PEOPLE
from tests.browser.test_keyboard import tab_to

pytestmark = [pytest.mark.browser]
WITH_MOBILE, ELECTRONIC = 4, 3  # of PEOPLE: can get an SMS; can get an e-contact


def list_of(page: Page, name: str) -> Locator:
    """Return one of the composer's two lists."""
    return page.get_by_role("group", name=name, exact=True)


def chosen(page: Page) -> Locator:
    """Return the rows of the left-hand list."""
    return list_of(page, "Mottakere").locator("tbody tr")


def first_tick(page: Page, name: str) -> Locator:
    """Return the first box of a list."""
    return list_of(page, name).get_by_role("checkbox").first


def find_everyone(page: Page) -> None:
    """Search the journal for those with the diagnosis."""
    page.goto("/pasienter/journalsok/")
    page.get_by_label("Diagnose (ICPC-2)").fill(CODE)
    page.get_by_role("form", name="Søkekriterier").get_by_role("button", name="Søk", exact=True).click()
    expect(page.get_by_role("heading", name=f"{len(PEOPLE)} treff")).to_be_visible()


def to_content(page: Page) -> None:
    """Skip the menus of a page that has just come."""
    awake(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hopp til hovedinnhold")).to_be_focused()
    page.keyboard.press("Enter")


def compose(page: Page) -> None:
    """Come to the composer with everyone found."""
    find_everyone(page)
    awake(page)
    page.locator("tr[data-id]").first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("v")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny masseutsendelse")
    awake(page)


@pytest.fixture(autouse=True)
def drafts_go(desk: FrontDesk) -> Iterator[None]:
    """Let no countdown end after the test: nobody shall get what is sent here."""
    yield
    desk.house.sql("UPDATE bulk_send_bulk SET release_at = now() + interval '1 day' WHERE state = 'countdown'")


def test_from_the_search_to_undo_by_keyboard_alone(desk: FrontDesk) -> None:
    """Tab, Ctrl+A, the menu key, arrows, Space, Enter; the type by arrow keys; send and undo (spec G4, I2, I4)."""
    page = desk.staff(MANAGER)
    page.goto("/pasienter/journalsok/")
    to_content(page)
    tab_to(page, "textbox", "Diagnose (ICPC-2)")
    page.keyboard.type(CODE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{len(PEOPLE)} treff")).to_be_visible()
    to_content(page)
    tab_to(page, "row", "Agnes Utsendt")
    page.keyboard.press("Control+a")
    expect(page.get_by_text(f"{len(PEOPLE)} markert", exact=True)).to_be_visible()
    page.keyboard.press("ContextMenu")
    expect(page.get_by_role("menuitem", name="Send pasientvarsel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny masseutsendelse")

    to_content(page)
    tab_to(page, "textbox", "Tekst")
    page.keyboard.type("Vi har nye telefontider.")
    tab_to(page, "combobox", "Formål")
    page.keyboard.type("Drift")
    tab_to(page, "checkbox", "Agnes Utsendt")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(chosen(page)).to_have_count(1)
    expect(chosen(page)).to_contain_text("Birger Utsendt")
    expect(list_of(page, "Alle tilgjengelige mottakere").locator("input:focus")).to_have_count(1)
    page.keyboard.press("Control+a")
    page.keyboard.press("Enter")
    expect(chosen(page)).to_have_count(WITH_MOBILE)

    tab_to(page, "radio", "SMS", "Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Emne")).to_be_visible()
    expect(page.get_by_role("radio", name="EP-kontakt")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Birger Utsendt")
    tab_to(page, "textbox", "Emne")
    page.keyboard.type("Nye telefontider")
    tab_to(page, "button", f"Send til {ELECTRONIC} mottakere")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Send EP-kontakt til {ELECTRONIC} mottakere?")
    to_content(page)
    tab_to(page, "checkbox", "Jeg har kontrollert mottakerne")
    page.keyboard.press("Space")
    tab_to(page, "button", "Send nå")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sendes straks")).to_be_visible()
    to_content(page)
    tab_to(page, "button", "Angre")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Utsendelsen er angret")).to_be_visible()
    expect(page.get_by_label("Emne")).to_have_value("Nye telefontider")


def test_the_whole_way_without_javascript(desk: FrontDesk) -> None:
    """Every step is a plain form: the marks, the type, the moves, the question, undoing (house style, CSS/JS)."""
    page = desk.fresh(java_script_enabled=False, storage_state=desk.state(MANAGER))
    find_everyone(page)
    page.get_by_role("radio", name="Alle treff, unntatt de med kryss").check()
    page.get_by_role("checkbox", name="Marker Gunn Utsendt").check()
    page.get_by_role("button", name="Send pasientvarsel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny masseutsendelse")
    expect(page.get_by_text("Gunn Utsendt")).to_have_count(0)

    page.get_by_role("group", name="Type").get_by_text("EP-kontakt").click()
    page.get_by_role("button", name="Bytt type").click()
    page.get_by_label("Emne").fill("Nye telefontider")
    page.get_by_label("Tekst").fill("Vi har nye telefontider.")
    page.get_by_label("Formål").select_option(label="Drift og åpningstider")
    page.get_by_role("checkbox", name="Agnes Utsendt").check()
    page.get_by_role("checkbox", name="Cathrine Utsendt").check()
    page.get_by_role("button", name="Legg til markerte").click()
    expect(chosen(page)).to_have_count(2)
    page.get_by_role("checkbox", name="Agnes Utsendt").check()
    page.get_by_role("button", name="Fjern markerte").click()
    expect(chosen(page)).to_have_count(1)
    page.get_by_role("button", name="Send til 1 mottaker").click()
    page.get_by_label("Jeg har kontrollert mottakerne").check()
    page.get_by_role("button", name="Send nå").click()
    expect(page.get_by_text("1 person varsles om")).to_be_visible()
    page.get_by_role("button", name="Angre").click()

    expect(page.get_by_text("Utsendelsen er angret")).to_be_visible()
    expect(page.get_by_label("Tekst")).to_have_value("Vi har nye telefontider.")


def test_what_is_done_while_the_server_answers_is_not_lost(desk: FrontDesk) -> None:
    """Typing, a mark, another type and a button meanwhile: all of it stands when the composer has been replaced."""
    page = desk.staff(MANAGER)
    compose(page)
    held: list[Route] = []
    page.route(re.compile("/kladd/$"), lambda route: held.append(route), times=1)
    page.get_by_role("checkbox", name="Agnes Utsendt").check()  # she can get both types
    with page.expect_request(re.compile("/kladd/$")):
        page.get_by_role("button", name="Legg til markerte").click()

    page.get_by_label("Tekst").fill("Skrevet imens")
    page.get_by_label("Formål").select_option(label="Annet")
    page.get_by_role("group", name="Type").get_by_text("EP-kontakt").click()
    held.pop().continue_()

    expect(page.get_by_label("Emne")).to_be_visible()
    expect(chosen(page)).to_have_count(1)
    expect(page.get_by_label("Tekst")).to_have_value("Skrevet imens")
    expect(page.get_by_label("Formål")).to_have_value("other")
    page.reload()
    expect(page.get_by_label("Tekst")).to_have_value("Skrevet imens")
