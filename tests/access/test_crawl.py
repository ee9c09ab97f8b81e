"""Every URL × method × role: what is another clinic's, another role's or nobody's stays so (spec A7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from clinics.access import rights_of
from clinics.gate import PATIENT, SIGNED_IN
from clinics.middleware import OPEN_VIEWS
from clinics.models import AuditAction, AuditEvent, Role, User
from patients.models import Patient
from tests.access.people import colleague, logged_in, supporter
from tests.access.world import FAMILY_NAME, ROWS, SIGNED, Page, World, rows, unnamed, urls
from tests.factories import MembershipFactory, UserFactory

pytestmark = [pytest.mark.postgres]  # gates do not depend on the database: crawling once is enough
PAGES = urls()
OURS = [address for address in PAGES if address.is_ours]
LOCKED = [address for address in OURS if address.right not in (None, PATIENT)]  # patients': tests/portal/test_crawl.py
ADMIN = [address for address in PAGES if address.name.startswith("admin:")]
METHODS = ["get", "post"]
NOT_YET = {"integrations:import_report"}  # an import that has not run has no report


class Faults(list[str]):
    """What was wrong, by address: one world serves a whole crawl, and each address finds it as it was made."""

    @contextmanager
    def at(self, address: Page) -> Iterator[None]:
        """Try one address; whatever it changes is undone."""
        savepoint = transaction.savepoint()
        try:
            yield
        except AssertionError as wrong:
            self.append(f"{address.name}: {wrong}")
        finally:
            transaction.savepoint_rollback(savepoint)


def test_every_url_has_a_name() -> None:
    """A URL without a name would escape the crawl; only Django admin has some: old links and its catch-all."""
    assert set(unnamed(get_resolver())) <= {"<path:object_id>/", "(?P<url>.*)$"}


def test_every_url_with_kwargs_is_registered(here: World) -> None:
    for address in PAGES:
        address.url(here)  # raises LookupError for one that is not


def test_every_page_says_what_it_needs() -> None:
    """Deny by default: an unmarked view is refused to everyone (spec A7)."""
    assert [address.name for address in OURS if address.right == "unmarked"] == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", Role.values)
def test_another_clinics_rows_do_not_exist(role: str, method: str, here: World, elsewhere: World) -> None:
    """spec A7: 404, never 403 and never a change; 405 says nothing of the row either."""
    user, faults = colleague(here.clinic, role), Faults()
    before = rows()
    for address in [address for address in OURS if address.name in ROWS]:
        allowed = address.right == SIGNED_IN or address.right in rights_of(user.memberships.get())
        with faults.at(address):
            response = getattr(logged_in(user), method)(
                address.url(elsewhere), {"consent": "withdrawn", "method": "sms", "notices": "off"}
            )
            assert response.status_code in ({404, 405} if allowed else {403})
            assert FAMILY_NAME not in response.content.decode()
            assert without_log_in(rows()) == without_log_in(before)
    assert not faults, "\n".join(faults)


def without_log_in(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what logging in writes: the time of it."""
    return {label: lines for label, lines in found.items() if label != "clinics.User"}


@pytest.mark.parametrize("role", Role.values)
def test_the_matrix_decides(role: str, here: World) -> None:
    """spec A7: a role that may not gets 403, and the attempt is in the log."""
    user, faults = colleague(here.clinic, role), Faults()
    for address in LOCKED:
        allowed = address.right == SIGNED_IN or address.right in rights_of(user.memberships.get())
        with faults.at(address):
            response = logged_in(user).get(address.url(here))
            refusals = AuditEvent.objects.filter(action=AuditAction.REFUSED, actor=user, clinic=here.clinic)
            assert (response.status_code != 403) == allowed
            assert refusals.count() == (0 if allowed else 1)
    assert not faults, "\n".join(faults)


def test_looking_changes_nothing(here: World) -> None:
    """No GET has side effects (threat 9), and every address that answers 200 has the headers (threat 25)."""
    client, faults = logged_in(colleague(here.clinic, Role.MANAGER)), Faults()
    client.get("/")
    before = rows()
    for address in LOCKED:
        with faults.at(address):
            response = client.get(address.url(here))
            assert response.status_code in ({404} if address.name in NOT_YET else {200, 405})
            assert rows() == before
            assert_headers(response)
    assert not faults, "\n".join(faults)


