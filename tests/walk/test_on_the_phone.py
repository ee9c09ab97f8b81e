"""One patient and one clinic, from the first SMS to the withdrawn consent: the patient uses nothing but a phone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.walk.conftest import OSLO, Walk, days
from tests.walk.people import LOGS_IN, PEOPLE

pytestmark = [pytest.mark.walk]
NAME = "Pia Telefon"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SECRET = "hemoroider"  # what the dialog says, and no message may
ADVICE, ANSWER, MORE = f"Prøven viser {SECRET}.", "Takk, jeg kommer innom.", "Ring oss gjerne i morgen."
NOT_POSSIBLE = "Pasientvarsel ikke mulig"


class Patient:
    """The patient's phone: messages on the sandbox's page, and a browser that opens what is tapped there."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.page = walk.fresh(**PHONE)
        person = {"name": NAME, "national_number": LOGS_IN[NAME], **PEOPLE[NAME]}
        requests.put(f"{walk.house.sandbox_url}/people", json=[person], timeout=60).raise_for_status()

    def newest(self, css: str) -> Locator:
        """Return the newest message of a kind on «Pasientens telefon»."""
        self.page.goto(f"{self.walk.house.sandbox_url}/phone?to={NAME}")
        return self.page.locator(css).first

    def tap(self, role: Any, name: str | re.Pattern[str]) -> None:
        """Tap something on the page."""
        self.page.get_by_role(role, name=name).tap()

    def log_in(self) -> None:
        """Log in at level 4, at the sandbox's provider."""
        self.tap("link", "Logg inn med sandkassens ID")
        self.page.get_by_label("Eller en person").select_option(LOGS_IN[NAME])
        self.tap("button", "Logg inn")

    def sees(self, title: str | re.Pattern[str]) -> None:
        """Wait for a page of the portal; the phone shows it without scrolling sideways."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def counts(self) -> tuple[int, int]:
        """Return how many SMS and e-mails have come."""
        return len(self.walk.sms(NAME)), len(self.mails())

    def mails(self) -> list[str]:
        """Return the e-mails that have come."""
        return self.walk.came(PEOPLE[NAME]["email"], "email")


def prefers(walk: Walk, staff: Page, label: str) -> None:
    """Let staff choose the patient's method on the card."""
    staff.goto(walk.card(NAME))
    staff.get_by_role("combobox", name="Foretrukket varslingsmetode").select_option(label=label)
    expect(staff.get_by_text("Foretrukket varslingsmetode er lagret")).to_be_visible()


def test_a_patient_does_it_all_on_the_phone(walk: Walk) -> None:
    """spec B1–B3, C2, C4, C5, D4, E2–E4, F2, K1–K3, in one go."""
    staff = walk.at_desk()
    prefers(walk, staff, "SMS (E-post sendes dersom SMS ikke er mulig)")
    patient = Patient(walk)
    dialog = reads_and_answers_a_dialog(walk, staff, patient)
    staff_see_what_was_answered_and_read(staff, dialog)
    prefers(walk, staff, "E-post (SMS sendes dersom e-post ikke er mulig)")
    finds_the_receipt(walk, staff, patient)
    calls_an_appointment_off(walk, staff, patient)
    removes_the_address_and_gets_sms(walk, staff, patient, dialog)
    withdraws_and_staff_are_stopped(walk, staff, patient, dialog)


def reads_and_answers_a_dialog(walk: Walk, staff: Page, patient: Patient) -> str:
    """The link in the SMS leads through log-in to the dialog at once; returns its address for staff."""
    walk.write(staff, NAME, ADVICE)
    walk.settle()
    sms = patient.newest(".s-bubble")
    expect(sms).to_contain_text("viktig informasjon")
    assert SECRET not in patient.page.content()
    sms.get_by_role("link").tap()
    expect(patient.page.get_by_text("innlogging på høyeste sikkerhetsnivå (nivå 4)")).to_be_visible()
    assert SECRET not in patient.page.content()
    patient.log_in()

    patient.sees("E-dialog")
    expect(patient.page.get_by_text(ADVICE)).to_be_visible()
    patient.page.get_by_label("Melding", exact=True).fill(ANSWER)
    patient.tap("button", "Send")
    expect(patient.page.get_by_text("Meldingen er sendt.")).to_be_visible()
    assert patient.counts() == (1, 0)  # their own message tells nobody
    [(pk,)] = walk.house.sql("SELECT id FROM post_dialog WHERE patient_id = %s", [walk.patient(NAME)])
    assert patient.page.url.partition("#")[0] == f"{walk.house.web_url}/min/meldinger/{pk}/"
    return f"/post/{pk}/"


