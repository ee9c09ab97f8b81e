"""What staff see when the outside world fails: both hops, a way to try again, alarms (spec C3, J1, J2)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.front_desk import FrontDesk, reload_until, row

pytestmark = [pytest.mark.browser]
CONFIRMED = "Bekreftelse på oppsatt time"


def test_bounced_email_falls_back_to_sms_and_the_card_shows_both(desk: FrontDesk) -> None:
    """An address nobody has: the SMS goes instead, once, and the card says so (spec C3)."""
    name = "Vilde Austad"
    page = desk.staff()
    desk.modes(email={"rules": [{"suffix": "vilde.austad@example.com", "outcome": "unknown"}]})
    desk.set_up(page, name)

    desk.five_minutes_pass(name)
    desk.wait_came(1, "+4742100009")

    page.goto(desk.card(name))
    reload_until(page, lambda page: row(page, CONFIRMED).get_by_text("Levert"))
    hops = row(page, CONFIRMED).get_by_role("definition")
    expect(hops.nth(0)).to_contain_text(re.compile("Feilet.*Mottakeren finnes ikke", re.DOTALL))
    expect(hops.nth(1)).to_contain_text("Levert")
    expect(page.get_by_text("Adressen finnes ikke")).to_be_visible()


def test_failure_rings_the_bell_and_can_be_sent_again(desk: FrontDesk) -> None:
    """A phone that does not answer; the colleague tries again when it does (spec J1)."""
    name = "Sigrid Tveit"
    page = desk.staff()
    desk.modes(sms={"rules": [{"suffix": "42100011", "outcome": "30003"}]})
    desk.set_up(page, name)
    desk.five_minutes_pass(name)
    page.goto(desk.card(name))
    reload_until(page, lambda page: row(page, CONFIRMED).get_by_text("Feilet"))
    expect(page.get_by_role("link", name=re.compile(r"Feilede varsler: [1-9]"))).to_be_visible()
    page.get_by_role("link", name=re.compile("Feilede varsler")).click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    desk.all_behaves()

    row(page, name).get_by_role("button", name="Detaljer").first.click()
    page.get_by_role("link", name="Send på nytt").first.click()
    page.get_by_role("button", name="Send på nytt").click()

    desk.wait_came(2, "+4742100011")
    reload_until(page, lambda page: row(page, CONFIRMED).first.get_by_text("Levert"))
    expect(row(page, CONFIRMED).nth(1)).to_contain_text("Telefonen var ikke å få tak i")


def test_wrong_key_raises_an_alarm_on_every_page_and_loses_nothing(desk: FrontDesk) -> None:
    """401 from the gateway: staff see that the channel rests; the notice goes when that is mended (spec J2)."""
    name = "Ragnhild Foss"
    page = desk.staff()
    desk.modes(sms={"mode": "401"})
    desk.set_up(page, name)
    alarm = "SMS er på pause: Feil i oppsettet hos leverandøren"

    desk.five_minutes_pass(name)
    reload_until(page, lambda page: page.get_by_text(alarm))
    page.goto(desk.card(name))
    expect(page.get_by_text(alarm)).to_be_visible()
    reload_until(page, lambda page: row(page, CONFIRMED).get_by_text("I kø"))  # not just on its way to a trial

    desk.all_behaves()
    desk.house.sql("UPDATE notifications_delivery SET due_at = now() WHERE state = 'queued'")
    desk.wait_came(1, "+4742100012")
    reload_until(page, lambda page: row(page, CONFIRMED).get_by_text("Levert"))
    expect(page.get_by_text(alarm)).to_be_hidden()
