"""The pages on which a clinic lets others in: proxies, systems over FHIR, neighbours, calendar programs."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.front_desk import CLINICIAN, SECRETARY, FrontDesk
from tests.browser.places import PATIENT, Place


def refused_contact(page: Page, desk: FrontDesk) -> None:
    """Let the notices go to nowhere."""
    page.get_by_role("button", name="La varslene gå hit").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def refused_client(page: Page, desk: FrontDesk) -> None:
    """Let a system in that has no name and may read nothing."""
    page.get_by_role("button", name="Lag tilgang").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def make_client(page: Page, desk: FrontDesk) -> None:
    """Let a system in; its secret shows once."""
    page.get_by_label("Navn på systemet").fill("Forskning AS")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Lag tilgang").click()
    expect(page.get_by_role("textbox", name="Hemmelighet")).to_be_visible()


def make_address(page: Page, desk: FrontDesk) -> None:
    """Make an address for a calendar program; it shows once."""
    page.get_by_role("main").get_by_role("button", name="adresse").click()
    expect(page.get_by_role("textbox", name="Adresse")).to_be_visible()


SHARING_PLACES = {
    "a card's proxy": Place("/pasienter/{proxys_patient}/fullmakter/"),
    "a proxy's notices": Place("/pasienter/fullmakter/{proxy}/varsler/", then=refused_contact),
    "systems over FHIR": Place("/integrasjoner-fhir/"),
    "new system over FHIR": Place("/integrasjoner-fhir/ny/", then=refused_client),
    "a system's secret": Place("/integrasjoner-fhir/ny/", then=make_client),
    "withdrawing a system": Place("/integrasjoner-fhir/{fhir_client}/trekk/"),
    "withdrawing an integration": Place("/integrasjoner/digicare/trekk/"),
    "my calendar": Place("/timebok/min-kalender/", CLINICIAN),
    "my calendar's address": Place("/timebok/min-kalender/", CLINICIAN, make_address),
    "my calendar for who has no book": Place("/timebok/min-kalender/", SECRETARY),
    "not found in the portal": Place("/min/finnes-ikke/", PATIENT, has_dark=False),
}
