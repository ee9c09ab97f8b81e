"""The app on the phone: write, be told by a push, open what it is about, and be without a network (spec K4, C2, E4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Worker, expect

from tests.browser.front_desk import FrontDesk
from tests.browser.test_portal import PHONE, faults, log_in
from tests.faults.house import ANSWER
from tests.rig import wait_for

pytestmark = [pytest.mark.browser]
OWNER = "Appens eier"
# A browser under test has no push service of its own: the sandbox's makes the subscription.
SUBSCRIBE = "PushManager.prototype.subscribe = async () => ({{ toJSON: () => ({made}) }});"
# A browser without a screen lists no notices: what the worker shows and opens is noted as it asks for it.
NOTE = """() => {
  self.shown = [];
  const show = self.registration.showNotification.bind(self.registration);
  self.registration.showNotification = (title, options) => {
    self.shown.push({ title, ...options });
    return show(title, options);
  };
  self.clients.openWindow = async (url) => (self.opened = url);
  self.addEventListener("error", (event) => event.preventDefault()); // a made-up event cannot be waited for
}"""
CLICK = """() => {
  const notification = { data: self.shown[0].data, close() {} };
  self.dispatchEvent(Object.assign(new ExtendableEvent("notificationclick"), { notification }));
  return { ...self.shown[0], opened: self.opened };
}"""
KEPT = "async () => (await Promise.all((await caches.keys()).map(urls))).flat()"
URLS = "self.urls = async (name) => (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)"


def someone(desk: FrontDesk) -> str:
    """Return the national number of a patient of one clinic that has chosen no method for them (spec C2)."""
    rows = desk.house.sql(
        "SELECT p.national_number FROM patients_person p JOIN patients_patient c ON c.person_id = p.id"
        " JOIN clinics_clinic k ON k.id = c.clinic_id WHERE k.name = 'Fjordbyen legesenter' AND c.consent = 'given'"
        " AND c.preferred_method = '' AND c.email <> '' AND p.id IN"
        " (SELECT person_id FROM patients_patient GROUP BY person_id HAVING count(*) = 1) ORDER BY c.id LIMIT 1"
    )
    return str(rows[0][0])


def phone(desk: FrontDesk) -> Page:
    """Open a browser that allows notices when it is asked."""
    page = desk.fresh(viewport=PHONE, has_touch=True, permissions=["notifications"])
    made = requests.post(f"{desk.house.sandbox_url}/push/subscriptions", json={"owner": OWNER}, timeout=ANSWER).json()
    keys = {"endpoint": made["endpoint"], "keys": made["keys"]}
    page.context.add_init_script(SUBSCRIBE.format(made=json.dumps(keys)))
    return page


def deliver(page: Page, payload: dict[str, Any]) -> Worker:
    """Hand the browser a push as its push service would; return the worker once it shows."""
    tools, known = page.context.new_cdp_session(page), []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    wait_for(lambda: page.evaluate("1") and known)
    origin = page.evaluate("location.origin")
    push = {"origin": origin, "registrationId": known[-1]["registrationId"], "data": json.dumps(payload)}
    [worker] = page.context.service_workers
    worker.evaluate(NOTE)
    tools.send("ServiceWorker.deliverPushMessage", push)
    wait_for(lambda: worker.evaluate("self.shown.length"))
    return worker


def test_a_push_opens_the_dialog_that_was_answered(desk: FrontDesk) -> None:
    page, number = phone(desk), someone(desk)
    page.goto("/min/")
    log_in(page, number)
    page.get_by_role("region", name="Slå på varsler i appen").get_by_role("link").click()
    wrong = {"push": faults(page)}
    page.get_by_role("button", name="Slå på varsler").click()
    expect(page.get_by_text("Varsler er slått på i denne nettleseren.")).to_be_visible()
    expect(page.get_by_role("button", name="Fjern Chrome på")).to_be_visible()

    page.goto("/min/meldinger/")
    page.get_by_role("link", name="Skriv til klinikken").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("group", name="Rett")).to_be_focused()
    wrong["refused"] = faults(page)
    page.get_by_role("radio").first.check()
    page.get_by_label("Emne").fill("Kløe på appen")
    page.get_by_label("Melding", exact=True).fill("Hva nå?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Meldingen er sendt.")).to_be_visible()
    wrong["dialog"] = faults(page)
    page.get_by_role("button", name="Logg ut").click()
    page.wait_for_url("**/min/logget-ut/")

    staff = desk.staff()
    staff.goto("/post/?vis=alle")
    staff.get_by_role("row").filter(has_text="Kløe på appen").get_by_role("link").first.click()
    staff.get_by_role("textbox", name="Melding").fill("Smør den inn")
    staff.get_by_role("button", name="Send svar").click()
    expect(staff.get_by_text("Svaret er sendt")).to_be_visible()

    text = desk.wait_came(1, OWNER, "push")
    [told] = requests.get(f"{desk.house.sandbox_url}/messages", {"to": OWNER}, timeout=ANSWER).json()["messages"]
    worker = deliver(page, {"text": told["text"], "token": told["link"]})
    shown = worker.evaluate(CLICK)
    assert (shown["body"], shown["title"]) == (text, "Pasientportal")
    page.goto(shown["opened"])
    log_in(page, number)
    expect(page.get_by_text("Smør den inn")).to_be_visible()
    expect(page.get_by_role("button", name="Marker som lest")).to_have_count(0)
    seen = "SELECT read_by_patient_at IS NOT NULL FROM post_dialog WHERE subject = 'Kløe på appen'"
    assert desk.house.sql(seen) == [(True,)]

    worker.evaluate(URLS)
    kept = worker.evaluate(KEPT)
    assert {path for path in kept if not path.startswith("/static/")} == {"/min/uten-nett/", "/min/app/abonnement/"}
    page.context.set_offline(True)
    page.goto("/min/timer/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er uten nett")
    wrong["offline"] = faults(page)
    assert {name: what for name, what in wrong.items() if what} == {}
