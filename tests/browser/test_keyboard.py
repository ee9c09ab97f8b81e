"""Everything by keyboard alone: search, set up, dialogs, menus, skip link (ui/guide, Keyboard)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.front_desk import FrontDesk, awake, reload_until, row, type_to_search

pytestmark = [pytest.mark.browser]
PATIENCE = 40  # presses of Tab before something counts as out of reach


def tab_to(page: Page, role: str, name: str, key: str = "Tab") -> None:
    """Press Tab, or Shift+Tab, until the control has the focus."""
    wanted = page.get_by_role(role, name=name)  # type: ignore[arg-type]
    for _ in range(PATIENCE):
        page.keyboard.press(key)
        if wanted.evaluate_all("found => found.includes(document.activeElement)"):
            return
    raise AssertionError(f"{name} is out of reach")


def test_appointment_is_set_up_by_keyboard_alone(desk: FrontDesk) -> None:
    """Ctrl+K, arrow, Enter, Tab to «Ny time», fill in, Enter (spec D2)."""
    name, day = "Ivar Tangen", desk.empty_day()
    page = desk.staff()
    page.goto("/")
    page.keyboard.press("Control+k")
    type_to_search(page, "ivar tan")
    expect(page.locator("#quick-results a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    awake(page)

    tab_to(page, "link", "Ny time")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Ny time")).to_be_visible()
    for label, keys in {"Timetype": "Kontroll", "Behandler": "Bjørn"}.items():
        tab_to(page, "combobox", label)
        page.keyboard.type(keys)
    for label, text in {"Dato": f"{day:%d.%m.%Y}", "Start": "09:00"}.items():
        tab_to(page, "textbox", label)
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
    page.keyboard.press("Enter")

    expect(page.get_by_text("Timen er satt opp")).to_be_visible()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_why_a_patient_got_nothing_is_found_out_by_keyboard_alone(desk: FrontDesk) -> None:
    """Ctrl+K, card, Varslinger, the row, «Hvorfor?»: the reason, and the smallest change that would do (spec J3)."""
    name = "Nils Ødegård"
    page = desk.staff()
    desk.set_up(page, name)
    desk.five_minutes_pass(name)
    page.goto(desk.card(name))
    reload_until(page, lambda page: row(page, "Bekreftelse på oppsatt time").get_by_text("Ikke mulig"))
    page.goto("/")

    page.keyboard.press("Control+k")
    type_to_search(page, "nils ode")
    expect(page.locator("#quick-results a").get_by_text("Kan ikke varsles")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    awake(page)
    tab_to(page, "link", "Varslinger")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Status og historikk")).to_be_visible()
    awake(page)
    tab_to(page, "button", "Detaljer for Bekreftelse på oppsatt time")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Hvorfor?").first).to_be_visible()
    tab_to(page, "link", "Hvorfor?")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Pasienten har verken gyldig e-post eller mobilnummer.")).to_be_visible()
    expect(page.get_by_text("Ville gått på SMS hvis mobilnummer var registrert.").first).to_be_visible()


def test_arrows_move_among_the_hits_and_escape_closes_them(desk: FrontDesk) -> None:
    """Down, down, up; Escape goes back to the field."""
    page = desk.staff()
    page.goto("/")
    page.keyboard.press("Control+k")
    type_to_search(page, "an")
    hits = page.locator("#quick-results a")
    expect(hits.nth(1)).to_be_visible()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(hits.nth(0)).to_be_focused()
    page.keyboard.press("Escape")

    expect(hits).to_have_count(0)
    expect(page.get_by_role("searchbox", name="Søk pasient")).to_be_focused()


def test_escape_closes_the_shortcuts_and_the_focus_returns(desk: FrontDesk) -> None:
    """The focus goes into the dialog, and back to what opened it."""
    page = desk.staff()
    page.goto("/")
    opener = page.get_by_role("button", name="Tastatursnarveier")
    dialog = page.get_by_role("dialog", name="Tastatursnarveier")

    opener.focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Lukk")).to_be_focused()
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_escape_closes_new_appointment_and_the_focus_returns(desk: FrontDesk) -> None:
    """The dialog that the server fills behaves as the others; its first field has the focus."""
    page = desk.staff()
    page.goto("/timebok/")
    opener = page.get_by_role("link", name="Ny time")

    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Pasient", exact=True)).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog", name="Ny time")).to_be_hidden()
    expect(opener).to_be_focused()


def test_escape_closes_the_users_menu(desk: FrontDesk) -> None:
    """The focus goes back to the menu's button."""
    page = desk.staff()
    page.goto("/")
    menu = page.get_by_label("Meny for Kari Holm")

    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Logg ut")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Logg ut")).to_be_hidden()
    expect(menu).to_be_focused()


def test_first_tab_skips_to_the_content(desk: FrontDesk) -> None:
    """The skip link shows when it has the focus, and leads past the menus."""
    page = desk.staff()
    page.goto("/timebok/")

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Hopp til hovedinnhold")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()


def test_focus_stays_with_the_form_that_opens_in_place(desk: FrontDesk) -> None:
    """«Endre» is replaced by the form, whose first field takes the focus over."""
    page = desk.staff()
    page.goto(desk.card("Hallvard Moe"))

    page.get_by_role("link", name="Endre mobilnummer").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("textbox", name="E-post")).to_be_focused()
