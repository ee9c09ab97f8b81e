"""Contact values and preferred method on the card (spec B1, B2, B5, C2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.front_desk import FrontDesk

pytestmark = [pytest.mark.browser]
LABELS = [
    "Ikke valgt (standard)",
    "E-post (SMS sendes dersom e-post ikke er mulig)",
    "SMS (E-post sendes dersom SMS ikke er mulig)",
    "E-post og SMS",
]


def test_refused_values_are_explained_at_their_fields_and_kept(desk: FrontDesk) -> None:
    """Both fields are wrong; both say so, and hold what was typed (spec B5)."""
    page = desk.staff()
    page.goto(desk.card("Hallvard Moe"))
    page.get_by_role("link", name="Endre e-post").click()
    page.get_by_role("textbox", name="E-post").fill("hallvard(at)example.com")
    page.get_by_role("textbox", name="Mobil").fill("12 34")

    page.get_by_role("button", name="Lagre").click()

    expect(page.get_by_role("group", name="Rett 2 feil før du går videre")).to_be_focused()
    for label, value in {"E-post": "hallvard(at)example.com", "Mobil": "12 34"}.items():
        field = page.get_by_role("textbox", name=label)
        expect(field).to_have_value(value)
        expect(field).to_have_attribute("aria-invalid", "true")
        described = (field.get_attribute("aria-describedby") or "").split()
        assert any(page.locator(f"#{key} .ds-validation-message").count() for key in described)


def test_new_number_is_shown_in_international_form(desk: FrontDesk) -> None:
    """Typed as people type it, shown with its country (spec B1, B5)."""
    page = desk.staff()
    page.goto(desk.card("Peder Aune"))

    page.get_by_role("link", name="Endre mobilnummer").click()
    page.get_by_role("textbox", name="Mobil").fill("42 10 09 13")
    page.get_by_role("button", name="Lagre").click()

    expect(page.get_by_text("Kontaktopplysninger er lagret")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="+47 42 10 09 13")).to_be_visible()


def test_preferred_method_is_saved_at_once_and_changes_the_route(desk: FrontDesk) -> None:
    """The very labels of B2; «Slik varsles pasienten nå» follows the choice (spec B2, C2)."""
    page = desk.staff()
    page.goto(desk.card("Yngve Solli"))
    method = page.get_by_role("combobox", name="Foretrukket varslingsmetode")
    route = page.get_by_role("region", name="Slik varsles pasienten nå").get_by_role("listitem")
    assert method.locator("option").all_text_contents() == LABELS
    expect(route).to_have_text(["1E-post", "2SMS hvis e-posten feiler"])

    method.select_option(label=LABELS[2])
    expect(route).to_have_text(["1SMS", "2E-post hvis SMS-en feiler"])
    expect(page.get_by_text("Foretrukket varslingsmetode er lagret")).to_be_visible()

    method.select_option(label=LABELS[3])
    expect(route).to_have_text(["1E-post og SMS"])
    expect(method.locator("option:checked")).to_have_text(LABELS[3])
    expect(page.get_by_text("av Kari Holm")).to_be_visible()
