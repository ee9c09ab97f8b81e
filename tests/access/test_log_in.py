"""Log-in: password, then code; nobody is locked out by a stranger; old sessions end (spec A7, threats 6, 7, 10)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from clinics.models import Clinic, Role, User
from tests.access.people import code, colleague, enrol, logged_in
from tests.access.world import World
from tests.factories import ClinicFactory, MembershipFactory

PASSWORD = "riktig-hest-batteri"
FUZZ = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "http:///evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "evil.example",
]


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """Forget earlier attempts."""
    cache.clear()


@pytest.fixture
def user(here: World) -> User:
    """Someone who works at the clinic, with a password and no second factor yet."""
    user: User = MembershipFactory(clinic=here.clinic, role=Role.MANAGER).user
    user.set_password(PASSWORD)
    user.save()
    return user


def give_password(client: Client, user: User, password: str = PASSWORD, **extra: Any) -> Any:
    """Post the log-in form."""
    return client.post(reverse("account_login"), {"login": user.email, "password": password}, **extra)


def test_first_log_in_leads_to_enrolment_and_codes_once(user: User) -> None:
    client = Client()
    give_password(client, user)

    page = client.get("/", follow=True)
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code(secret)}, follow=True)

    assert page.redirect_chain[-1][0] == reverse("mfa_activate_totp")
    assert len(done.context["unused_codes"]) == 10
    assert client.get("/").status_code == 200


def test_afterwards_the_code_is_asked_for_before_anything_is_shown(user: User) -> None:
    client = Client()
    enrol(user)

    assert give_password(client, user)["Location"] == reverse("mfa_authenticate")
    assert client.get("/").status_code == 302
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.get("/").status_code == 302
    assert client.post(reverse("mfa_authenticate"), {"code": code()}).status_code == 302
    assert client.get("/").status_code == 200


def test_a_code_works_once(user: User) -> None:
    """Threat 7: TOTP replay."""
    enrol(user)
    first, second, used = Client(), Client(), code()
    for client in (first, second):
        give_password(client, user)
        client.post(reverse("mfa_authenticate"), {"code": used})

    assert first.get("/").status_code == 200
    assert second.get("/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_session_from_before_the_second_factor_ends(user: User) -> None:
    """Threat 7: whoever knew the password alone is thrown out when the owner enrols."""
    thief, owner = Client(), Client()
    give_password(thief, user)
    give_password(owner, user)
    thief.get("/")
    page = owner.get("/", follow=True)

    owner.post(reverse("mfa_activate_totp"), {"code": code(page.context["form"].secret)})

    assert owner.get("/").status_code == 200
    assert thief.get("/")["Location"].startswith("/konto/login/")


def test_failures_elsewhere_lock_nobody_out_here(user: User) -> None:
    """Threat 7: five failures lock the account for that address alone."""
    enrol(user)
    for _attempt in range(6):
        blocked = give_password(Client(), user, "feil", REMOTE_ADDR="203.0.113.9")

    also_right = give_password(Client(), user, REMOTE_ADDR="203.0.113.9")
    here = give_password(Client(), user, REMOTE_ADDR="198.51.100.7")

    assert "For mange forsøk" in blocked.content.decode()
    assert "For mange forsøk" in also_right.content.decode()
    assert here["Location"] == reverse("mfa_authenticate")


def test_an_unknown_address_is_answered_like_a_wrong_password(user: User) -> None:
    """Threat 8."""
    wrong = give_password(Client(), user, "feil").context["form"].non_field_errors()
    unknown = Client().post(reverse("account_login"), {"login": "ingen@example.com", "password": "feil"})

    assert unknown.context["form"].non_field_errors() == wrong
    assert wrong == ["E-postadressen eller passordet er feil."]


def test_a_session_has_an_absolute_age(here: World) -> None:
    """12 hours from log-in, whatever the activity (threat 6)."""
    client = logged_in(colleague(here.clinic))
    with time_machine.travel(time.time(), tick=False) as clock:
        for _quarter in range(48):
            assert client.get("/").status_code == 200
            clock.shift(timedelta(minutes=15))
        clock.shift(timedelta(seconds=1))

        assert client.get("/").status_code == 302


def test_an_idle_session_ends(here: World) -> None:
    """30 minutes without a request (threat 6)."""
    client = logged_in(colleague(here.clinic))
    client.get("/")

    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert client.get("/").status_code == 302


@pytest.mark.parametrize("page", ["risk:programmes", "bulk_send:bulk", "integrations:import_run"])
def test_a_page_that_asks_by_itself_keeps_nobody_logged_in(page: str, here: World) -> None:
    """A screen left on a page that follows something ends as any other, and goes to the log-in (threat 6)."""
    client = logged_in(colleague(here.clinic, "manager"))
    match = resolve(reverse(page, args=[1] if page != "risk:programmes" else []))
    assert match.func.prolongs is False
    url, polled = reverse("risk:programmes"), {"HX-Request": "true"}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert client.get(url).status_code == 200
        for _minute in range(29):
            clock.shift(timedelta(minutes=1))
            assert client.get(url, headers=polled).status_code == 200
        clock.shift(timedelta(minutes=2))

        assert client.get(url, headers=polled)["HX-Redirect"] == reverse("account_login")


@pytest.mark.parametrize("ended", ["user", "membership"])
def test_who_leaves_is_out_at_once(ended: str, here: World) -> None:
    user = colleague(here.clinic)
    client = logged_in(user)
    row = user if ended == "user" else user.memberships.get()
    row.is_active = False
    row.save()

    response = client.get("/")

    assert response.status_code == (302 if ended == "user" else 403)
    assert here.patient.family_name not in response.content.decode()


def test_without_clinic_there_is_help(db: None) -> None:
    user = enrol(User.objects.create_user("ingen@example.com"))

    response = logged_in(user).get("/")

    assert "Du er ikke knyttet til en klinikk" in response.content.decode()
    assert response.status_code == 403


@pytest.mark.parametrize("target", FUZZ)
def test_next_never_leaves_the_site(target: str, user: User) -> None:
    """Threat 10: after log-in and after a change of colours."""
    enrol(user)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD, "next": target})
    after_code = client.post(reverse("mfa_authenticate"), {"code": code(), "next": target})
    after_colours = client.post(reverse("clinics:appearance"), {"scheme": "dark", "next": target})

    assert after_code["Location"] == "/"
    assert after_colours["Location"] == "/"


def test_one_acts_for_one_clinic_at_a_time(here: World, elsewhere: World) -> None:
    """spec A7: the switcher changes what is seen, and only among one's own clinics."""
    user = colleague(here.clinic)
    MembershipFactory(user=user, clinic=elsewhere.clinic)
    stranger: Clinic = ClinicFactory()
    client = logged_in(user)
    card = reverse("overview:card", args=[elsewhere.patient.pk])

    before = client.get(card).status_code
    client.post(reverse("clinics:act_for", args=[elsewhere.clinic.pk]))

    assert (before, client.get(card).status_code) == (404, 200)
    assert client.post(reverse("clinics:act_for", args=[stranger.pk])).status_code == 404


def test_resetting_the_password_never_skips_the_code(user: User, mailoutbox: list[Any]) -> None:
    """Threat 7."""
    enrol(user)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = next(word for word in mailoutbox[0].body.split() if "/password/reset/key/" in word)
    form = client.get(link[link.index("/konto/") :], follow=True)
    client.post(
        form.context["action_url"], {"password1": "et-nytt-langt-passord", "password2": "et-nytt-langt-passord"}
    )

    assert client.get("/")["Location"].startswith("/konto/login/")
    assert give_password(client, user, "et-nytt-langt-passord")["Location"] == reverse("mfa_authenticate")
    assert Authenticator.objects.filter(user=user).count() == 1
