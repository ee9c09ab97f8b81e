"""Failed log-ins hurt whoever makes them, never the colleague whose account they aim at (spec A7, threat 7)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.urls import reverse

from clinics.models import Membership, User
from tests.access.people import code, logged_in

PASSWORD = "riktig-hest-batteri"
ATTACKER, OWNER = "203.0.113.9", "198.51.100.7"
TOO_MANY = "For mange forsøk"


@pytest.fixture
def owner(colleague: Membership) -> User:
    """The colleague someone aims at; has password, app and recovery codes."""
    colleague.user.set_password(PASSWORD)
    colleague.user.save()
    RecoveryCodes.activate(colleague.user)
    return colleague.user


def give_password(client: Client, user: User, password: str = PASSWORD, **extra: Any) -> Any:
    """Post the log-in form."""
    return client.post(reverse("account_login"), {"login": user.email, "password": password}, **extra)


def give_code(client: Client, given: str, **extra: Any) -> Any:
    """Post the second factor."""
    return client.post(reverse("mfa_authenticate"), {"code": given}, **extra)


def log_in(client: Client, user: User, given: str | None = None, **extra: Any) -> bool:
    """Log in with the right password and code; whether it worked."""
    give_password(client, user, **extra)
    give_code(client, given or code(), **extra)
    return bool(client.get("/", **extra).status_code == 200)


def fail(user: User, times: int, **extra: Any) -> Any:
    """Try wrong passwords, each from a browser of its own."""
    for _attempt in range(times):
        answer = give_password(Client(), user, "feil-passord-her", **extra)
    return answer


def guess_codes(user: User, times: int, **extra: Any) -> Any:
    """Try wrong codes with the right password."""
    client = Client()
    give_password(client, user, **extra)
    for _attempt in range(times):
        answer = give_code(client, "000000", **extra)
    return answer


def test_wrong_passwords_elsewhere_leave_the_owner_in(owner: User) -> None:
    blocked = fail(owner, 6, REMOTE_ADDR=ATTACKER)

    assert TOO_MANY in blocked.content.decode()
    assert log_in(Client(), owner, REMOTE_ADDR=OWNER)


def test_wrong_codes_elsewhere_leave_the_owner_in(owner: User) -> None:
    """allauth counts codes by the account alone; whoever had the password could keep the owner out."""
    blocked = guess_codes(owner, 6, REMOTE_ADDR=ATTACKER)

    assert TOO_MANY in blocked.content.decode()
    assert log_in(Client(), owner, REMOTE_ADDR=OWNER)


def test_the_right_code_is_refused_too_after_many_wrong_ones(owner: User) -> None:
    client = Client()
    give_password(client, owner)
    for _attempt in range(5):
        give_code(client, "000000")

    blocked = give_code(client, code())

    assert TOO_MANY in blocked.content.decode()
    assert client.get("/").status_code == 302


def test_codes_may_be_tried_again_after_five_minutes(owner: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        guess_codes(owner, 6)
        clock.shift(timedelta(minutes=5, seconds=1))

        assert log_in(Client(), owner)


def test_a_colleague_in_the_same_office_locks_nobody_out_of_a_known_browser(owner: User) -> None:
    """A clinic's staff share an address: the browser one has logged in from counts by itself."""
    mine = Client()
    with time_machine.travel(time.time(), tick=False) as clock:
        assert log_in(mine, owner, REMOTE_ADDR=OWNER)
        mine.post(reverse("account_logout"))
        clock.shift(timedelta(minutes=2))
        blocked = fail(owner, 12, REMOTE_ADDR=OWNER)

        assert TOO_MANY in blocked.content.decode()
        assert TOO_MANY in give_password(Client(), owner, REMOTE_ADDR=OWNER).content.decode()
        assert log_in(mine, owner, REMOTE_ADDR=OWNER)


def test_a_known_browser_is_limited_as_well(owner: User) -> None:
    client = Client()
    log_in(client, owner)
    client.post(reverse("account_logout"))
    for _attempt in range(5):
        give_password(client, owner, "feil-passord-her", REMOTE_ADDR=ATTACKER)

    assert TOO_MANY in give_password(client, owner, REMOTE_ADDR=ATTACKER).content.decode()


def test_a_browser_is_known_to_the_account_that_logged_in_and_no_other(owner: User, boss: User) -> None:
    """The cookie opens no other colleague's bucket, and one that is made up opens none."""
    client = Client()
    log_in(client, owner)
    client.post(reverse("account_logout"))
    name = next(name for name in client.cookies if name.startswith("kjent-"))
    forged = Client()
    forged.cookies[name] = "a:b:c"
    for _attempt in range(6):
        other = give_password(client, boss, "feil-passord-her", REMOTE_ADDR=ATTACKER)
        made_up = give_password(forged, owner, "feil-passord-her", REMOTE_ADDR="203.0.113.77")

    cookie = client.cookies[name]
    assert TOO_MANY in other.content.decode()
    assert TOO_MANY in made_up.content.decode()
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert owner.email not in str(client.cookies)


