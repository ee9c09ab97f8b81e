"""Log-in at level 4 against the sandbox's provider over HTTP: the spoilt never enter (spec K1, threat 5)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import time_machine
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import Clinic
from patients.models import Patient, Person, PortalAccount
from portal import attempts
from portal.models import Attempt, Identity, LogIn, Session
from sandbox.oidc import CLAIM_MODES, OTHER_MODES
from tests.access.test_log_in import FUZZ
from tests.access.world import notice
from tests.factories import ClinicFactory, PatientFactory, PersonFactory
from tests.portal.provider import NUMBER, asked, log_in, picked
from tests.sandbox.running import Sandbox

START = "/min/logg-inn/sandkasse/"
BELIEVED = {"ok", "same-sub", "single-sign-on", "early-log-in"}
UNBELIEVED = sorted({*CLAIM_MODES, *OTHER_MODES} - BELIEVED - {"given-up", "down", "token-down"})
REASONS = {  # what the log says of a spoilt log-in; the others are told by the token's own error
    "low-acr": "acr",
    "no-acr": "acr",
    "old-log-in": "auth_time",
    "no-auth-time": "token_MissingClaimError",
    "no-pid": "pid",
    "bad-pid": "pid",
    "swapped-state": "state",
    "no-state": "state",
    "other-iss": "issuer",
    "no-id-token": "no_id_token",
    "expired": "token_ExpiredTokenError",
    "alg-none": "token_UnsupportedAlgorithmError",
    "hs256": "token_UnsupportedAlgorithmError",
    "wrong-signature": "token_BadSignatureError",
    "unknown-key": "token_InvalidKeyIdError",
}


@pytest.fixture
def clinic(db: None) -> Clinic:
    """A clinic with the person as a patient."""
    clinic: Clinic = ClinicFactory(alias="Nord")
    PatientFactory(clinic=clinic, person=PersonFactory(national_number=NUMBER), given_name="Lillian")
    return clinic


@pytest.fixture
def person(clinic: Clinic) -> Person:
    """The person whom the provider knows too."""
    return Person.objects.get(national_number=NUMBER)


def mode(provider: Sandbox, name: str) -> None:
    """Let the provider misbehave."""
    requests.put(provider.url + "/oidc/mode", json={"mode": name}, timeout=10).raise_for_status()


def assert_outside(client: Client, answer: Any) -> None:
    """Nobody is let in, nothing of anyone shows, and the page says how to try again."""
    text = answer.content.decode()
    assert "Lillian" not in text
    assert reverse("portal:log_in") in text
    assert client.get("/min/").status_code == 302
    assert not Session.objects.exists()
    assert not PortalAccount.objects.exists()
    assert not Attempt.objects.exists()


def test_a_good_log_in_enters_and_ends_at_the_provider_too(provider: Sandbox, person: Person) -> None:
    """spec K1, B4: the whole way, with what is asked of the provider, and the green icon's account."""
    client = Client()
    client.cookies[django_settings.PORTAL_COOKIE_NAME] = "plantet"

    began = client.get(START)
    wanted = asked(began)
    answer = client.get(picked(provider, wanted))

    assert wanted["code_challenge_method"] == "S256"
    assert (wanted["acr_values"], wanted["scope"], wanted["response_type"]) == ("idporten-loa-high", "openid", "code")
    assert NUMBER not in began["Location"]
    assert answer["Location"] == "/min/"
    assert client.cookies[django_settings.PORTAL_COOKIE_NAME].value not in {"plantet", ""}
    assert "Hei, Lillian" in client.get("/min/").content.decode()
    first = PortalAccount.objects.get(person=person)
    assert (LogIn.objects.get().method, Identity.objects.get().person) == ("TestID", person)
    assert Patient.objects.with_activity().get(person=person).is_active_user

    key = client.cookies[django_settings.PORTAL_COOKIE_NAME].value
    out = client.post(reverse("portal:log_out"))
    client.cookies[django_settings.PORTAL_COOKIE_NAME] = key
    assert client.get("/min/").status_code == 302
    assert asked({"Location": out.context["url"]}).keys() == {"client_id", "post_logout_redirect_uri"}  # no token (C4)
    there = requests.get(out.context["url"], allow_redirects=False, timeout=10)
    assert there.headers["Location"].endswith(reverse("portal:logged_out"))

    log_in(client, provider)
    assert PortalAccount.objects.get(person=person).last_login_at > first.last_login_at
    log_in(client, provider)
    assert Session.objects.count() == 1  # a new log-in in the same browser ends the old one


@pytest.mark.parametrize("how", UNBELIEVED)
def test_what_is_not_believed_lets_nobody_in(
    how: str, provider: Sandbox, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    mode(provider, how)

    with caplog.at_level(logging.WARNING, "portal"):
        answer = log_in(client, provider)

    assert answer.status_code == 403
    assert_outside(client, answer)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("portal")]
    assert len(said) == 1
    assert said[0].endswith(REASONS.get(how, said[0].split(": ")[1]))
    assert NUMBER not in caplog.text