def assert_headers(response: Any) -> None:
    """Every answer carries the headers."""
    csp = response["Content-Security-Policy"]
    assert "unsafe" not in csp
    assert "object-src 'none'" in csp
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert "no-store" in response["Cache-Control"]
    # Not no-referrer: browsers then post forms with «Origin: null», which the CSRF check refuses.
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_is_sent_to_log_in(method: str, here: World) -> None:
    faults = Faults()
    for address in LOCKED:
        with faults.at(address):
            response = getattr(Client(), method)(address.url(here))
            assert response.status_code == 302
            assert response["Location"].startswith("/konto/login/")
            assert FAMILY_NAME not in response.content.decode()
            assert_headers(response)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("method", METHODS)
def test_without_second_factor_there_is_only_enrolment(method: str, here: World) -> None:
    """Threat 7: the second factor is mandatory, whatever the address."""
    user, faults = MembershipFactory(clinic=here.clinic, role=Role.MANAGER).user, Faults()
    for address in LOCKED:
        with faults.at(address):
            response = getattr(logged_in(user), method)(address.url(here))
            assert response.status_code == 302
            assert response["Location"] == "/konto/2fa/totp/activate/"
    assert not faults, "\n".join(faults)


def test_every_post_needs_its_token(here: World) -> None:
    """Threat 9: without a CSRF token a POST is refused, in our own words."""
    client, faults = logged_in(colleague(here.clinic, Role.MANAGER), enforce_csrf_checks=True), Faults()
    before = without_log_in(rows())
    for address in [address for address in PAGES if not address.name.startswith(SIGNED)]:
        with faults.at(address):
            response = client.post(address.url(here), {"notices": "off"})
            assert response.status_code == 403
            assert "Skjemaet er for gammelt" in response.content.decode()
            assert without_log_in(rows()) == before
    assert not faults, "\n".join(faults)


def test_staff_at_clinics_never_reach_the_admin(here: World) -> None:
    """spec A7: support administers; a clinic manager is refused, and it is logged."""
    user, faults = colleague(here.clinic, Role.MANAGER), Faults()
    for address in ADMIN:
        with faults.at(address):
            response = logged_in(user).get(address.url(here))
            assert response.status_code == 403
            assert AuditEvent.objects.filter(action=AuditAction.REFUSED, actor=user).count() == 1
    assert not faults, "\n".join(faults)


def test_the_admin_needs_log_in_and_second_factor(here: World) -> None:
    support, faults = UserFactory(is_staff=True, is_superuser=True), Faults()
    for address in ADMIN:
        with faults.at(address):
            assert Client().get(address.url(here))["Location"].startswith("/konto/login/")
            assert logged_in(support).get(address.url(here))["Location"] == "/konto/2fa/totp/activate/"
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("method", METHODS)
def test_support_sees_no_patients(method: str, here: World) -> None:
    """spec A7: support administers clinics and staff, and sees no patient anywhere."""
    support, before, faults = supporter(), list(Patient.objects.order_by("pk").values()), Faults()
    for address in PAGES:
        with faults.at(address):
            response = getattr(logged_in(support), method)(address.url(here), follow=True)
            assert FAMILY_NAME not in response.content.decode()
            assert here.patient.email not in response.content.decode()
            assert list(Patient.objects.order_by("pk").values()) == before
            if address in LOCKED and address.right != SIGNED_IN and address.name != "overview:home":
                assert response.status_code == 403
    assert not faults, "\n".join(faults)


def test_allauths_views_are_open_only_by_name(here: World) -> None:
    """A view of allauth's that nobody listed is refused: no change of log-in address, no sign-up."""
    client = logged_in(colleague(here.clinic, Role.MANAGER))

    for name in ("account_email", "account_signup", "account_set_password", "mfa_download_recovery_codes"):
        address = next(address for address in PAGES if address.name == name)
        assert client.post(address.url(here)).status_code == 403
        assert Client().get(address.url(here)).status_code == 302
    assert all(any(address.name == name for address in PAGES) for name in OPEN_VIEWS)


def test_recovery_codes_alone_are_no_second_factor(here: World) -> None:
    user: User = MembershipFactory(clinic=here.clinic).user
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x", "used_mask": 0})

    assert logged_in(user).get("/")["Location"] == "/konto/2fa/totp/activate/"
