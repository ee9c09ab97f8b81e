"""The manager administers colleagues at the own clinic, and nothing beyond it (spec A7)."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinics import staffing
from clinics.models import AuditAction, AuditEvent, Membership, Role
from tests.access.people import enrol, logged_in
from tests.factories import MembershipFactory, UserFactory

ACCESS = {"role": "clinician", "may_bulk_send": "on", "as_seen": "secretary:0:0:1"}


def text(response: Any) -> str:
    """Return the page."""
    return str(response.content.decode())


def lines(what: str) -> int:
    """Count the log's lines on changed access that say so."""
    return AuditEvent.objects.filter(action=AuditAction.STAFF, what__contains=what).count()


def test_the_list_says_what_a_manager_needs(manager, colleague) -> None:
    MembershipFactory(clinic=colleague.clinic, user=UserFactory(first_name="Ola", last_name="Ute"), is_active=False)

    page = text(manager.get(reverse("clinics:staff")))

    for word in (colleague.user.email, "Helsesekretær", "Satt opp", "Ikke satt opp", "Ute av bruk", "Ola Ute", "(deg)"):
        assert word in page


def test_the_list_takes_the_same_queries_for_3_as_for_30(manager, clinic, django_assert_max_num_queries) -> None:
    manager.get("/")
    for size in (3, 30):
        MembershipFactory.create_batch(size, clinic=clinic)
        with django_assert_max_num_queries(14) as found:
            manager.get(reverse("clinics:staff"))
        if size == 3:
            few = len(found)
    assert len(found) == few


def test_a_user_of_two_clinics_is_shown_with_the_role_here_alone(manager, colleague) -> None:
    elsewhere = MembershipFactory(user=colleague.user, role=Role.MANAGER, clinic__name="Den andre klinikken")

    page = text(manager.get(reverse("clinics:staff")))

    assert "Den andre klinikken" not in page
    assert manager.get(reverse("clinics:access", args=[elsewhere.pk])).status_code == 404


def test_role_and_grants_are_changed_and_logged(do, colleague) -> None:
    do("access", colleague.pk, **ACCESS)

    colleague.refresh_from_db()
    assert (colleague.role, colleague.may_bulk_send, colleague.may_export) == (Role.CLINICIAN, True, False)
    assert lines(f"membership {colleague.pk}: role, may_bulk_send") == 1


def test_the_second_of_two_managers_sees_what_the_first_did(do, colleague) -> None:
    Membership.objects.filter(pk=colleague.pk).update(may_export=True)

    refused = do("access", colleague.pk, **ACCESS)
    seen = refused.context["form"]["as_seen"].value()
    colleague.refresh_from_db()
    role_meanwhile = colleague.role
    do("access", colleague.pk, **ACCESS | {"as_seen": seen})

    colleague.refresh_from_db()
    assert refused.status_code == 422
    assert "En annen har endret tilgangen imens: Helsesekretær, eksport" in text(refused)
    assert (role_meanwhile, colleague.role) == (Role.SECRETARY, Role.CLINICIAN)


