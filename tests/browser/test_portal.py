"""A patient on the phone: log-in at level 4, every page of the portal, a new number by code, and out (spec K1–K3)."""

from __future__ import annotations

import re

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.front_desk import FrontDesk, awake
from tests.browser.test_every_page import ALL, INLINE, violations
from tests.faults.house import ANSWER
from tests.rig import wait_for

pytestmark = [pytest.mark.browser]
PHONE = {"width": 390, "height": 844}
NARROW, LEAST, LARGEST = 320, 44, 100_000  # pixels, pixels, bytes
NEW = "+4742100777"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """(least) => [...document.querySelectorAll("a, button, input, label:has(input)")]
  .filter((one) => !one.closest("p, .p-skip") && !one.matches("label input"))
  .filter((one) => one.type != "hidden" && !one.classList.contains("p-skip"))
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height])
  .filter(([, height]) => height && height < least)"""


def faults(page: Page) -> dict[str, object]:
    """Return what does not hold on the page: inline code, axe, width, small targets."""
    awake(page)
    page.evaluate(Axe().axe_script)
    page.set_viewport_size({**PHONE, "width": NARROW})
    found = {
        "inline": page.evaluate(INLINE),
        "axe": violations(page, ALL),
        "wide": page.evaluate(WIDE),
        "small": page.evaluate(SMALL, LEAST),
    }
    page.set_viewport_size(PHONE)
    return {claim: what for claim, what in found.items() if what}


def someone(desk: FrontDesk) -> str:
    """Return the national number of a demo patient who has an appointment ahead and a receipt."""
    rows = desk.house.sql(
        "SELECT p.national_number FROM patients_person p JOIN patients_patient c ON c.person_id = p.id"
        " JOIN timebook_appointment a ON a.patient_id = c.id AND a.status = 'booked' AND a.starts_at > now()"
        " JOIN economy_billingcard b ON b.patient_id = c.id JOIN economy_receipt r ON r.card_id = b.id"
        " WHERE c.consent = 'given' ORDER BY c.id LIMIT 1"
    )
    return str(rows[0][0])


def log_in(page: Page, number: str) -> None:
    """Log in at the sandbox's provider."""
    page.get_by_role("link", name="Logg inn med sandkassens ID").click()
    page.get_by_label("Fødselsnummer").fill(number)
    page.get_by_role("button", name="Logg inn").click()


def code_for(desk: FrontDesk, number: str) -> str:
    """Return the code in the newest SMS to the number."""
    listed = f"{desk.house.sandbox_url}/messages"
    wait_for(lambda: requests.get(listed, {"to": number}, timeout=ANSWER).json()["count"])
    text = requests.get(listed, {"to": number}, timeout=ANSWER).json()["messages"][-1]["text"]
    found = re.search(r"\b\d{6}\b", text)
    assert found
    return found[0]


def book_move_and_call_off(page: Page, wrong: dict[str, object]) -> None:
    """Book the first free time, move it to the next and call it off, looking at every page on the way."""
    page.goto("/min/timer/")
    page.get_by_role("link", name="Bestill time").click()
    wrong["types"] = faults(page)
    page.get_by_role("link", name="Kontroll").click()
    wrong["slots"] = faults(page)
    page.locator(".p-slots a").last.click()  # days ahead: it can be moved and called off
    wrong["slot"] = faults(page)
    page.get_by_role("button", name="Bestill timen").click()
    expect(page.get_by_text("Timen er bestilt.")).to_be_visible()
    wrong["appointment"] = faults(page)
    with page.expect_download() as entry:
        page.get_by_role("link", name="Legg i kalender").click()
    assert entry.value.suggested_filename == "time.ics"
    page.get_by_role("link", name="Flytt").click()
    wrong["move"] = faults(page)
    page.locator(".p-slots a").nth(-2).click()
    page.get_by_role("button", name="Flytt timen").click()
    expect(page.get_by_text("Timen er flyttet.")).to_be_visible()
    page.get_by_role("link", name="Avbestill").click()
    wrong["cancel"] = faults(page)
    page.get_by_role("button", name="Avbestill timen").click()
    expect(page.get_by_text("Timen er avbestilt.")).to_be_visible()
    wrong["called off"] = faults(page)
    page.goto("/min/timer/")
    wrong["appointments"] = faults(page)


