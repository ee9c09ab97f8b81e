"""A house of its own whose clock the walk moves, and the clinic's front desk in it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from clinic_notify.launcher import vapid_key
from tests.browser.conftest import chromium  # noqa: F401 - fixture
from tests.browser.front_desk import SECRETARY, FrontDesk
from tests.faults.house import ANSWER, House
from tests.rig import services, wait_for
from tests.walk.clock import MovedClock
from tests.walk.inside import Inside
from tests.walk.people import PEOPLE

OSLO = ZoneInfo("Europe/Oslo")
MONDAY = datetime(2027, 2, 1, 8, 0, tzinfo=OSLO)


class Walk(FrontDesk):
    """The front desk, with a clock to move and patients whose phones can be read."""

    def __init__(self, house: House, browser: Browser, known: dict[str, Any], clock: MovedClock) -> None:
        super().__init__(house, browser, known)
        self.clock = clock
        self.inside = Inside(house)

    def seconds(self) -> float:
        """The product's clock decides which code the second factor shows."""
        return self.clock.now().timestamp()

    def at_desk(self, email: str = SECRETARY) -> Page:
        """Return a page of someone at work: whoever has been away for days logs in again."""
        page = self.staff(email)
        page.goto("/")
        if "/konto/login/" in page.url:
            self.browsers.pop(email).close()
            page = self.staff(email)
        return page

    # --- Time -------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The clinic's wall clock."""
        return self.clock.now().astimezone(OSLO)

    def pass_time(self, **delta: float) -> None:
        """Let time pass, and the engine do what has become due."""
        self.clock.pass_time(**delta)
        self.settle()

    def move_to(self, moment: datetime) -> None:
        """Set the clock, never backwards, and let the engine do what has become due."""
        assert moment > self.clock.now()
        self.clock.move_to(moment)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing that is due waits: only then is «nothing came» worth saying."""
        due = "SELECT count(*) FROM notifications_notification WHERE state = 'waiting' AND due_at <= %s"
        moving = "SELECT count(*) FROM notifications_delivery WHERE state IN ('queued', 'sending')"
        wait_for(lambda: self.house.sql(due, [self.clock.now()]) == [(0,)] and self.house.sql(moving) == [(0,)])

    def sent(self) -> None:
        """Wait until every bulk whose thirty seconds have passed has been made, handed over and sent."""
        bulks = (
            "SELECT count(*) FROM bulk_send_bulk WHERE state = 'running' OR state = 'countdown' AND release_at <= %s"
        )
        letters = "SELECT count(*) FROM bulk_send_handover WHERE state IN ('queued', 'sending', 'unknown')"
        wait_for(lambda: self.house.sql(bulks, [self.clock.now()]) == [(0,)])
        wait_for(lambda: self.house.sql(letters) == [(0,)])
        self.settle()

    # --- Patients ---------------------------------------------------------------------------------------------------

    def sms(self, name: str) -> list[str]:
        """Return the SMS that have come to the patient."""
        return self.came(PEOPLE[name]["mobile"])

    def mails(self, name: str) -> list[str]:
        """Return the e-mails that have come to the patient."""
        return self.came(PEOPLE[name]["email"], "email")

    def shell(self, code: str) -> str:
        """Run a few lines inside the product: the patient's side, until the portal carries it."""
        return self.inside.run(code)

    def pushed(self, name: str) -> list[str]:
        """Return the pushes that have come to the patient's app."""
        return self.came(name, "push")

    def installs_app(self, name: str) -> None:
        """Let the patient log in, install the app and allow push."""
        body = json.dumps({"owner": name}).encode()
        request = urllib.request.Request(f"{self.house.sandbox_url}/push/subscriptions", body)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=ANSWER) as answer:
            made = json.load(answer)
        self.shell(
            "from patients.models import *\n"
            f"person = Patient.objects.get(pk={self.patient(name)}).person\n"
            "PortalAccount.objects.get_or_create(person=person)\n"
            f"PushSubscription.objects.create(person=person, endpoint={made['endpoint']!r}, "
            f"p256dh={made['p256dh']!r}, auth={made['auth']!r})"
        )

    def letters(self, name: str) -> list[str]:
        """Return the e-contacts that Helsenorge has taken for the patient."""
        number = "SELECT national_number FROM patients_person p JOIN patients_patient c ON c.person_id = p.id"
        [(known_by,)] = self.house.sql(f"{number} WHERE c.id = %s", [self.patient(name)])
        return self.came(known_by, "helsenorge")

    # --- The desk's work --------------------------------------------------------------------------------------------

    def book(self, page: Page, name: str, start: datetime, kind: str = "Kontroll") -> str:
        """Set up an appointment in the browser; returns its address."""
        local = start.astimezone(OSLO)
        page.goto(self.new_appointment(name, local.date(), f"{local:%H:%M}"))
        page.get_by_label("Timetype").select_option(label=kind)
        page.get_by_role("button", name="Sett opp").last.click()
        expect(page.get_by_text("Timen er satt opp")).to_be_visible()
        [(pk,)] = self.house.sql(
            "SELECT id FROM timebook_appointment WHERE patient_id = %s ORDER BY id DESC LIMIT 1", [self.patient(name)]
        )
        return f"/timebok/time/{pk}/"

    def change(self, page: Page, url: str, start: datetime) -> None:
        """Move the appointment in the browser."""
        local = start.astimezone(OSLO)
        page.goto(f"{url}endre/")
        page.get_by_role("textbox", name="Dato").fill(f"{local:%d.%m.%Y}")
        page.get_by_label("Start").fill(f"{local:%H:%M}")
        page.get_by_role("button", name="Lagre endringen").click()
        page.wait_for_url(f"**{url}")

    def cancel(self, page: Page, url: str) -> None:
        """Cancel the appointment in the browser."""
        page.goto(f"{url}avlys/")
        page.get_by_role("button", name="Avlys timen").click()
        page.wait_for_url(f"**{url}")
        expect(page.get_by_text("Avlyst").first).to_be_visible()

    def switch_type(self, page: Page, kind: str) -> None:
        """Turn the type's notices over in the browser, as the manager."""
        page.goto(f"/timetyper/{self.known['types'][kind]}/varsling/")
        page.get_by_role("button", name="Slå").click()
        page.wait_for_url("**/timetyper/")

    def write(self, page: Page, name: str, text: str) -> None:
        """Start a dialog in the browser."""
        page.goto(f"/post/ny/?pasient={self.patient(name)}")
        page.get_by_label("Emne").fill("Angående timen")
        page.get_by_role("textbox", name="Melding").fill(text)
        page.get_by_role("button", name="Send dialog").click()
        expect(page.get_by_text("Dialogen er sendt")).to_be_visible()

    def pay(self, page: Page, name: str) -> None:
        """Bill the patient and mark the card paid, in the browser."""
        page.goto(f"/pasienter/{self.patient(name)}/okonomi/")
        page.get_by_role("link", name="Nytt regningskort").click()
        page.get_by_label("Behandler").select_option(label="Bjørn Haugen")
        page.get_by_role("button", name="Lag kladd").click()
        page.get_by_label("Takst", exact=True).fill("2ad")
        page.get_by_role("button", name="Legg til takst").click()
        page.get_by_role("button", name="Klar til betaling").click()
        page.get_by_label("Betalingsmåte").select_option(label="Kontant")
        page.get_by_role("button", name="Marker betalt").click()
        expect(page.get_by_text("kvitteringen er laget")).to_be_visible()

    def set_modules(self, **switches: bool) -> None:
        """Let support switch modules, as Django admin would: in one save."""
        words = ", ".join(f"{name}={on}" for name, on in switches.items())
        code = "from clinics.models import Clinic\n"
        code += f"clinic = Clinic.objects.get(pk={self.known['clinic']})\n"
        code += f"[setattr(clinic, name, on) for name, on in dict({words}).items()]\nclinic.save()"
        self.shell(code)


