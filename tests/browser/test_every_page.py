"""What holds on every page: accessible in light and dark, no wider than the window, nothing inline (house style)."""

from __future__ import annotations

from dataclasses import dataclass, field

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
ALL = {"resultTypes": ["violations"], "preload": False}
COLOURS = {**ALL, "runOnly": ["color-contrast"]}
DARK = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  document.documentElement.dataset.colorScheme = "dark";
  do { await frame(); await frame(); } while (document.getAnimations().length); // what fades, has faded
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Findings:
    """What was seen on one page."""

    light: list[str] = field(default_factory=list)
    dark: list[str] = field(default_factory=list)
    too_wide: dict[int, int] = field(default_factory=dict)  # window → pixels it scrolls sideways
    inline: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)


@pytest.fixture(scope="package")
def seen() -> dict[str, Findings]:
    """Pages that have been looked at: each is loaded once, and every claim asks the same visit."""
    return {}


@pytest.fixture
def findings(name: str, seen: dict[str, Findings], request: pytest.FixtureRequest) -> Findings:
    """Look at the page, unless another claim already has."""
    if name not in seen:
        seen[name] = look(request.getfixturevalue("desk"), name)
    return seen[name]


def look(desk: FrontDesk, name: str) -> Findings:
    """Visit one page and note everything."""
    place, found = PLACES[name], Findings()
    page = place.open(desk)
    found.inline = page.evaluate(INLINE)
    found.light = violations(page, ALL)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if excess := page.evaluate(TOO_WIDE):
            found.too_wide[width] = excess
    page.set_viewport_size({"width": 1280, "height": 800})
    if place.has_dark:
        page.evaluate(DARK)
        found.dark = violations(page, COLOURS)
    found.policy = [*desk.watch.problems]
    desk.watch.problems.clear()
    return found


def violations(page: Page, options: dict[str, object]) -> list[str]:
    """Return what axe objects to: the rule, and where."""
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in Axe().run(page, options=options).response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("name", PLACES)
def test_page_is_accessible(name: str, findings: Findings) -> None:
    """No violation of any of axe's rules (ui/guide, Accessibility)."""
    assert not findings.light, "\n".join(findings.light)


@pytest.mark.parametrize("name", [name for name, place in PLACES.items() if place.has_dark])
def test_page_is_readable_in_the_dark(name: str, findings: Findings) -> None:
    """Contrast is enough in dark colours too (ui/guide, Accessibility)."""
    assert not findings.dark, "\n".join(findings.dark)


@pytest.mark.parametrize("name", PLACES)
def test_page_never_scrolls_sideways(name: str, findings: Findings) -> None:
    """From a phone to a desk: what is wide scrolls within itself (ui/guide, Accessibility)."""
    assert not findings.too_wide


@pytest.mark.parametrize("name", PLACES)
def test_page_has_nothing_inline(name: str, findings: Findings) -> None:
    """No style attribute, style element, inline script or handler: the policy allows none (house style, CSS/JS)."""
    assert not findings.inline


@pytest.mark.parametrize("name", PLACES)
def test_page_keeps_the_content_policy_and_asks_no_other_machine(name: str, findings: Findings) -> None:
    """No refusal, no script error, no request that leaves this machine."""
    assert not findings.policy, "\n".join(findings.policy)


def test_dark_is_a_choice_that_lasts(desk: FrontDesk) -> None:
    """Chosen in the user's menu, kept on the next page."""
    page = desk.fresh(storage_state=desk.state())
    page.goto("/")

    page.get_by_label("Meny for Kari Holm").click()
    page.get_by_role("button", name="Mørkt utseende").click()
    page.goto("/timebok/")

    assert page.locator("html").get_attribute("data-color-scheme") == "dark"