def staff_see_what_was_answered_and_read(staff: Page, dialog: str) -> None:
    """The inbox has the answer as unread; the thread shows it, and that ours has been read (spec E4)."""
    staff.goto("/post/")
    staff.get_by_role("row").filter(has_text=NAME).get_by_role("link").first.click()
    staff.wait_for_url(f"**{dialog}*")
    expect(staff.get_by_text(ANSWER)).to_be_visible()
    expect(staff.get_by_role("listitem").filter(has_text=ADVICE).get_by_text(re.compile(r"Lest \d"))).to_be_visible()


def finds_the_receipt(walk: Walk, staff: Page, patient: Patient) -> None:
    """The link leads to Betaling; the receipt is there, as a page and as PDF (spec F2, C5)."""
    walk.pay(staff, NAME)
    walk.settle()
    assert patient.counts() == (1, 1)
    mail = patient.newest(".s-mail")
    expect(mail).to_contain_text("kvittering")
    expect(mail).not_to_contain_text("2ad")
    mail.get_by_role("link").first.tap()

    patient.sees("Betaling")
    patient.tap("link", re.compile("Bjørn Haugen"))
    patient.sees(re.compile("^Kvittering"))
    expect(patient.page.get_by_text("2ad")).to_be_visible()
    with patient.page.expect_download() as paper:
        patient.tap("link", "Last ned som PDF")
    assert paper.value.path().read_bytes().startswith(b"%PDF-")


def calls_an_appointment_off(walk: Walk, staff: Page, patient: Patient) -> None:
    """Five minutes after comes the notice that it is the patient who has (spec D4)."""
    start = (walk.now() + days(10)).astimezone(OSLO).replace(hour=17, minute=40, second=0, microsecond=0)
    walk.book(staff, NAME, start)
    walk.pass_time(minutes=6)
    patient.newest(".s-mail").get_by_role("link").first.tap()
    patient.sees("Timen din")
    patient.tap("link", "Avbestill")
    before = walk.now()  # reckoned from here, it may take its time to call it off
    patient.tap("button", "Avbestill timen")
    expect(patient.page.get_by_text("Timen er avbestilt.")).to_be_visible()
    after = walk.now()
    walk.move_to(before + timedelta(minutes=4, seconds=15))
    assert patient.counts() == (1, 2)

    walk.move_to(after + timedelta(minutes=5, seconds=1))

    assert patient.counts() == (1, 3)
    assert "avbestilt" in patient.mails()[-1].lower()


def removes_the_address_and_gets_sms(walk: Walk, staff: Page, patient: Patient, dialog: str) -> None:
    """What is preferred is no longer possible, so that the next notice takes the other way (spec B1, C2)."""
    patient.page.goto("/min/")
    patient.tap("link", "Profil")
    patient.page.get_by_role("main").get_by_role("link", name="E-post").tap()
    patient.tap("button", re.compile("^Fjern "))
    expect(patient.page.get_by_text("E-post er fjernet.")).to_be_visible()
    staff.goto(dialog)
    staff.get_by_role("textbox", name="Melding").fill(MORE)
    staff.get_by_role("button", name="Send svar").click()
    expect(staff.get_by_text("Svaret er sendt")).to_be_visible()
    walk.settle()

    assert patient.counts() == (2, 3)


def withdraws_and_staff_are_stopped(walk: Walk, staff: Page, patient: Patient, dialog: str) -> None:
    """Whoever was writing is stopped at Send, and keeps the text; whoever comes after is told at once (spec B3, E3)."""
    staff.goto(dialog)
    staff.get_by_role("textbox", name="Melding").fill(MORE)
    expect(staff.locator("#draft-state")).to_contain_text("Kladd lagret")
    patient.page.goto("/min/profil/")
    patient.page.get_by_role("region", name="Samtykke").get_by_role("link").tap()
    patient.tap("button", "Trekk samtykket")
    expect(patient.page.get_by_text("Samtykke trukket").first).to_be_visible()

    staff.get_by_role("button", name="Send svar").click()
    expect(staff.get_by_text(NOT_POSSIBLE).first).to_be_visible()
    staff.goto(dialog)
    expect(staff.get_by_text(NOT_POSSIBLE).first).to_be_visible()
    expect(staff.get_by_role("button", name="Send svar")).to_be_disabled()
    expect(staff.get_by_role("textbox", name="Melding")).to_have_value(MORE)
    walk.pass_time(minutes=6)
    assert patient.counts() == (2, 3)
    [(sent,)] = walk.house.sql("SELECT count(*) FROM post_message WHERE text = %s AND sent_at IS NOT NULL", [MORE])
    assert sent == 1
