"""An invitation: one link, one use, seven days, one address, one clinic; nothing of other clinics (spec A7)."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics import inviting
from clinics.models import AuditAction, AuditEvent, Invitation, Membership, Role, User
from tests.access.people import enrol, logged_in
from tests.factories import ClinicFactory, MembershipFactory, UserFactory

NEW = {"email": "Ny@Example.com", "role": "clinician", "may_export": "on"}
PERSON = {"first_name": "Nils", "last_name": "Berg", "password1": "riktig-hest-batteri"}
PERSON |= {"password2": PERSON["password1"]}
TOO_OLD = timedelta(days=7, seconds=1)


def link_in(mail: Any) -> str:
    """Return the path in the mail's link."""
    return re.search(r"http://localhost:8000(/invitasjon/\S+)", mail.body)[1]


def page(client: Client, path: str) -> Any:
    """Follow the mail's link."""
    return client.get(path, follow=True)


@pytest.fixture
def sent(do: Any, mailoutbox: Any) -> str:
    """An invitation that was sent; its link."""
    do("invite", **NEW)
    return link_in(mailoutbox[0])


def test_a_new_colleague_gets_in_by_password_and_then_second_factor(sent, clinic) -> None:
    client = Client()
    shown = page(client, sent)
    joined = client.post(reverse("clinics:join"), PERSON, follow=True)

    membership = Membership.objects.get(user__email="ny@example.com")
    assert shown.redirect_chain == [(reverse("clinics:join"), 302)]
    assert joined.redirect_chain[-1][0] == reverse("mfa_activate_totp")
    assert (membership.clinic, membership.role, membership.may_export) == (clinic, Role.CLINICIAN, True)
    assert str(membership.user) == "Nils Berg"
    assert client.get(reverse("patients:search"))["Location"] == reverse("mfa_activate_totp")


def test_the_token_is_nowhere_but_in_the_mail(sent, caplog) -> None:
    """Not in the database, in an address that is shown, in a referrer or in a log."""
    token = sent.split("/")[2]
    client = Client()

    with caplog.at_level(logging.DEBUG):
        first = client.get(sent)
        shown = client.get(first["Location"])
        client.get(f"/invitasjon/{token}x/", follow=True)

    assert token not in shown.content.decode() + first["Location"] + caplog.text
    assert first["Referrer-Policy"] == "no-referrer"
    assert token not in str(Invitation.objects.values()) + str(AuditEvent.objects.values())
    assert token not in str(dict(client.session))


def test_looking_at_the_link_does_not_use_it_up(sent) -> None:
    """Mail filters open links."""
    page(Client(), sent)

    assert page(Client(), sent).status_code == 200


def test_it_works_once(sent) -> None:
    first, second = Client(), Client()
    page(first, sent)
    page(second, sent)
    first.post(reverse("clinics:join"), PERSON)

    again = second.post(reverse("clinics:join"), PERSON)

    assert (again.status_code, page(Client(), sent).status_code) == (410, 410)
    assert User.objects.filter(email="ny@example.com").count() == 1


@pytest.mark.parametrize("ended", ["old", "withdrawn", "sent again", "clinic out of use"])
def test_a_link_that_is_over_lets_nobody_in(ended, sent, do, clinic) -> None:
    client, row = Client(), Invitation.objects.get()
    page(client, sent)
    after = timezone.now() + timedelta(minutes=2)
    if ended == "old":
        after = timezone.now() + TOO_OLD
    elif ended == "withdrawn":
        do("invitation_withdraw", row.pk)
    elif ended == "sent again":
        Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
        do("invitation_again", row.pk)
    else:
        type(clinic).objects.filter(pk=clinic.pk).update(is_active=False)

    with time_machine.travel(after):
        answers = [page(Client(), sent).status_code, client.post(reverse("clinics:join"), PERSON).status_code]

    assert answers == [410, 410]
    assert not User.objects.filter(email="ny@example.com").exists()


def test_someone_who_works_elsewhere_logs_in_and_joins(do, mailoutbox, clinic) -> None:
    """The second factor they have stays; the manager learns nothing of the other clinic."""
    elsewhere = MembershipFactory(user__email="vikar@example.com")
    enrol(elsewhere.user)
    answer = do("invite", **NEW | {"email": "vikar@example.com"})
    stranger, owner = Client(), logged_in(elsewhere.user)
    asked = page(stranger, link_in(mailoutbox[0]))
    page(owner, link_in(mailoutbox[0]))

    tried = stranger.post(reverse("clinics:join"), PERSON)
    joined = owner.post(reverse("clinics:join"), follow=True)

    assert "Invitasjonen er sendt" in answer.content.decode()
    assert "/konto/login/?next=%2Finvitasjon%2F" in asked.content.decode()
    assert (tried.status_code, "Logg inn med den" in tried.content.decode()) == (200, True)
    assert joined.context["clinic"] == clinic
    assert Membership.objects.filter(user=elsewhere.user).count() == 2


