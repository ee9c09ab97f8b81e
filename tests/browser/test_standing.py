"""Patients whom notices cannot reach, and patients who have not consented (spec B3, D12)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.front_desk import FrontDesk, reload_until, row

pytestmark = [pytest.mark.browser]


def test_patient_without_contact_can_be_set_up_knowingly(desk: FrontDesk) -> None:
    """The warning comes while one chooses, and the button says what will not happen (spec D12)."""
    name = "Unni Rustad"
    page = desk.staff()
    page.goto(desk.new_appointment(name, desk.empty_day()))
    expect(page.get_by_text("Pasientvarsel ikke mulig")).to_be_visible()
    expect(page.get_by_role("link", name="Legg til kontaktopplysninger")).to_be_visible()

    page.get_by_label("Timetype").select_option(label="Kontroll")
    page.get_by_role("button", name="Sett opp uten varsel").click()
    page.get_by_role("link", name=name).click()
    desk.five_minutes_pass(name)

    page.goto(desk.card(name))
    expect(page.get_by_text("Pasientvarsel ikke mulig.")).to_be_visible()
    reload_until(page, lambda page: row(page, "Bekreftelse på oppsatt time").get_by_text("Ikke mulig"))


def test_patient_without_consent_is_refused_and_nothing_typed_is_lost(desk: FrontDesk) -> None:
    """Told at the moment one tries, with the way out; once consent is recorded it works (spec B3, D12)."""
    name = "Trond Sletten"
    page, day = desk.staff(), desk.empty_day()
    page.goto(f"/timebok/ny/?dag={day}&kl=09:00&behandler={desk.known['practitioner']}")
    page.get_by_label("Timetype").select_option(label="Kontroll")
    page.get_by_label("Merknad").fill("Tar med røntgenbilder")
    page.get_by_label("Pasient", exact=True).fill("Trond S")
    page.get_by_role("button", name=name).click()

    expect(page.get_by_text("Timen kan ikke settes opp")).to_be_visible()
    expect(page.get_by_role("button", name="Sett opp time")).to_be_disabled()
    expect(page.get_by_label("Merknad")).to_have_value("Tar med røntgenbilder")
    expect(page.get_by_label("Start")).to_have_value("09:00")
    expect(page.get_by_label("Timetype").locator("option:checked")).to_have_text("Kontroll")

    page.get_by_role("link", name="Åpne pasientkortet").click()
    page.get_by_role("button", name="Registrer at samtykke er gitt").click()
    expect(page.get_by_role("listitem").filter(has_text="Samtykke gitt").filter(has_text="Kari Holm")).to_be_visible()
    desk.set_up(page, name)
