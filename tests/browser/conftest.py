"""One running product and one Chromium for all tests here; every page is watched while it is used."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from clinic_notify.launcher import vapid_key
from tests.browser.front_desk import FrontDesk
from tests.faults.house import House
from tests.rig import chromium as chromium_program
from tests.rig import services

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole product with the demo clinic; the web server runs as in production, with DEBUG off."""
    with services() as (postgres, redis):
        house = House(postgres, redis, tmp_path_factory.mktemp("house"))
        house.env["TICK_SECONDS"] = "1"  # the browser needs the processors more
        house.env |= {"VAPID_PRIVATE_KEY": vapid_key(), "LEASE_SECONDS": "60"}  # a push may take ten seconds
        house.env["BULK_UNDO_SECONDS"] = "60"  # there must be time to press «Angre» on a busy machine
        try:
            house.run("manage.py", "migrate", "--verbosity", "0")
            house.run("manage.py", "create_demo")
            house.start_sandbox()
            house.env["DEBUG"] = "0"
            house.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
            house.start_web()
            house.env["DEBUG"] = "1"
            yield house
        finally:
            house.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium; it ends with this folder, since its event loop keeps Django from the database."""
    program = chromium_program()
    with sync_playwright() as playwright:
        expect.set_options(timeout=60_000)  # milliseconds; a busy machine is no failure
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def open_desk(house: House, chromium: Browser) -> FrontDesk:
    """The front desk of the demo clinic."""
    seed = "from tests.browser.seed import main; main()"
    known = house.run("manage.py", "shell", "--verbosity", "0", "-c", seed)
    house.start_worker()  # only now: it would go on with what the seed leaves half done
    return FrontDesk(house, chromium, json.loads(known))


@pytest.fixture
def desk(open_desk: FrontDesk) -> Iterator[FrontDesk]:
    """The front desk with all windows closed; no page of the test may have broken the policy."""
    open_desk.watch.problems.clear()
    yield open_desk
    open_desk.close()
    open_desk.all_behaves()
    assert not open_desk.watch.problems, "\n".join(open_desk.watch.problems)