def test_inviting_looks_the_same_whether_the_address_has_a_user_or_not(do, mailoutbox) -> None:
    UserFactory(email="finnes@example.com")

    answers = [
        do("invite", **NEW | {"email": email}).content.decode().replace(email, "") and mailoutbox[-1].body[:80]
        for email in ("finnes@example.com", "finnes.ikke@example.com")
    ]

    assert answers[0] == answers[1]
    assert len(mailoutbox) == 2


def test_the_link_is_of_no_use_to_another_user(sent, clinic) -> None:
    thief = logged_in(enrol(MembershipFactory().user))
    shown = page(thief, sent)

    refused = thief.post(reverse("clinics:join"), PERSON)

    assert "Logg ut, og åpne lenken i e-posten på nytt" in shown.content.decode()
    assert refused.status_code == 409
    assert Membership.objects.filter(clinic=clinic).count() == 1


def test_accepting_as_another_address_is_refused_by_the_service_too(sent) -> None:
    with pytest.raises(ValidationError, match="gjelder en annen adresse"):
        inviting.accept(Invitation.objects.get(), UserFactory())


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ("works here", "Adressen hører alt til en ansatt ved klinikken."),
        ("out of use", "Den ansatte er ute av bruk."),
        ("invited", "Adressen er alt invitert."),
    ],
)
def test_who_is_on_the_list_already_is_not_invited_again(standing, words, do, clinic, mailoutbox) -> None:
    if standing == "invited":
        do("invite", **NEW)
    else:
        MembershipFactory(clinic=clinic, user__email="ny@example.com", is_active=standing == "works here")
    before = len(mailoutbox)

    refused = do("invite", **NEW)

    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert "Ny@Example.com" in refused.content.decode()
    assert len(mailoutbox) == before


def test_the_database_refuses_a_second_open_invitation(sent, clinic, boss) -> None:
    twin = {"clinic": clinic, "email": "NY@example.com", "role": "manager", "invited_by": boss}

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(**twin, token_hash="x", expires_at=timezone.now())


def test_pressing_send_again_twice_sends_once(sent, do, mailoutbox) -> None:
    row = Invitation.objects.get()
    Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=2))

    first, second = do("invitation_again", row.pk), do("invitation_again", row.pk)

    assert "Invitasjonen er sendt" in first.content.decode()
    assert "Vent ett minutt" in second.content.decode()
    assert len(mailoutbox) == 2
    assert page(Client(), link_in(mailoutbox[1])).status_code == 200


def test_mail_that_does_not_go_is_said_and_can_be_sent_again(do, monkeypatch, caplog) -> None:
    def broken(*args: object, **kwargs: object) -> int:
        raise SMTPServerDisconnected("ny@example.com")

    monkeypatch.setattr("clinics.mail.send_mail", broken)

    answer = do("invite", **NEW)

    assert "E-posten ble ikke sendt" in answer.content.decode()
    assert "Ikke sendt" in answer.content.decode()
    assert Invitation.objects.get().sent_at is None
    assert "ny@example.com" not in caplog.text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password1": "kort-passord", "password2": "noe annet her"}, "Passordene er ikke like."),
        ({"password1": "kortpassor!", "password2": "kortpassor!"}, "Passordet er for kort. Det må ha minst 12 tegn."),
        ({"password1": "qwerty123456", "password2": "qwerty123456"}, "for vanlig"),
        ({"password1": "ny@example.com", "password2": "ny@example.com"}, "for likt"),
        ({"first_name": ""}, "Feltet er påkrevet"),
    ],
)
def test_what_is_refused_is_said_in_bokmal_and_what_was_typed_stays(given, words, sent) -> None:
    client = Client()
    page(client, sent)

    refused = client.post(reverse("clinics:join"), PERSON | given)

    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert "Berg" in refused.content.decode()
    assert PERSON["password1"] not in refused.content.decode()
    assert not User.objects.filter(email="ny@example.com").exists()


def test_everything_is_logged_by_ids(sent, do) -> None:
    client = Client()
    page(client, sent)
    client.post(reverse("clinics:join"), PERSON)

    row, membership = Invitation.objects.get(), Membership.objects.get(user__email="ny@example.com")
    said = list(AuditEvent.objects.filter(action=AuditAction.STAFF).order_by("pk").values_list("what", flat=True))
    assert said == [f"invitation {row.pk}: invited", f"invitation {row.pk}: accepted, membership {membership.pk}"]


def test_invitations_of_other_clinics_are_not_shown(manager) -> None:
    other = MembershipFactory(clinic=ClinicFactory(), role=Role.MANAGER)
    far = timezone.now() + timedelta(days=1)
    Invitation.objects.create(
        clinic=other.clinic,
        email="fjern@example.com",
        role="manager",
        token_hash="x",
        invited_by=other.user,
        expires_at=far,
    )

    assert "fjern@example.com" not in manager.get(reverse("clinics:staff")).content.decode()
