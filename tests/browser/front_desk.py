"""The running product as staff and patients meet it: log-ins, cards, time that passes, what came on the phone."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect

from overview.management.demo_staff import PASSWORD, PERIOD, secret_of
from tests.browser.watch import Watch
from tests.faults.house import ANSWER, House
from tests.rig import wait_for

SECRETARY, CLINICIAN, MANAGER = "kari.holm@example.com", "bjorn.haugen@example.com", "anne.lie@example.com"
SUPPORT = "support@example.com"
BOOKED_WEEKS = 3  # the demo fills this week and the next: every day from here on is empty


class FrontDesk:
    """Staff at the demo clinic, each with a browser of their own."""

    def __init__(self, house: House, browser: Browser, known: dict[str, Any]) -> None:
        self.house, self.browser, self.known = house, browser, known
        self.browsers: dict[str, BrowserContext] = {}  # by e-mail: each colleague logs in once
        self.windows: dict[str, Page] = {}  # by e-mail: stay open from test to test
        self.last_code: dict[str, int] = {}
        self.days = 0
        self.watch = Watch()
        self.contexts: list[BrowserContext] = []

    # --- Browsers ---------------------------------------------------------------------------------------------------

    def fresh(self, **options: Any) -> Page:
        """Open a browser that has never been here."""
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "nb-NO", **options}
        context = self.browser.new_context(base_url=self.house.web_url, reduced_motion="reduce", **options)
        context.set_default_timeout(60_000)
        self.watch.over(context)
        self.contexts.append(context)
        return context.new_page()

    def staff(self, email: str = SECRETARY) -> Page:
        """Open a window of the colleague's own browser, in which they are logged in."""
        if email not in self.browsers:
            page = self.fresh()
            self.log_in(page, email)
            self.browsers[email] = page.context
            self.contexts.remove(page.context)
            return page
        return self.browsers[email].new_page()

    def kept(self, email: str) -> Page:
        """Return the colleague's window that stays open: going on in it is cheaper than opening one for each page."""
        if email not in self.windows:
            self.windows[email] = self.staff(email)
        return self.windows[email]

    def close_kept(self) -> None:
        """Close the windows that stay open."""
        while self.windows:
            self.windows.popitem()[1].close()

    def state(self, email: str = SECRETARY) -> Any:
        """Return the cookies of a colleague who is logged in, for a browser of another kind."""
        return self.staff(email).context.storage_state()

    def log_in(self, page: Page, email: str) -> None:
        """Give password and code."""
        page.goto("/")
        page.get_by_label("E-post").fill(email)
        page.get_by_label("Passord").fill(PASSWORD)
        page.get_by_role("button", name="Gå videre").click()
        page.get_by_label("Kode").fill(self.code(email))
        page.get_by_role("button", name="Logg inn").click()
        if email == SUPPORT:  # sees no clinic, only the admin
            page.wait_for_load_state()
        else:
            expect(page.get_by_role("heading", level=1)).to_have_text("Oversikt")

    def code(self, email: str) -> str:
        """Return a code that has not been used; the next one is accepted too, so two log-ins need no wait."""
        self.last_code[email] = max(int(self.seconds()) // PERIOD, self.last_code.get(email, 0) + 1)
        return str(format_hotp_value(hotp_value(secret_of(email), self.last_code[email])))

    def seconds(self) -> float:
        """The time that the second factor goes by, in seconds since 1970."""
        return time.time()

    def goto(self, page: Page, path: str) -> None:
        """Go to an address with the ids of this clinic filled in."""
        types, patients = self.known["types"], self.known["patients"]
        page.goto(
            path.format(
                **{name: value for name, value in self.known.items() if isinstance(value, int)},
                patient=patients["Aslaug Fjære"],
                unreachable=patients["Unni Rustad"],
                type=types["Kontroll"],
                next_week=date.today() + timedelta(weeks=1),
                sandbox=self.house.sandbox_url,
            )
        )

    def close(self) -> None:
        """Close every window but those that are kept; colleagues stay logged in."""
        for context in self.browsers.values():
            for page in set(context.pages) - set(self.windows.values()):
                page.close()
        while self.contexts:
            self.contexts.pop().close()

    # --- Cards and days ---------------------------------------------------------------------------------------------

    def patient(self, name: str) -> int:
        """Return the card's number."""
        return int(self.known["patients"][name])

    def card(self, name: str) -> str:
        """Return the address of the card's tab Varslinger."""
        return f"/pasienter/{self.patient(name)}/varslinger/"

    def empty_day(self) -> date:
        """Return a working day on which nobody has anything, another each time."""
        today = date.today()
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=BOOKED_WEEKS)
        self.days += 1
        weeks, weekday = divmod(self.days - 1, 5)
        return monday + timedelta(weeks=weeks, days=weekday)

    def new_appointment(self, name: str, day: date, clock: str = "10:00") -> str:
        """Return the address of «Ny time» with everything but the type filled in."""
        asked = {"pasient": self.patient(name), "dag": day, "kl": clock, "behandler": self.known["practitioner"]}
        return f"/timebok/ny/?{urlencode(asked)}"

    def set_up(self, page: Page, name: str, *, kind: str = "Kontroll", day: date | None = None) -> str:
        """Set up an appointment on an empty day; returns its address."""
        page.goto(self.new_appointment(name, day or self.empty_day()))
        page.get_by_label("Timetype").select_option(label=kind)
        page.get_by_label("Sted").select_option(label="Rom 1")
        page.get_by_role("button", name=re.compile("^Sett opp")).last.click()
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("kl. 10.00")
        return page.url

    # --- Time and what it brings ------------------------------------------------------------------------------------

    def five_minutes_pass(self, name: str) -> None:
        """Move what waits for the patient five minutes back: the engine compares with the wall clock (spec D2)."""
        self.house.sql(
            "UPDATE notifications_notification SET due_at = due_at - interval '5 minutes',"
            " event_at = event_at - interval '5 minutes' WHERE state = 'waiting' AND slot = 'news' AND patient_id = %s",
            [self.patient(name)],
        )

    def came(self, to: str, channel: str = "sms") -> list[str]:
        """Return the texts that came to a number or an address, oldest first."""
        query = urlencode({"channel": channel, "to": to})
        with urllib.request.urlopen(f"{self.house.sandbox_url}/messages?{query}", timeout=ANSWER) as answer:
            return [row["text"] for row in json.load(answer)["messages"]]

    def wait_came(self, number: int, to: str, channel: str = "sms") -> str:
        """Wait until so many have come; returns the newest."""
        wait_for(lambda: len(self.came(to, channel)) >= number)
        found = self.came(to, channel)
        assert len(found) == number, found
        return found[-1]

    def modes(self, **channels: dict[str, Any]) -> None:
        """Choose how the outside world behaves in this test."""
        self.house.modes(**channels)

    def all_behaves(self) -> None:
        """Let the outside world behave again, and end every channel's rest."""
        request = urllib.request.Request(f"{self.house.sandbox_url}/modes", method="DELETE")
        urllib.request.urlopen(request, timeout=ANSWER).read()
        self.house.sql("DELETE FROM notifications_channelpause")


def reload_until(page: Page, wanted: Callable[[Page], Locator]) -> None:
    """Load the page anew until the wanted thing is on it: histories are as of when they were asked for."""

    def seen() -> bool:
        page.reload()
        return wanted(page).count() > 0

    wait_for(seen)
    expect(wanted(page).first).to_be_visible()


def awake(page: Page) -> None:
    """Wait until its scripts have wired a page that is there already: before that it is one without them.

    Going to an address waits for that by itself; a key does not, and a click waits for the page's beginning only.
    """
    page.wait_for_load_state()


def type_to_search(page: Page, text: str) -> None:
    """Type into the search that has the focus, and wait for the hits of all that was typed, not of its beginning.

    Hits that come while arrows move among the earlier ones take the focus away with them.
    """

    def is_whole(response: Response) -> bool:
        return text in parse_qs(response.request.post_data or "").get("q", [])

    with page.expect_response(is_whole):
        page.keyboard.type(text)
    expect(page.locator(".htmx-request")).to_have_count(0)


def row(page: Page, event: str) -> Locator:
    """Return the history's rows about an event, newest first."""
    return page.get_by_role("row").filter(has=page.get_by_text(event, exact=True))
