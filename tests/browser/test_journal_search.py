"""Marking hits as in a desktop program, by mouse and by keyboard alone (spec G4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.front_desk import MANAGER, FrontDesk, awake

pytestmark = [pytest.mark.browser]
SEARCH = "/pasienter/journalsok/"


@pytest.fixture
def hits(desk: FrontDesk) -> Page:
    """The manager's search for everyone of ten years and more."""
    page = desk.staff(MANAGER)
    page.goto(SEARCH)
    page.get_by_label("Alder fra").fill("10")
    page.get_by_role("button", name="Søk", exact=True).last.click()
    expect(page.get_by_text("Pasienter som er 10 år eller eldre.")).to_be_visible()
    awake(page)
    return page


def rows(page: Page) -> Locator:
    """Return the hits."""
    return page.locator("tr[data-id]")


def marked(page: Page) -> list[int]:
    """Return which of the rows on the screen are marked."""
    # Playwright's evaluate waits without end for a page that does not answer; this has the window's own time limit.
    states = re.findall(r'<tr [^>]*data-id[^>]* aria-selected="(\w+)"', page.locator("[data-grid] tbody").inner_html())
    return [number for number, state in enumerate(states) if state == "true"]


def posted(page: Page, send: Callable[[], object]) -> dict[str, list[str]]:
    """Return what is posted by «Send pasientvarsel», once the page that it leads to is there.

    A page that is closed on its way to another may never say that it has closed.
    """
    with page.expect_navigation(), page.expect_request(lambda request: request.url.endswith("/send/")) as seen:
        send()
    return parse_qs(seen.value.post_data or "", keep_blank_values=True)


def ids(page: Page, *numbers: int) -> str:
    """Return the ids of some rows as they are posted."""
    return ",".join(rows(page).nth(number).get_attribute("data-id") or "" for number in numbers)


def test_mouse_marks_one_several_and_all(hits: Page) -> None:
    """Click, Ctrl+click, Shift+click; all hits but one."""
    expect(hits.locator("[data-grid]")).to_have_attribute("data-total", re.compile(r"\d"))  # counted after the page
    total = int(hits.locator("[data-grid]").get_attribute("data-total") or 0)
    cell = rows(hits).locator("td:nth-child(3)")

    cell.nth(1).click()
    assert marked(hits) == [1]
    cell.nth(3).click(modifiers=["Control"])
    assert marked(hits) == [1, 3]
    cell.nth(6).click(modifiers=["Shift"])
    assert marked(hits) == [3, 4, 5, 6]
    hits.get_by_role("button", name="Marker alle").click()
    cell.nth(2).click(modifiers=["Control"])
    expect(hits.locator("[data-marked]")).to_have_text(f"{total - 1} markert")
    form = posted(hits, lambda: hits.get_by_role("button", name="Send pasientvarsel").click())

    assert form["mode"] == ["all"]
    assert len(form["ids"][0].split(",")) == 1


def test_right_click_sends_those_that_are_marked(hits: Page) -> None:
    """On an unmarked row it marks that row alone, as desktop programs do; on a marked one the marks stay."""
    cell = rows(hits).locator("td:nth-child(3)")
    cell.nth(0).click()
    cell.nth(2).click(modifiers=["Control"])
    wanted = ids(hits, 0, 2)

    cell.nth(2).click(button="right")
    expect(hits.get_by_role("menu")).to_contain_text("2 pasienter markert")
    violations = Axe().run(hits, options={"resultTypes": ["violations"]}).response["violations"]
    hits.keyboard.press("Escape")
    expect(hits.get_by_role("menu")).to_be_hidden()
    cell.nth(2).click(button="right")
    form = posted(hits, lambda: hits.get_by_role("menuitem", name="Send pasientvarsel").click())

    assert form["mode"] == ["only"]
    assert form["ids"] == [wanted]
    assert not [one["id"] for one in violations]


def test_keyboard_alone_marks_and_sends(hits: Page) -> None:
    """Arrows, Shift, Ctrl, Space, Ctrl+A, Esc, Shift+F10, Enter."""
    press = hits.keyboard.press
    rows(hits).first.focus()

    press("ArrowDown")
    assert marked(hits) == [1]
    press("Shift+ArrowDown")
    assert marked(hits) == [1, 2]
    press("Control+ArrowDown")
    press("Control+ArrowDown")
    press("Space")
    assert marked(hits) == [1, 2, 4]
    press("Control+a")
    assert len(marked(hits)) == rows(hits).count()
    press("Escape")
    assert marked(hits) == []
    press("Home")
    wanted = ids(hits, 0)
    press("Shift+F10")
    expect(hits.get_by_role("menuitem", name="Send pasientvarsel")).to_be_focused()
    form = posted(hits, lambda: press("Enter"))

    assert form["ids"] == [wanted]


