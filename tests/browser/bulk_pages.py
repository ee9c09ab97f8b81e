"""The pages of bulk sending in every state, and how each is come to."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.front_desk import SECRETARY, FrontDesk
from tests.browser.places import Place
from tests.browser.seed_bulk import UNSENT


def change_type(page: Page, desk: FrontDesk) -> None:
    """Change the type, so that some fall out, and back after the page has been looked at."""
    page.get_by_role("group", name="Type").get_by_text("SMS").click()
    expect(page.get_by_label("Emne")).to_have_count(0)
    page.get_by_role("button", name="Legg til alle mulige").click()
    page.get_by_role("group", name="Type").get_by_text("EP-kontakt").click()
    expect(page.get_by_role("alert")).to_contain_text("flyttet tilbake")


def colleague_first(page: Page, desk: FrontDesk) -> None:
    """Save on top of a version that is gone."""
    page.get_by_label("Tekst").fill("Skrevet samtidig")
    page.evaluate("document.getElementById('version').value = 0")
    page.get_by_role("button", name="Lagre kladd").click()
    expect(page.get_by_role("alert")).to_contain_text("endret av en annen")


def too_long(page: Page, desk: FrontDesk) -> None:
    """Save a subject that is too long for the field."""
    page.evaluate("document.getElementById('id_subject').removeAttribute('maxlength')")
    page.get_by_label("Emne").fill("Svar " * 30)
    page.get_by_role("button", name="Lagre kladd").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def nobody_found(page: Page, desk: FrontDesk) -> None:
    """Search both lists for someone who is in none."""
    for name in ("Søk i mottakere", "Søk i tilgjengelige"):
        page.get_by_role("searchbox", name=name).press_sequentially("qqq")
    expect(page.get_by_text("Ingen passer søket")).to_be_visible()
    expect(page.get_by_text("Ingen mottakere passer søket")).to_be_visible()


def send_now(page: Page, desk: FrontDesk) -> None:
    """Press «Send nå» with nothing accepted."""
    page.get_by_role("button", name="Send nå").click()
    expect(page.get_by_role("alert")).to_contain_text("Ingenting er sendt")


BULK_PLACES = {
    "bulks": Place("/masseutsendelse/"),
    "bulks, none sent": Place("/masseutsendelse/", UNSENT),
    "bulks refused": Place("/masseutsendelse/", SECRETARY),
    "composer, SMS with warnings": Place("/masseutsendelse/{bulk_draft}/kladd/"),
    "composer, nobody moved": Place("/masseutsendelse/{bulk_empty}/kladd/"),
    "composer, nobody found": Place("/masseutsendelse/{bulk_draft}/kladd/", then=nobody_found),
    "composer, e-contact with warnings": Place("/masseutsendelse/{bulk_econtact}/kladd/"),
    "composer, some fell out": Place("/masseutsendelse/{bulk_changing}/kladd/", then=change_type),
    "composer after a colleague": Place("/masseutsendelse/{bulk_draft}/kladd/", then=colleague_first),
    "composer refused": Place("/masseutsendelse/{bulk_econtact}/kladd/", then=too_long),
    "confirming SMS": Place("/masseutsendelse/{bulk_draft}/bekreft/"),
    "confirming e-contact": Place("/masseutsendelse/{bulk_econtact}/bekreft/"),
    "confirming refused": Place("/masseutsendelse/{bulk_unready}/bekreft/", then=send_now),
    "bulk that can be undone": Place("/masseutsendelse/{bulk_countdown}/"),
    "bulk under way": Place("/masseutsendelse/{bulk_running}/"),
    "bulk that is done": Place("/masseutsendelse/{bulk_done}/"),
    "bulk narrowed to the not notified": Place("/masseutsendelse/{bulk_done}/?grunn=no_contact"),
    "bulk stopped": Place("/masseutsendelse/{bulk_stopped}/"),
}