def test_whoever_holds_the_phone_next_is_asked_who_they_are(provider: Sandbox, person: Person) -> None:
    """Threat 6: single sign-on leads in once; after the time-out or log-out here the provider must ask anew.

    One that does not, and hands out the former log-in again, is not believed.
    """
    client, phone = Client(), requests.Session()
    mode(provider, "single-sign-on")
    phone.post(f"{provider.url}/oidc/authorize", asked(Client().get(START)) | {"number": NUMBER}, allow_redirects=False)

    def pressed() -> Any:
        there = phone.get(client.get(START)["Location"], allow_redirects=False, timeout=10)
        return client.get(there.headers["Location"].removeprefix(provider.callback_url)) if there.is_redirect else there

    assert pressed()["Location"] == "/min/"  # they came from another service
    for leave in (lambda: Session.objects.all().delete(), lambda: client.post(reverse("portal:log_out"))):
        leave()
        assert "Velg en oppdiktet person" in pressed().text
        assert log_in(client, provider)["Location"] == "/min/"
    Session.objects.all().delete()
    mode(provider, "early-log-in")
    assert log_in(client, provider).status_code == 403
    assert log_in(Client(), provider)["Location"] == "/min/"


def replayed(client: Client, provider: Sandbox) -> Any:
    """Come back a second time with the very same address and cookie."""
    began = client.get(START)
    key = client.cookies[attempts.COOKIE].value
    address = picked(provider, asked(began))
    assert client.get(address).status_code == 302
    end(client)
    client.cookies[attempts.COOKIE] = key
    return client.get(address)


def old_code(client: Client, provider: Sandbox) -> Any:
    """Bring a code that has been used, in a log-in of one's own."""
    used = picked(provider, asked(client.get(START)))
    assert client.get(used).status_code == 302
    end(client)
    code = dict(part.split("=") for part in used.partition("?")[2].split("&"))["code"]
    state = asked(client.get(START))["state"]
    return client.get(f"/min/innlogget/?{urlencode({'code': code, 'state': state})}")


def anothers_code(client: Client, provider: Sandbox) -> Any:
    """Bring a fresh code that another browser asked for: its PKCE verifier is not ours."""
    code = asked_of(picked(provider, asked(Client().get(START))))["code"]
    state = asked(client.get(START))["state"]
    Attempt.objects.exclude(state=state).delete()
    return client.get(f"/min/innlogget/?{urlencode({'code': code, 'state': state})}")


def anothers_answer(client: Client, provider: Sandbox) -> Any:
    """Be led to the end of a log-in that another browser began (log-in CSRF)."""
    address = picked(provider, asked(Client().get(START)))
    answer = client.get(address)
    Attempt.objects.all().delete()  # the other's, who has not come back
    return answer


def too_late(client: Client, provider: Sandbox) -> Any:
    """Come back when the attempt has run out."""
    address = picked(provider, asked(client.get(START)))
    Attempt.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    return client.get(address)


def no_code(client: Client, provider: Sandbox) -> Any:
    """Come back with the right state and nothing else."""
    return client.get(f"/min/innlogget/?{urlencode({'state': asked(client.get(START))['state']})}")


def end(client: Client) -> None:
    """Log out, and leave no trace of the good log-in."""
    client.post(reverse("portal:log_out"))
    PortalAccount.objects.all().delete()


def asked_of(address: str) -> dict[str, str]:
    """Return an address's query."""
    return asked({"Location": address})


@pytest.mark.parametrize("spoil", [replayed, old_code, anothers_code, anothers_answer, too_late, no_code])
def test_a_log_in_is_the_browsers_own_and_ends_once(
    spoil: Callable[[Client, Sandbox], Any], provider: Sandbox, person: Person
) -> None:
    client = Client()

    answer = spoil(client, provider)

    assert answer.status_code == 403
    assert_outside(client, answer)


def test_nobody_is_let_in_when_the_provider_is_down_or_the_person_gives_up(provider: Sandbox, person: Person) -> None:
    """A clear page; and a failure is not remembered."""
    client = Client()
    for name, status, words in [
        ("down", 503, "svarer ikke akkurat nå"),
        ("token-down", 503, "svarer ikke akkurat nå"),
        ("given-up", 200, "Innloggingen ble avbrutt"),
    ]:
        mode(provider, name)
        answer = client.get(START) if name == "down" else log_in(client, provider)
        assert (answer.status_code, words in answer.content.decode()) == (status, True)
        assert_outside(client, answer)
    mode(provider, "ok")
    assert log_in(client, provider)["Location"] == "/min/"