def first_load(desk: FrontDesk, page: Page) -> float:
    """Return what the first page weighs on the wire, headers too, for a browser that has kept nothing. Bytes."""
    cold = desk.fresh(viewport=PHONE, storage_state=page.context.storage_state())
    weights: list[float] = []
    wire = cold.context.new_cdp_session(cold)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    cold.goto("/min/")
    cold.wait_for_load_state("networkidle")
    expect(cold.get_by_role("heading", name="Neste time")).to_be_visible()
    return sum(weights)


def leave_and_come_back(page: Page, wrong: dict[str, object]) -> None:
    """Write, close the tab and find it again; nothing is pressed."""
    tab = page.context.new_page()
    tab.goto("/min/meldinger/ny/")
    tab.get_by_label("Emne").fill("Utslett")
    tab.get_by_label("Melding").fill("Halvskrevet")
    expect(tab.get_by_text("Utkast lagret")).to_be_visible()
    tab.close()
    page.goto("/min/meldinger/")
    page.get_by_role("link", name="Fortsett på utkastet").click()
    expect(page.get_by_label("Melding")).to_have_value("Halvskrevet")
    expect(page.get_by_label("Emne")).to_have_value("Utslett")
    wrong["draft"] = faults(page)
    page.get_by_role("button", name="Slett utkast").click()
    expect(page.get_by_text("Utkastet er slettet.")).to_be_visible()
    expect(page.get_by_label("Melding")).to_have_value("")


def test_a_patient_on_the_phone(desk: FrontDesk) -> None:
    page, number = desk.fresh(viewport=PHONE, has_touch=True), someone(desk)
    page.goto("/min/timer/")
    wrong = {"log in": faults(page)}
    log_in(page, number)
    expect(page.get_by_role("heading", level=1)).to_have_text("Timer")
    size = first_load(desk, page)
    page.goto("/min/")
    expect(page.get_by_role("heading", name="Neste time")).to_be_visible()
    for path in ("", "timer/", "meldinger/", "betaling/", "profil/", "profil/epost/", "profil/innsyn/"):
        page.goto(f"/min/{path}")
        wrong[path or "home"] = faults(page)
    page.goto("/min/profil/")
    page.get_by_role("region", name="Samtykke").get_by_role("link").first.click()
    wrong["consent"] = faults(page)
    page.goto("/min/profil/sprak/")
    wrong["language"] = faults(page)
    page.get_by_label("Davvisámegiella").check()
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("Giella lea rievdaduvvon.")).to_be_visible()
    wrong["profile in Sámi"] = faults(page)
    page.goto("/min/profil/sprak/")
    page.get_by_label("Bokmål").check()
    page.get_by_role("button", name="Vurke").click()

    page.goto("/min/")
    where_receipts_are = page.get_by_role("button", name="Fjordbyen legesenter")
    if where_receipts_are.count():  # the card of the other clinic stood first
        where_receipts_are.click()
    book_move_and_call_off(page, wrong)
    leave_and_come_back(page, wrong)
    page.goto("/min/betaling/alt/")
    wrong["all paid"] = faults(page)
    page.locator("a[href*='/kvittering/']").first.click()
    wrong["receipt"] = faults(page)

    page.goto("/min/profil/mobil/")
    page.get_by_label("Nytt mobilnummer").fill("22")
    page.get_by_role("button", name="Send kode").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()
    wrong["refused"] = faults(page)
    page.get_by_label("Nytt mobilnummer").fill(NEW)
    page.get_by_role("button", name="Send kode").click()
    wrong["code"] = faults(page)
    page.get_by_label("Koden på seks siffer").fill(code_for(desk, NEW))
    page.get_by_role("button", name="Bekreft").click()
    expect(page.get_by_text("Mobil er endret.")).to_be_visible()
    expect(page.get_by_text("+47 42 10 07 77")).to_be_visible()

    page.get_by_role("button", name="Logg ut").click()
    page.wait_for_url("**/min/logget-ut/")
    wrong["logged out"] = faults(page)
    page.goto("/min/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Logg inn")
    assert {name: what for name, what in wrong.items() if what} == {}
    assert 0 < size < LARGEST
