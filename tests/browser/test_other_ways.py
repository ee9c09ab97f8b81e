"""On paper, and when the design system's files are missing (ui/guide, Accessibility and Files)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.front_desk import MANAGER, FrontDesk

pytestmark = [pytest.mark.browser]
SMALLEST = 24  # pixels a target must have both ways (WCAG 2.2, 2.5.8)
PAGES = ["/", "/pasienter/", "{card}", "/timebok/", "/timebok/ny/", "/varsler/", "/timetyper/", "/import/ny/"]


def test_printed_card_shows_the_history_and_no_menus(desk: FrontDesk) -> None:
    """What is printed is the patient and the history (spec J1)."""
    page = desk.staff()
    page.goto(desk.card("Aslaug Fjære"))

    page.emulate_media(media="print")

    for hidden in ("banner", "navigation", "button", "combobox"):
        for found in page.get_by_role(hidden, include_hidden=True).all():  # type: ignore[arg-type]
            expect(found).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("cell", name="Endring av time").first).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_usable_without_the_design_system(desk: FrontDesk, path: str) -> None:
    """Buttons and fields can be seen and hit when static/vendor cannot be had."""
    page = desk.fresh(storage_state=desk.state(MANAGER))
    page.route("**/static/vendor/**", lambda route: route.abort())
    desk.goto(page, path.replace("{card}", desk.card("Aslaug Fjære")))

    for control in page.locator("main :is(button, .ds-button, .ds-input):not(.sr-only):visible").all():
        box = control.bounding_box()
        assert box is not None
        is_box = control.get_attribute("type") in {"checkbox", "radio"}
        assert is_box or min(box["width"], box["height"]) >= SMALLEST, control.inner_html()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_main_job_works_without_the_design_system(desk: FrontDesk) -> None:
    """The dialog opens, is filled in and closes."""
    page = desk.fresh(storage_state=desk.state())
    page.route("**/static/vendor/**", lambda route: route.abort())
    page.goto("/timebok/")

    page.get_by_role("link", name="Ny time").click()
    dialog = page.get_by_role("dialog", name="Ny time")
    expect(dialog.get_by_label("Timetype")).to_be_in_viewport()
    dialog.get_by_role("link", name="Avbryt").click()

    expect(dialog).to_be_hidden()