def test_one_address_is_limited_whatever_accounts_it_tries(owner: User) -> None:
    for number in range(10):
        Client().post(
            reverse("account_login"),
            {"login": f"ukjent{number}@example.com", "password": "feil-passord-her"},
            REMOTE_ADDR=ATTACKER,
        )

    assert TOO_MANY in give_password(Client(), owner, REMOTE_ADDR=ATTACKER).content.decode()
    assert log_in(Client(), owner, REMOTE_ADDR=OWNER)


def test_ipv6_addresses_of_one_network_count_as_one(owner: User) -> None:
    for number in range(6):
        blocked = give_password(Client(), owner, "feil-passord-her", REMOTE_ADDR=f"2001:db8:1:1::{number + 1:x}")

    assert TOO_MANY in blocked.content.decode()


@pytest.mark.parametrize(("proxies", "is_blocked"), [(0, True), (1, False)])
def test_only_a_trusted_proxy_says_where_one_comes_from(
    proxies: int, is_blocked: bool, owner: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """TRUSTED_PROXY_COUNT: without a proxy the header is the client's own invention."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for number in range(6):
        answer = give_password(
            Client(), owner, "feil-passord-her", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}"
        )

    assert (TOO_MANY in answer.content.decode()) is is_blocked


def test_what_a_client_adds_before_the_proxy_changes_nothing(owner: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(6):
        given = f"198.51.100.{number}, {ATTACKER}"
        answer = give_password(Client(), owner, "feil-passord-her", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=given)

    assert TOO_MANY in answer.content.decode()


def test_the_owner_hears_once_that_the_password_is_known(owner: User, mailoutbox: Any) -> None:
    for number in range(3):
        guess_codes(owner, 7, REMOTE_ADDR=f"203.0.113.{number + 1}")

    assert [mail.to for mail in mailoutbox] == [[owner.email]]
    assert "/konto/password/reset/" in mailoutbox[0].body


def test_a_recovery_code_lets_in_once(owner: User) -> None:
    codes = Authenticator.objects.get(user=owner, type="recovery_codes").wrap().get_unused_codes()

    assert log_in(Client(), owner, codes[0])
    assert not log_in(Client(), owner, codes[0])
    assert log_in(Client(), owner, codes[1])


def test_new_recovery_codes_are_shown_once_and_end_the_old_ones(owner: User) -> None:
    old = Authenticator.objects.get(user=owner, type="recovery_codes").wrap().get_unused_codes()
    client = Client()
    log_in(client, owner)

    made = client.post(reverse("mfa_generate_recovery_codes"), follow=True)
    new = made.context["unused_codes"]
    again = client.get(reverse("mfa_view_recovery_codes"))

    assert len(new) == 10
    assert not set(new) & set(old)
    assert all(one in made.content.decode() for one in new)
    assert not any(one in again.content.decode() for one in new)
    assert not log_in(Client(), owner, old[0])
    assert log_in(Client(), owner, new[0])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"oldpassword": "feil-passord-her"}, "Skriv passordet du har nå."),
        ({"password1": "kortpassor!", "password2": "kortpassor!"}, "Passordet er for kort. Det må ha minst 12 tegn."),
        ({"password1": "qwerty123456", "password2": "qwerty123456"}, "for vanlig"),
        ({"password1": "ansattkariholm", "password2": "noe-helt-annet"}, "samme"),
    ],
)
def test_password_rules_are_told_in_bokmal(given: dict[str, str], words: str, owner: User) -> None:
    client = Client()
    log_in(client, owner)
    form = {"oldpassword": PASSWORD, "password1": "et-nytt-langt-ord", "password2": "et-nytt-langt-ord"}

    refused = client.post(reverse("account_change_password"), form | given)

    owner.refresh_from_db()
    assert words in refused.content.decode()
    assert owner.check_password(PASSWORD)


def test_a_new_password_ends_other_sessions_and_keeps_ones_own(owner: User) -> None:
    client, other = Client(), logged_in(owner)
    log_in(client, owner)
    other.get("/")
    form = {"oldpassword": PASSWORD, "password1": "et-nytt-langt-ord", "password2": "et-nytt-langt-ord"}

    client.post(reverse("account_change_password"), form)

    assert client.get("/").status_code == 200
    assert other.get("/")["Location"].startswith("/konto/login/")


def test_a_session_has_a_new_key_after_log_in(owner: User) -> None:
    """Session fixation: what was known before log-in is worth nothing after it."""
    client = Client()
    client.get(reverse("clinics:invitation_link", args=["x" * 22]))
    before = client.session.session_key

    assert log_in(client, owner)
    assert before
    assert client.session.session_key != before


def test_the_password_is_asked_for_before_a_change_of_security(owner: User) -> None:
    """And one's own mistakes there lock no colleague."""
    client = Client()
    with time_machine.travel(time.time(), tick=False) as clock:
        log_in(client, owner)
        clock.shift(timedelta(minutes=16))
        asked = client.get(reverse("mfa_generate_recovery_codes"))
        url = asked["Location"]
        given = client.post(url, {"password": PASSWORD, "code": code()})

        assert "reauthenticate" in url
        assert given.status_code == 302
        assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
