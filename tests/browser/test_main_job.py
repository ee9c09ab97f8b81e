"""The clinic's main job, as staff do it and the patient meets it: set up, move, cancel, undo (spec D2–D6, J1)."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.front_desk import FrontDesk, reload_until, row, type_to_search
from tests.rig import wait_for

pytestmark = [pytest.mark.browser]


def click_slot(page: Page, day: date, clock: str) -> None:
    """Click the day's column of the open timebook where the clock time begins."""
    column = page.locator(f"[data-slots*='{day}']")
    column.scroll_into_view_if_needed()
    first, rows = (int(column.get_attribute(name) or 0) for name in ("data-first-hour", "data-rows"))
    hour, minute = map(int, clock.split(":"))
    height = column.bounding_box()["height"]
    quarter = (hour - first) * 4 + minute // 15
    column.click(position={"x": 30, "y": (quarter + 0.5) * height / rows})


def test_log_in_asks_for_password_and_code(desk: FrontDesk) -> None:
    """Nothing is shown before the second factor (spec A7)."""
    page = desk.fresh()

    desk.log_in(page, "anne.lie@example.com")

    expect(page.get_by_role("navigation", name="Hovedmeny")).to_be_visible()


def test_search_by_keyboard_opens_the_card(desk: FrontDesk) -> None:
    """Ctrl+K, part of the name, Enter on the hit (spec G1)."""
    page = desk.staff()
    page.goto("/")

    page.keyboard.press("Control+k")
    type_to_search(page, "tuva hov")
    expect(page.locator("#quick-results").get_by_role("link", name="Tuva Hovland")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Tuva Hovland")


def test_empty_slot_opens_a_dialog_with_day_and_time_filled_in(desk: FrontDesk) -> None:
    """A click in the timebook says when and with whom (spec D14)."""
    page, day = desk.staff(), desk.empty_day()
    page.goto(f"/timebok/?dag={day}&behandler={desk.known['practitioner']}")

    click_slot(page, day, "10:15")
    dialog = page.get_by_role("dialog", name="Ny time")

    expect(dialog.get_by_label("Start")).to_have_value("10:15")
    expect(dialog.get_by_label("Dato")).to_have_value(re.compile(r"\d\d\.\d\d\.\d{4}"))
    expect(dialog.get_by_label("Behandler").locator("option:checked")).to_have_text("Bjørn Haugen")


def test_appointment_set_up_in_the_timebook_reaches_the_patient(desk: FrontDesk) -> None:
    """From the empty slot to «Levert» on the card, by way of the patient's phone (spec D2, J1)."""
    page, day = desk.staff(), desk.empty_day()
    page.goto(f"/timebok/?dag={day}&behandler={desk.known['practitioner']}")
    click_slot(page, day, "10:00")
    dialog = page.get_by_role("dialog", name="Ny time")
    dialog.get_by_label("Pasient", exact=True).fill("Tuva")
    dialog.get_by_role("button", name="Tuva Hovland").click()
    expect(dialog.get_by_role("button", name="Velg en annen")).to_be_visible()
    dialog.get_by_label("Timetype").select_option(label="Kontroll")
    dialog.get_by_label("Sted").select_option(label="Rom 1")
    dialog.get_by_role("button", name="Sett opp time").click()

    expect(page.get_by_role("status").get_by_text("Timen er satt opp")).to_be_visible()
    expect(page.get_by_role("link", name="Tuva Hovland")).to_be_visible()
    page.goto(desk.card("Tuva Hovland"))
    expect(row(page, "Bekreftelse på oppsatt time")).to_contain_text("Planlagt")
    expect(row(page, "Påminnelse om time")).to_contain_text("Planlagt")
    assert desk.came("+4742100001") == []

    desk.five_minutes_pass("Tuva Hovland")
    text = desk.wait_came(1, "+4742100001")
    assert text.startswith("Du har fått time ")
    assert "kl. 10.00 hos Bjørn Haugen, Fjordbyen legesenter" in text
    assert "Kontroll" not in text
    reload_until(page, lambda page: row(page, "Bekreftelse på oppsatt time").get_by_text("Levert"))
    expect(row(page, "Påminnelse om time")).to_contain_text("Planlagt")


def test_message_is_on_the_patients_phone_and_its_link_reveals_nothing(desk: FrontDesk) -> None:
    """The link asks for log-in at level 4, and names nobody (spec C5)."""
    name = "Sverre Nygård"
    desk.set_up(desk.staff(), name)
    desk.five_minutes_pass(name)
    desk.wait_came(1, "+4742100002")

    phone = desk.fresh()
    phone.goto(f"{desk.house.sandbox_url}/phone?to={quote('+4742100002')}")
    expect(phone.get_by_text("Du har fått time")).to_be_visible()
    link = phone.get_by_role("link").filter(has_text="/v/")
    phone.goto(link.get_attribute("href") or "")

    expect(phone.get_by_role("heading", name="Logg inn for å lese")).to_be_visible()
    page = phone.content()
    assert not [word for word in ("Sverre", "Nygård", "Haugen", "Fjordbyen", "Kontroll", "10.00") if word in page]


def test_history_row_unfolds_into_the_whole_story(desk: FrontDesk) -> None:
    """Who set it up, when it was handed over and when it arrived (spec J1)."""
    name = "Maja Lindqvist"
    page = desk.staff()
    desk.set_up(page, name)
    desk.five_minutes_pass(name)
    page.goto(desk.card(name))
    reload_until(page, lambda page: row(page, "Bekreftelse på oppsatt time").get_by_text("Levert"))
    expander = row(page, "Bekreftelse på oppsatt time").get_by_role("button", name="Detaljer")

    expander.click()

    story = page.locator(f"#{expander.get_attribute('aria-controls')}")
    expect(expander).to_have_attribute("aria-expanded", "true")
    for words in ("registrert av Kari Holm", "SMS lagt i kø til +4742100003", "SMS: forsøk 1", "SMS: Levert"):
        expect(story.get_by_text(words)).to_be_visible()


def test_moved_appointment_gives_a_change_by_email(desk: FrontDesk) -> None:
    """The patient is told the new time, in the e-mail that is first in line (spec C2, D3)."""
    name, address = "Eskil Brekke", "eskil.brekke@example.com"
    page = desk.staff()
    appointment = desk.set_up(page, name)
    desk.five_minutes_pass(name)
    desk.wait_came(1, address, "email")

    page.goto(appointment)
    page.get_by_role("link", name="Flytt eller endre").click()
    page.get_by_label("Start").fill("13.30")
    page.get_by_role("button", name="Lagre endringen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("kl. 13.30–14.00")
    expect(row(page, "Endring av time")).to_contain_text("Planlagt")
    desk.five_minutes_pass(name)

    text = desk.wait_came(2, address, "email")
    assert "13.30" in text
    reload_until(page, lambda page: row(page, "Endring av time").get_by_text("Levert"))
    assert desk.came("+4742100004") == []


def test_undone_cancellation_sends_nothing(desk: FrontDesk) -> None:
    """«Angre» within five minutes: the patient never hears of it (spec D5)."""
    name = "Oda Myklebust"
    page = desk.staff()
    desk.set_up(page, name)
    desk.five_minutes_pass(name)
    desk.wait_came(1, "+4742100005")

    page.get_by_role("link", name="Avlys").click()
    page.get_by_role("button", name="Avlys timen").click()
    expect(row(page, "Avlyst time")).to_contain_text("Planlagt")
    page.get_by_role("status").get_by_role("button", name="Angre").click()

    expect(page.get_by_role("status").get_by_text("Avlysningen er angret")).to_be_visible()
    expect(row(page, "Avlyst time")).to_contain_text("Erstattet")
    desk.five_minutes_pass(name)
    expect(row(page, "Påminnelse om time").first).to_contain_text("Planlagt")
    assert len(desk.came("+4742100005")) == 1


def test_cancellation_that_stands_is_sent(desk: FrontDesk) -> None:
    """Cancelled, undone and cancelled again: one message, «Avlyst time» (spec D4, D5)."""
    name = "Jostein Vik"
    page = desk.staff()
    desk.set_up(page, name)
    desk.five_minutes_pass(name)
    desk.wait_came(1, "+4742100006")
    for undo in (True, False):
        page.get_by_role("link", name="Avlys").click()
        page.get_by_role("button", name="Avlys timen").click()
        expect(page.get_by_role("status").get_by_text("Timen er avlyst")).to_be_visible()
        if undo:
            page.get_by_role("status").get_by_role("button", name="Angre").click()
            expect(page.get_by_role("status").get_by_text("Avlysningen er angret")).to_be_visible()

    desk.five_minutes_pass(name)

    assert "vlyst av klinikken" in desk.wait_came(2, "+4742100006")
    reload_until(page, lambda page: row(page, "Avlyst time").get_by_text("Levert"))
    wait_for(lambda: len(desk.came("+4742100006")) == 2)