@pytest.fixture(scope="package")
def walk(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Walk]:  # noqa: F811
    """The whole product on a Monday morning in 2027, with the demo clinic and the walk's patients."""
    folder = tmp_path_factory.mktemp("walk")
    clock = MovedClock(folder, MONDAY)
    with services() as (postgres, redis):
        house = House(postgres, redis, folder)
        house.env |= clock.env | {"TICK_SECONDS": "0.4", "LEASE_SECONDS": "60", "VAPID_PRIVATE_KEY": vapid_key()}
        house.env["BULK_UNDO_SECONDS"] = "30"  # as in production: it is the walk's clock that passes
        try:
            house.run("manage.py", "migrate", "--verbosity", "0")
            house.run("manage.py", "create_demo")
            known = house.run(
                "manage.py", "shell", "--verbosity", "0", "-c", "from tests.walk.seed import main; main()"
            )
            house.start_sandbox()
            house.start_worker()
            house.env["DEBUG"] = "0"
            house.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
            house.start_web()
            house.env["DEBUG"] = "1"
            made = Walk(house, chromium, json.loads(known), clock)
            yield made
            made.inside.close()
        finally:
            house.close()


@pytest.fixture(autouse=True)
def closed(walk: Walk) -> Iterator[None]:
    """Close every window after a sentence; the outside world behaves again."""
    yield
    walk.close()
    walk.all_behaves()


def days(count: float) -> timedelta:
    """So many days of 24 hours."""
    return timedelta(days=count)
