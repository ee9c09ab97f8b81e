"""What a page is to the tests: who sees it, and how it is come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.front_desk import MANAGER, FrontDesk, awake

NOBODY, PATIENT = "", "patient"


@dataclass(frozen=True)
class Place:
    """One page. `path` is filled with the desk's ids; `then` brings it into the state that is looked at."""

    path: str
    who: str = MANAGER
    then: Callable[[Page, FrontDesk], object] | None = None
    has_dark: bool = True

    def open(self, desk: FrontDesk) -> Page:
        """Go there, as the one who sees it; colleagues go from page to page in one window."""
        page = desk.fresh() if self.who in (NOBODY, PATIENT) else desk.kept(self.who)
        desk.goto(page, self.path)
        if self.then:
            self.then(page, desk)
            awake(page)
        return page