def test_more_hits_come_marked_when_all_are(hits: Page) -> None:
    """All means all hits: also those that come to the screen later."""
    if not hits.get_by_role("link", name="Vis flere").count():
        pytest.fail("The demo clinic must have more than one page of patients")
    rows(hits).first.focus()
    hits.keyboard.press("Control+a")

    hits.get_by_role("link", name="Vis flere").click()
    expect(rows(hits)).not_to_have_count(50)

    expect(hits.locator("tr[data-id][aria-selected=false], tr[data-id]:not([aria-selected])")).to_have_count(0)


def test_headings_order_and_the_menu_shows_notices(hits: Page) -> None:
    """A heading is a link; «Vis varslinger» is about the row that has the focus; a phone is told of no keys."""
    expect(hits.get_by_text("Ctrl+A").first).to_be_visible()
    hits.get_by_role("columnheader", name="Alder").get_by_role("link").click()
    expect(hits.get_by_role("columnheader", name="Alder")).to_have_attribute("aria-sort", "ascending")
    awake(hits)
    hits.set_viewport_size({"width": 390, "height": 800})
    expect(hits.get_by_text("Ctrl+A").first).to_be_hidden()
    hits.set_viewport_size({"width": 1280, "height": 800})
    wanted = ids(hits, 2)
    rows(hits).first.focus()

    hits.keyboard.press("ArrowDown")
    hits.keyboard.press("ArrowDown")
    hits.keyboard.press("Shift+F10")
    hits.get_by_role("menuitem", name="Vis varslinger").click()

    expect(hits).to_have_url(re.compile(rf"/pasienter/{wanted}/varslinger/$"))


def test_the_risk_overview_is_marked_in_the_same_way(desk: FrontDesk) -> None:
    """spec G4, H2, H3: keys, mouse and menu; a false positive is gone to, never marked, and has its own items."""
    page = desk.staff(MANAGER)
    desk.goto(page, "/risikogrupper/analyse/{analysis}/")
    fixed = page.locator("tr[data-fixed]")
    free = page.locator("tr[data-id]:not([data-fixed])")
    rows(page).first.focus()

    page.keyboard.press("Control+a")
    expect(page.locator("[data-grid]")).to_have_attribute("data-total", re.compile(r"\d"))
    total = page.locator("[data-grid]").get_attribute("data-total")
    expect(page.locator("[data-marked]")).to_have_text(f"{total} markert")
    assert int(total or 0) >= free.count() == len(marked(page))
    expect(fixed.first).to_have_attribute("aria-selected", "false")
    fixed.first.locator("td").nth(2).click(button="right")
    expect(page.get_by_role("menuitem", name="Fjern merket")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Merk falsk positiv")).to_be_hidden()
    page.keyboard.press("Escape")
    free.first.locator("td").nth(2).click()
    free.nth(1).locator("td").nth(2).click(modifiers=["Control"])
    expect(page.locator("[data-marked]")).to_have_text("2 markert")
    wanted = [free.nth(number).get_attribute("data-id") for number in (0, 1)]
    with page.expect_request(lambda request: request.url.endswith("/send/")) as seen:
        page.keyboard.press("v")
    form = parse_qs(seen.value.post_data or "")

    assert (form["mode"], form["ids"]) == (["only"], [",".join(map(str, wanted))])
    desk.goto(page, "/risikogrupper/analyse/{analysis}/")
    free.first.focus()
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/falsk-positiv/"))


def test_criteria_are_added_in_place(desk: FrontDesk) -> None:
    """A group with a medicine is added, and the sentence follows."""
    page = desk.staff(MANAGER)
    page.goto(SEARCH)

    page.get_by_text("Flere kriterier").click()
    page.get_by_label("Nytt kriterium").select_option("medicine")
    page.get_by_role("button", name="Legg til kriterium").click()
    page.get_by_label("ATC-koder").fill("A10")
    page.get_by_label("I bruk nå").check()

    expect(page.locator("#count")).to_contain_text("Pasienter som bruker A10 nå")
    expect(page.locator("#count")).to_contain_text("treff")
