"""Patients' sessions: short, on the server, and apart from the staff's (spec K1, threat 6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session as StaffSession
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import attempts, oidc, sessions
from portal.models import LogIn, Session
from portal.oidc import Proof
from post.models import Party
from tests.access.people import colleague
from tests.factories import ClinicFactory, DialogFactory, MessageFactory
from tests.portal.visitors import Side, logged_in, person_with

HOME = "/min/"


def test_a_session_is_idle_for_15_minutes_and_lasts_four_hours(visitor: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _step in range(23):
            clock.shift(timedelta(minutes=10))
            assert visitor.get(HOME).status_code == 200
        clock.shift(timedelta(minutes=11))
        too_old = visitor.get(HOME)

    assert too_old["Location"] == "/min/logg-inn/?next=%2Fmin%2F"
    assert not Session.objects.exists()


def test_idle_ends_it_and_the_next_log_in_forgets_it(visitor: Client, mine: Side) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        again = logged_in(mine.person)

        assert visitor.get(HOME).status_code == 302
        assert again.get(HOME).status_code == 200
        assert Session.objects.count() == 1


def test_after_logging_out_the_old_cookie_opens_nothing(visitor: Client, mine: Side) -> None:
    """The row is gone, not only the cookie; the profile's line tells when."""
    key = visitor.cookies[settings.PORTAL_COOKIE_NAME].value

    visitor.post(reverse("portal:log_out"))
    left = visitor.cookies[settings.PORTAL_COOKIE_NAME].value
    visitor.cookies[settings.PORTAL_COOKIE_NAME] = key

    assert left == ""
    assert visitor.get(HOME).status_code == 302
    assert LogIn.objects.get().ending == LogIn.Ending.LOGGED_OUT


def test_staff_and_patient_in_one_browser_do_not_touch_each_other(visitor: Client, mine: Side) -> None:
    """Neither opens the other's pages, keeps the other alive, shows the other's name, nor logs the other out."""
    user = colleague(ClinicFactory(alias="Annen klinikk"))
    visitor.force_login(user)
    visitor.get("/")
    before = StaffSession.objects.get().expire_date

    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        page = visitor.get(HOME).content.decode()
        assert StaffSession.objects.get().expire_date == before
        visitor.post(reverse("portal:log_out"))
        staffs = visitor.get("/")

    assert mine.patient.given_name in page
    assert "Annen klinikk" not in page
    assert user.get_full_name() not in page
    assert staffs.status_code == 200
    assert logged_in(mine.person).get("/")["Location"].startswith("/konto/login/")


@pytest.mark.django_db
def test_a_person_at_two_clinics_looks_at_one_at_a_time() -> None:
    """spec K2: the choice is among one's own; a clinic that is out of use is not there, and no card is no way in."""
    north, south = ClinicFactory(alias="Nord"), ClinicFactory(alias="Sør")
    person = person_with(north, south)
    client = logged_in(person)

    assert '<p class="p-clinic">Nord' in client.get(HOME).content.decode()
    there = DialogFactory(patient=person.cards.get(clinic=south), first__party=Party.STAFF)
    MessageFactory(dialog=there, party=Party.STAFF)
    home = client.get(HOME).content.decode()
    assert (home.count("1 ulest"), 'class="dot"' in home) == (1, False)  # said of the other clinic, not of this one
    client.post(reverse("portal:choose", args=[person.cards.get(clinic=south).pk]))
    assert 'class="dot"' in client.get(HOME).content.decode()
    assert '<p class="p-clinic">Sør' in client.get(HOME).content.decode()
    south.is_active = False
    south.save()
    back = client.get(HOME).content.decode()
    assert '<p class="p-clinic">Nord' in back
    assert "Sør" not in back
    person.cards.all().update(person=None)
    nobody = client.get(HOME)
    assert (nobody.status_code, "Ingen klinikk her" in nobody.content.decode()) == (403, True)


@pytest.mark.django_db
def test_whoever_logs_in_next_in_the_browser_never_finds_the_one_before(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    """Threat 6: also one whom no clinic knows; and a session that ends while a page is asked for is over, no error."""
    one = {"name": "id", "label": "ID", "issuer": "https://id.example.com", "client_id": "p", "client_secret": "h"}
    settings.OIDC_PROVIDERS = [one | {"acr": ["4"]}]  # type: ignore[attr-defined]
    stranger = Proof("13816299928", one["issuer"], "S-1", "BankID", "")
    monkeypatch.setattr(oidc, "prove", lambda *args, **kwargs: stranger)
    monkeypatch.setattr(oidc, "end_session_url", lambda *args: "")
    key, attempt = attempts.new("id")
    visitor.cookies[attempts.COOKIE] = key

    answer = visitor.get(reverse("portal:come_back"), {"state": attempt.state, "code": "1"})

    assert (answer.status_code, "Ingen klinikk her" in answer.content.decode()) == (403, True)
    assert visitor.get(HOME).status_code == 302

    later = timezone.now() + timedelta(minutes=1)
    again, found = logged_in(person_with(ClinicFactory())), sessions.session_of

    def ended_meanwhile(request: HttpRequest) -> Session | None:
        session = found(request)
        Session.objects.all().delete()
        return session

    monkeypatch.setattr(sessions, "session_of", ended_meanwhile)
    with time_machine.travel(later):
        assert again.get(HOME).status_code == 302


def test_what_was_done_while_the_session_ended_is_done_and_the_next_page_asks_for_log_in(
    visitor: Client, mine: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logged out at the provider or in another tab meanwhile: no error, whichever of its fields was to be written."""
    row, found = mine.appointment, sessions.session_of

    def ended_after(request: HttpRequest) -> Session | None:
        session = found(request)
        Session.objects.all().delete()
        return session

    with monkeypatch.context() as patched:
        patched.setattr(sessions, "session_of", ended_after)
        done = visitor.post(reverse("portal:cancel", args=[row.pk]), {"version": row.version})

    row.refresh_from_db()
    assert (row.status, done["Location"]) == ("cancelled", reverse("portal:appointment", args=[row.pk]))
    assert visitor.get(done["Location"])["Location"].startswith(reverse("portal:log_in"))
    link = reverse("portal:open", args=[mine.notification.token])
    for address, status in [(reverse("portal:choose", args=[mine.patient.pk]), 302), (link, 302), (HOME, 200)]:
        client = logged_in(mine.person)
        Session.objects.update(told=["Timen er avbestilt."])
        with monkeypatch.context() as patched:
            patched.setattr(sessions, "session_of", ended_after)
            answer = client.post(address) if "velg" in address else client.get(address)
        assert answer.status_code == status