def test_a_subject_stays_whose_it_was_and_a_stranger_is_told_so(provider: Sandbox, person: Person) -> None:
    """Threat 5: bound on issuer and subject. A person without a card is told so, and has no session."""
    client, other = Client(), PatientFactory(person=PersonFactory(national_number="10915596784")).person
    stranger = log_in(client, provider, number="15021951940")
    assert (stranger.status_code, "Ingen klinikk her" in stranger.content.decode()) == (403, True)
    assert client.get("/min/").status_code == 302
    mode(provider, "same-sub")
    log_in(Client(), provider)

    answer = log_in(client, provider, number=other.national_number)

    assert answer.status_code == 403
    assert not Session.objects.filter(person=other).exists()


def test_the_keys_may_change_and_are_not_asked_for_in_a_flood(provider: Sandbox, person: Person) -> None:
    """Keys are kept for a day; one that is not known is looked for at once, and again only after a minute."""
    name, old = f"oidc:keys:{provider.url}/oidc", requests.get(provider.url + "/oidc/jwks", timeout=10).json()
    old["keys"][0]["kid"] = "gammel"
    cache.set(name, old)

    assert log_in(Client(), provider)["Location"] == "/min/"
    cache.set(name, old)
    assert log_in(Client(), provider).status_code == 403


def test_a_notices_link_survives_log_in_and_is_nobody_elses(provider: Sandbox, clinic: Clinic, person: Person) -> None:
    """spec C5: to what it is about, at the clinic it is from; the provider never sees it, others learn nothing."""
    elsewhere = PatientFactory(person=person, clinic__alias="Sør")
    mine, theirs = notice(elsewhere), notice(PatientFactory(clinic=clinic, family_name="Kanarifugl"))
    client = Client()
    landing = client.get(reverse("portal:landing", args=[mine.token]))
    way = reverse("portal:start_from", args=[mine.token, "sandkasse"])
    assert way in landing.content.decode()
    began = client.get(way)
    assert mine.token not in began["Location"]

    answer = client.get(picked(provider, asked(began)), follow=True)
    again = client.get(reverse("portal:landing", args=[mine.token]), follow=True)
    others = [client.get(reverse("portal:landing", args=[token]), follow=True) for token in (theirs.token, "ukjent")]

    assert answer.redirect_chain[-1][0] == reverse("portal:messages")
    assert 'p-clinic">Sør' in answer.content.decode()
    assert again.redirect_chain[-1][0] == reverse("portal:messages")
    assert {other.status_code for other in others} == {404}
    assert "Kanarifugl" not in others[0].content.decode()
    assert len({other.content.decode().count("Lenken er ukjent") for other in others}) == 1


@pytest.mark.parametrize("target", [*FUZZ, "/pasienter/", "/min/timer/"])
def test_log_in_leads_to_the_portals_own_pages_only(target: str, provider: Sandbox, person: Person) -> None:
    """Threat 10: what is gone back to lies here, checked, and not with the provider."""
    answer = log_in(Client(), provider, path=f"{START}?{urlencode({'next': target})}")

    assert answer["Location"] == ("/min/timer/" if target == "/min/timer/" else "/min/")


def test_logging_out_at_the_provider_ends_it_here(provider: Sandbox, person: Person) -> None:
    """Front-channel logout: by issuer and session id together, in a frame of the provider's and no other's."""
    client, address = Client(), reverse("portal:logged_out_elsewhere")
    log_in(client, provider)
    session = Session.objects.get()
    right = {"iss": f"{provider.url}/oidc", "sid": session.provider_session}

    for wrong in ({**right, "sid": "x"}, {**right, "iss": "https://idporten.example"}, {"iss": right["iss"]}):
        Client().get(address, wrong)
        assert client.get("/min/").status_code == 200
    framed = Client().get(address, right)

    assert client.get("/min/").status_code == 302
    assert LogIn.objects.get().ending == LogIn.Ending.AT_PROVIDER
    assert f"frame-ancestors {provider.url}" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed


def test_odd_characters_are_no_link_no_page_and_no_session(provider: Sandbox, person: Person) -> None:
    """What cannot be in a table is not looked for there: no page of ours fails on it."""
    client, right = Client(), f"{provider.url}/oidc"
    log_in(client, provider)
    for token in ("%00", "a%00b", "%F0%9F%98%80", "%27%20or%201=1", "x" * 300):
        assert client.get(f"/min/varsel/{token}/").status_code == 404
        assert Client().get(f"/v/{token}/").status_code == 200
        assert Client().get(f"/v/{token}/inn/sandkasse/").status_code == 302
        assert Client().get(f"{START}?next=/min/{token}").status_code == 302
        assert Client().get(f"/min/innlogget/?state={token}&code={token}").status_code == 403
        assert Client().get(f"/min/logget-ut-hos/?iss={right}&sid={token}").status_code == 200
    assert Attempt.objects.exclude(token="").count() == 0
    assert client.get("/min/").status_code == 200


def test_an_address_that_tries_too_often_waits(provider: Sandbox) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        answers = [Client().get("/min/innlogget/").status_code for _attempt in range(61)]

    assert answers == [403] * 60 + [429]