def test_access_sent_twice_is_changed_once_and_nobody_else_is_blamed(do, colleague) -> None:
    """Threat 28: the very form that was sent before is no colleague's change."""
    same = ACCESS | {"as_seen": staffing.seen(colleague)}

    answers = [do("access", colleague.pk, **same) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert lines(f"membership {colleague.pk}: role, may_bulk_send") == 1


@pytest.mark.parametrize("name", ["access", "out_of_use", "reset_code"])
def test_nobody_changes_their_own_access(name, do, boss) -> None:
    mine = boss.memberships.get()

    response = do(name, mine.pk, role="secretary", as_seen="manager:0:0:1")

    mine.refresh_from_db()
    assert "Din egen tilgang må en annen klinikkleder" in text(response)
    assert (mine.role, mine.is_active, Authenticator.objects.filter(user=boss).count()) == (Role.MANAGER, True, 1)


def test_who_is_taken_out_of_use_is_out_at_the_next_click_and_can_come_back(do, colleague) -> None:
    client = logged_in(colleague.user)
    client.get("/")

    do("out_of_use", colleague.pk)
    after = client.get("/")
    do("out_of_use", colleague.pk)
    out = lines(": out of use")
    do("in_use", colleague.pk)
    do("in_use", colleague.pk)

    assert after["Location"].startswith("/konto/login/")
    assert (out, lines(": in use")) == (1, 1)
    assert logged_in(colleague.user).get("/").status_code == 200


def test_a_session_never_goes_on_at_another_clinic_by_itself(do, colleague) -> None:
    """What was typed at one clinic must not be saved at the other."""
    other = MembershipFactory(user=colleague.user)
    here, there = logged_in(colleague.user), logged_in(colleague.user)
    here.get("/")
    there.post(reverse("clinics:act_for", args=[other.clinic_id]))
    there.get("/")

    do("out_of_use", colleague.pk)

    assert here.post(reverse("patients:register"), {"given_name": "Kari"})["Location"].startswith("/konto/login/")
    assert there.get("/").status_code == 200


@pytest.mark.parametrize("change", ["out_of_use", "role"])
def test_the_last_manager_stays(change, colleague, clinic, boss) -> None:
    """A manager who was closed out by support meanwhile does not leave the clinic without one."""
    other = MembershipFactory(clinic=clinic, role=Role.MANAGER, user__is_active=False)
    third = MembershipFactory(clinic=clinic, role=Role.MANAGER)
    boss.is_active = False
    boss.save()
    given = {"role": Role.SECRETARY, "may_bulk_send": False, "may_export": False, "as_seen": "manager:0:0:1"}

    act = partial(staffing.change, **given) if change == "role" else staffing.take_out_of_use

    with pytest.raises(ValidationError, match="minst én klinikkleder"):
        act(third, by=boss)

    third.refresh_from_db()
    assert (third.role, third.is_active, other.is_active) == (Role.MANAGER, True, True)


def test_a_manager_who_is_one_no_longer_changes_nothing(boss, colleague) -> None:
    boss.memberships.update(role=Role.SECRETARY)

    with pytest.raises(ValidationError, match="ikke lenger klinikkleder"):
        staffing.take_out_of_use(colleague, by=boss)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_managers_who_end_each_other_at_once_leave_one(clinic, boss) -> None:
    other = MembershipFactory(clinic=clinic, role=Role.MANAGER)
    mine, refused, start = boss.memberships.get(), [], threading.Barrier(2)

    def end(row: Membership, by: Any) -> None:
        start.wait()
        try:
            staffing.take_out_of_use(row, by=by)
        except ValidationError as error:
            refused.append(error)
        finally:
            connection.close()

    pair = [threading.Thread(target=end, args=args) for args in ((mine, other.user), (other, boss))]
    for one in pair:
        one.start()
    for one in pair:
        one.join()

    assert len(refused) == 1
    assert Membership.objects.filter(clinic=clinic, role=Role.MANAGER, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_is_reset_told_and_logged(do, colleague, mailoutbox) -> None:
    Authenticator.objects.create(user=colleague.user, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    client = logged_in(colleague.user)
    client.get("/")

    do("reset_code", colleague.pk)

    assert not Authenticator.objects.filter(user=colleague.user).exists()
    assert client.get("/")["Location"].startswith("/konto/login/")
    assert [mail.to for mail in mailoutbox] == [[colleague.user.email]]
    assert lines("second factor reset") == 1
    assert logged_in(colleague.user).get("/")["Location"] == reverse("mfa_activate_totp")


@pytest.mark.parametrize("who", ["works elsewhere", "support", "out of use"])
def test_a_second_factor_beyond_the_clinic_is_left_to_support(who, do, colleague, mailoutbox) -> None:
    if who == "works elsewhere":
        MembershipFactory(user=colleague.user)
    elif who == "support":
        colleague.user.is_staff = True
        colleague.user.save()
    else:
        Membership.objects.filter(pk=colleague.pk).update(is_active=False)

    response = do("reset_code", colleague.pk)

    assert "bare nullstilles av brukerstøtte" in text(response)
    assert Authenticator.objects.filter(user=colleague.user).count() == 1
    assert mailoutbox == []


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.CLINICIAN])
def test_others_than_managers_change_nobody(role, clinic, colleague) -> None:
    client: Client = logged_in(enrol(MembershipFactory(clinic=clinic, role=role, may_bulk_send=True).user))

    answers = [
        client.post(reverse(f"clinics:{name}", args=[colleague.pk]), ACCESS)
        for name in ("access", "out_of_use", "in_use", "reset_code")
    ]

    colleague.refresh_from_db()
    assert {answer.status_code for answer in answers} == {403}
    assert (colleague.role, colleague.is_active) == (Role.SECRETARY, True)
