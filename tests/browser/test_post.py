"""Dialogs in a browser: by keyboard alone, without a script, and what is told while one writes (spec E1–E4)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.front_desk import CLINICIAN, FrontDesk, awake
from tests.browser.test_keyboard import tab_to

pytestmark = [pytest.mark.browser]
IMPORTANT = "Du har fått viktig informasjon"


def open_dialog(page: Page, name: str) -> None:
    """Go to the inbox and open the patient's dialog."""
    page.goto("/post/?vis=alle")
    page.get_by_role("link", name=name).click()
    awake(page)


def test_dialog_is_answered_by_keyboard_alone(desk: FrontDesk) -> None:
    """Tab to the list, arrows, Enter; Tab to the text, Tab to Send, Enter (ui/guide, Keyboard)."""
    page = desk.staff()
    page.goto("/post/")
    first = page.locator("[data-row]").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if first.evaluate("one => one === document.activeElement"):
            break
    target = page.get_by_role("link", name="Solveig Eide")
    for _ in range(page.locator("[data-row]").count()):
        if target.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    is_first = target.evaluate("one => one === document.querySelector('[data-row]')")
    for key in ("j", "k") if is_first else ("k", "j"):
        page.keyboard.press(key)
    expect(target).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Blodprøve")
    awake(page)
    tab_to(page, "textbox", "Melding")
    page.keyboard.type("Kom på tirsdag.")
    tab_to(page, "button", "Send svar")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Svaret er sendt")).to_be_visible()
    assert IMPORTANT in desk.wait_came(1, "+4742100019")
    assert "tirsdag" not in desk.wait_came(1, "+4742100019")


def test_opening_a_dialog_marks_it_read_and_typing_keeps_a_draft(desk: FrontDesk) -> None:
    """spec E3, E4: by itself, and what was typed is there after leaving the page."""
    page = desk.staff()
    open_dialog(page, "Randi Haug")

    expect(page.get_by_role("button", name="Marker som ulest")).to_be_visible()
    page.get_by_role("textbox", name="Melding").press_sequentially("Jeg skriver")
    expect(page.locator("#draft-state")).to_contain_text("Kladd lagret")
    page.goto("/")
    open_dialog(page, "Randi Haug")

    expect(page.get_by_role("textbox", name="Melding")).to_have_value("Jeg skriver")


def test_what_is_missing_is_told_while_writing_and_goes_when_it_is_mended(desk: FrontDesk) -> None:
    """spec E3: without loading the page anew."""
    page, patient = desk.staff(), desk.patient("Odd Kvam")
    open_dialog(page, "Odd Kvam")
    send = page.get_by_role("button", name="Send svar")
    expect(page.get_by_text("Pasientvarsel ikke mulig")).to_be_visible()
    expect(send).to_be_disabled()

    desk.house.sql("UPDATE patients_patient SET mobile = '+4742100022' WHERE id = %s", [patient])
    page.get_by_role("textbox", name="Melding").press_sequentially("Hei")

    expect(page.get_by_text("Pasientvarsel ikke mulig")).to_have_count(0)
    expect(send).to_be_enabled()
    expect(page.get_by_role("textbox", name="Melding")).to_be_focused()
    send.click()
    assert IMPORTANT in desk.wait_came(1, "+4742100022")


def test_dialog_is_handled_without_javascript(desk: FrontDesk) -> None:
    """Read, take, insert a template, attach, answer and close: links and forms alone."""
    page = desk.fresh(java_script_enabled=False, storage_state=desk.state(CLINICIAN))
    open_dialog(page, "Knut Loe")
    page.get_by_role("button", name="Marker som lest").click()
    expect(page.get_by_role("button", name="Marker som ulest")).to_be_visible()
    page.get_by_role("button", name="Ta dialogen").click()
    expect(page.get_by_role("definition").filter(has_text="Bjørn Haugen")).to_be_visible()

    page.get_by_label("Mal", exact=True).select_option(label="Resept fornyet")
    page.get_by_role("button", name="Sett inn mal").click()
    expect(page.get_by_role("textbox", name="Melding")).to_have_value("Resepten er fornyet og ligger på apoteket.")
    file = {"name": "resept.txt", "mimeType": "text/plain", "buffer": b"Hei"}
    page.get_by_label("Vedlegg").first.set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Legg ved").click()
    expect(page.get_by_role("button", name="Fjern resept.txt")).to_be_visible()
    page.get_by_role("button", name="Send svar").click()
    expect(page.get_by_text("Svaret er sendt")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="resept.txt").click()
    assert download.value.suggested_filename == "resept.txt"

    page.get_by_role("button", name="Avslutt").click()
    page.get_by_role("button", name="Angre", exact=True).click()
    expect(page.get_by_text("Dialogen er åpnet igjen")).to_be_visible()
    assert IMPORTANT in desk.wait_came(1, "+4742100020")
