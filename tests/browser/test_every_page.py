"""What holds on every page: accessible in light and dark, no wider than the window, nothing inline (house style)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.front_desk import FrontDesk
from tests.browser.pages import PLACES

pytestmark = [pytest.mark.browser]
WIDTHS = (320, 768, 1280)
INLINE = """() => [...document.querySelectorAll("*")]
  .filter((one) => one.matches("style, [style], script:not([src])") || [...one.attributes].some(
    ({ name, value }) => name.startsWith("on") || value.startsWith("javascript:")))
  .map((one) => one.outerHTML.slice(0, 200))"""
# Not into frames: the one there is, an e-mail, is sandboxed without scripts, so that axe cannot run in it.
ALL = {"resultTypes": ["violations"], "preload": False, "iframes": False}
COLOURS = {**ALL, "runOnly": ["color-contrast"]}
DARK = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  document.documentElement.dataset.colorScheme = "dark";
  await frame();
  document.getAnimations().forEach((fading) => fading.finish());
  await frame();
}"""
TOO_WIDE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame(); // the window has its new width, and what hears of it has its say
  await frame();
  return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}"""


@pytest.fixture(scope="module", autouse=True)
def windows_go(open_desk: FrontDesk) -> Iterator[None]:
    """Close the windows in which colleagues went from page to page."""
    yield
    open_desk.close_kept()


@pytest.mark.parametrize("name", PLACES)
def test_page(name: str, desk: FrontDesk) -> None:
    """What holds on every page, told by one visit (ui/guide, Accessibility; house style, CSS/JS)."""
    place = PLACES[name]
    page = place.open(desk)
    page.evaluate(Axe().axe_script)

    claims = {
        "nothing inline": page.evaluate(INLINE),
        "accessible": violations(page, ALL),
        "never scrolls sideways": [wide for width in WIDTHS if (wide := too_wide(page, width))],
        "readable in the dark": in_the_dark(page) if place.has_dark else [],
        "keeps the content policy, asks no other machine": [*desk.watch.problems],
    }

    desk.watch.problems.clear()
    assert {claim: found for claim, found in claims.items() if found} == {}


def too_wide(page: Page, width: int) -> str:
    """Return by how much a window of this width (pixels) scrolls sideways, or nothing."""
    page.set_viewport_size({"width": width, "height": 800})
    excess = page.evaluate(TOO_WIDE)
    return f"{excess} pixels at {width}" if excess else ""


def in_the_dark(page: Page) -> list[str]:
    """Return what cannot be read in dark colours, in a desk's window."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate(DARK)
    return violations(page, COLOURS)


def violations(page: Page, options: dict[str, object]) -> list[str]:
    """Return what axe objects to: the rule, and where."""
    answer = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]


def test_dark_is_a_choice_that_lasts(desk: FrontDesk) -> None:
    """Chosen in the user's menu, kept on the next page."""
    page = desk.fresh(storage_state=desk.state())
    page.goto("/")

    page.get_by_label("Meny for Kari Holm").click()
    page.get_by_role("button", name="Mørkt utseende").click()
    page.goto("/timebok/")

    assert page.locator("html").get_attribute("data-color-scheme") == "dark"
