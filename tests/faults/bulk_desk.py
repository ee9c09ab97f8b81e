"""The staff of one clinic before their bulk: they press, and read what the page and the report tell them."""

from __future__ import annotations

import csv
import io
import json
import re
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from tests.faults.house import OPEN, House
from tests.rig import wait_for

KEY = {"sms": "to", "besoklegen": "token"}  # what tells recipients apart in the sandbox's log
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')
GROUP = re.compile(r'grunn=(\w+)#h-people">[^<]+</a> <span class="num muted">\((\d+)\)')


@dataclass(frozen=True)
class Told:
    """What the page of a settled bulk tells: how many were notified, how many were not, and why not."""

    told: int
    not_told: int
    reasons: dict[str, int]


class BulkDesk:
    """A seeded bulk and the two colleagues who have it open."""

    def __init__(self, house: House, type: str, count: int) -> None:
        self.house = house
        seeded = json.loads(house.run("-m", "tests.faults.seed_bulk", type, str(count)))
        self.pk, self.clinic, self.size = int(seeded["bulk"]), int(seeded["clinic"]), int(seeded["size"])
        self.sessions: list[str] = seeded["sessions"]
        self.url = f"{house.web_url}/masseutsendelse/{self.pk}/"
        people = house.sql("SELECT mobile FROM patients_patient WHERE clinic_id = %s ORDER BY id", [self.clinic])
        self.mobiles = [mobile for (mobile,) in people]  # as they were when the bulk was written

    def open(self, path: str, session: str, *, csrf: str = "", data: str | None = None) -> HTTPResponse:
        """Ask the web server as one of the colleagues; redirects are followed as a browser does."""
        request = urllib.request.Request(self.url + path, data.encode() if data is not None else None)
        request.add_header("Cookie", f"sessionid={session}; csrftoken={csrf}")
        request.add_header("Origin", self.house.web_url)
        response: HTTPResponse = urllib.request.urlopen(request, timeout=60)
        return response

    def page(self, path: str = "") -> str:
        """Return a page of the bulk as text."""
        with self.open(path, self.sessions[0]) as response:
            return response.read().decode()

    def form(self, session: str) -> tuple[str, str]:
        """Open the question «Send nå?»; returns the CSRF cookie and what the form will post."""
        with self.open("bekreft/", session) as response:
            html = response.read().decode()
            cookie = re.search(r"csrftoken=(\w+)", response.headers["Set-Cookie"] or "")
        token, version = TOKEN.search(html), VERSION.search(html)
        assert cookie, "no CSRF cookie"
        assert token, html
        assert version, html
        return cookie[1], f"csrfmiddlewaretoken={token[1]}&version={version[1]}&accepts_cards=on"

    def send(self, times: int = 1) -> list[int]:
        """Press «Send nå» this many times at once, the colleagues in turn; returns the answers' status."""
        forms = [(session, *self.form(session)) for session in self.sessions]

        def press(number: int) -> int:
            session, csrf, data = forms[number % len(forms)]
            with self.open("bekreft/", session, csrf=csrf, data=data) as response:
                return response.status

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(press, range(times)))

    def wait_settled(self) -> None:
        """Wait until the bulk is made, everything is handed over, and no outcome is open."""

        def settled() -> bool:
            (state,) = self.one("SELECT state FROM bulk_send_bulk WHERE id = %s", self.pk)
            return state in ("done", "stopped") and not self.count(
                f"bulk_send_handover WHERE bulk_id = %s AND state IN {OPEN}", self.pk
            )

        wait_for(settled)
        self.house.wait_settled()

    def one(self, query: str, *values: Any) -> tuple[Any, ...]:
        """Return the only row."""
        (row,) = self.house.sql(query, values)
        return row

    def count(self, rows: str, *values: Any) -> int:
        """Count the rows of a FROM clause."""
        return int(self.one(f"SELECT count(*) FROM {rows}", *values)[0])

    def tells(self) -> Told:
        """Read the page of the settled bulk."""
        html = self.page()
        told, failed = re.search(r"(\d+) person(?:er)? ble varslet", html), re.search(r"(\d+) ikke varslet", html)
        assert told, html
        reasons = {reason: int(number) for reason, number in GROUP.findall(html)}
        return Told(int(told[1]), int(failed[1]) if failed else 0, reasons)

    def report(self) -> Counter[tuple[str, str]]:
        """Return the lines of the exported report by status and reason."""
        rows = list(csv.reader(io.StringIO(self.page("rapport.csv").lstrip("\ufeff")), delimiter=";"))
        return Counter((status, reason) for _name, status, reason, _at, _is_told in rows[1:])

    def taken(self, channel: str = "sms") -> list[dict[str, Any]]:
        """Return what the outside world took for this clinic's patients on one channel."""
        ours = set(self.mobiles) if channel == "sms" else self.references()
        return [line for line in self.house.accepted() if line["channel"] == channel and line[KEY[channel]] in ours]

    def references(self) -> set[str]:
        """Return the references of the e-contacts handed to the gateway."""
        rows = self.house.sql("SELECT reference FROM bulk_send_handover WHERE bulk_id = %s", [self.pk])
        return {str(reference) for (reference,) in rows}
