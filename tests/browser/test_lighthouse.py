"""Lighthouse's marks for accessibility and best practices: `make lighthouse`, apart from `make test`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.front_desk import MANAGER, FrontDesk
from tests.browser.test_portal import log_in, someone
from tests.rig import chromium as chromium_program

pytestmark = [pytest.mark.lighthouse]
LIGHTHOUSE = "lighthouse@12.8.2"  # runs on Node 18 and later; 13 wants 22
LEAST = 95  # of 100
PATIENCE = 240  # seconds for one page, fetching included
OPEN = ("/min/logg-inn/", "/v/0123456789abcdefghijkl/", "/min/uten-nett/", "/konto/login/")
PORTAL = ("", "timer/", "meldinger/", "meldinger/ny/", "timer/bestill/", "betaling/", "profil/", "profil/varsler/")
FOUND = {"dialog": "meldinger/", "kvittering": "betaling/alt/"}  # opened from the list
STAFF = (
    "/timebok/",
    "/pasienter/journalsok/",
    "/masseutsendelse/{bulk_draft}/kladd/",
    "/integrasjoner/",
    "/integrasjoner-fhir/",
    "/pasienter/{patient}/varslinger/",
    "/post/{dialog}/",
)


def marks(page: Page, url: str, folder: Path, *options: str) -> dict[str, float]:
    """Return the marks of the address as whoever uses the page sees it, from 0 to 100."""
    npx = shutil.which("npx")
    assert npx, "Missing: npx, which comes with Node.js 18 or later"
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    headers = folder / "headers.json"  # not in the list of processes
    headers.write_text(json.dumps({"Cookie": cookies} if cookies else {}))
    asked = [npx, "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--extra-headers={headers}", *options]
    asked += ["--only-categories=accessibility,best-practices", "--chrome-flags=--headless=new --no-sandbox"]
    env = {**os.environ, "CHROME_PATH": chromium_program()}
    done = subprocess.run(asked, env=env, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["finalDisplayedUrl"] == url  # not sent to a log-in
    return {name: 100 * one["score"] for name, one in report["categories"].items()}


@pytest.fixture(scope="module")
def patient(open_desk: FrontDesk) -> Page:
    """A patient's browser, logged in."""
    page = open_desk.fresh()
    page.goto("/min/")
    log_in(page, someone(open_desk))
    page.wait_for_url("**/min/")
    where_receipts_are = page.get_by_role("button", name="Fjordbyen legesenter")
    if where_receipts_are.count():  # the card of the other clinic stands first
        where_receipts_are.click()
    return page


def judge(found: dict[str, float]) -> None:
    """Print the marks, and see that they reach what is wanted."""
    print(found)
    assert len(found) == 2
    assert min(found.values()) >= LEAST


@pytest.mark.parametrize("path", OPEN)
def test_open_page(open_desk: FrontDesk, path: str, tmp_path: Path) -> None:
    judge(marks(open_desk.fresh(), open_desk.house.web_url + path, tmp_path))


@pytest.mark.parametrize("path", [*PORTAL, *FOUND])
def test_page_of_the_portal(patient: Page, open_desk: FrontDesk, path: str, tmp_path: Path) -> None:
    url = f"{open_desk.house.web_url}/min/{path}"
    if path in FOUND:
        patient.goto(f"/min/{FOUND[path]}")
        link = patient.get_by_role("main").locator(".p-list a").first
        url = open_desk.house.web_url + str(link.get_attribute("href"))
    judge(marks(patient, url, tmp_path))


@pytest.mark.parametrize("path", STAFF)
def test_page_of_staff(open_desk: FrontDesk, path: str, tmp_path: Path) -> None:
    page = open_desk.kept(MANAGER)
    open_desk.goto(page, path)
    judge(marks(page, page.url, tmp_path, "--preset=desktop"))
