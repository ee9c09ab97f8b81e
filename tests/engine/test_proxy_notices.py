"""Notices for a card with a proxy go to the proxy, while the relation lasts and no longer (spec K2, B1, C1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fhir_api.patients
from clinics.models import AuditEvent, Clinic, User
from notifications import dispatch, reach, why
from notifications.kinds import Channel, DeliveryState, Lane, Reason
from notifications.models import Delivery
from patients import proxy_notices, receiving
from patients.contact import change_contact, change_contact_as_person
from patients.models import DeadContact, Patient, Proxy, PushSubscription
from portal import codes
from tests.access.people import colleague
from tests.access.people import logged_in as staff_client
from tests.engine.conftest import MemoryProvider, run_engine
from tests.factories import ClinicFactory, PatientFactory, PersonFactory
from tests.portal.visitors import logged_in

OWN = {"email": "barn@example.com", "mobile": "+4742000009"}


@pytest.fixture
def child(clinic: Clinic) -> Patient:
    """A patient of fifteen with values of their own, one of them known to be dead."""
    made: Patient = PatientFactory(
        clinic=clinic, person=PersonFactory(), given_name="Barnet", email_dead=DeadContact.HARD_BOUNCE, **OWN
    )
    return made


@pytest.fixture
def parent(clinic: Clinic) -> Patient:
    """A patient there who acts for the child."""
    made: Patient = PatientFactory(clinic=clinic, person=PersonFactory(), email="mor@example.com", mobile="")
    return made


@pytest.fixture
def proxy(child: Patient, parent: Patient, staff: User) -> Proxy:
    """The relation, which ends with 30 November 2026."""
    return related(child, parent, staff)


@pytest.fixture
def desk(clinic: Clinic, settings: Any) -> Client:
    """A colleague's browser."""
    settings.WHITENOISE_AUTOREFRESH = True
    return staff_client(colleague(clinic))


def related(child: Patient, parent: Patient, by: User, **fields: Any) -> Proxy:
    """Record a relation as the calendar will have it."""
    known = {"valid_from": date(2026, 11, 1), "valid_to": date(2026, 11, 30)} | fields
    return Proxy.objects.create(
        clinic=child.clinic, patient=child, person=parent.person, kind="FO", recorded_by=by, **known
    )


def carried(card: Patient) -> tuple[str, str]:
    """Return where the card's notices go now."""
    card.refresh_from_db()
    return card.email, card.mobile


def subscribed(card: Patient, name: str) -> PushSubscription:
    """Let the person allow push."""
    address = f"https://push.example/{name}"
    return PushSubscription.objects.create(person=card.person, endpoint=address, p256dh="k", auth="a")


def test_notices_follow_the_proxy_until_the_clinic_says_no(
    clock: Any,
    child: Patient,
    parent: Patient,
    proxy: Proxy,
    desk: Client,
    promise: Callable[..., Any],
    email: MemoryProvider,
    sms: MemoryProvider,
    push: MemoryProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, own = subscribed(parent, "mor"), subscribed(child, "barn")
    other = PatientFactory(clinic=ClinicFactory(), person=parent.person)  # of the parent's, elsewhere
    page, at = reverse("patients:proxy_notices", args=[proxy.pk]), reverse("patients:contact", args=[child.pk])

    for _press in range(2):
        assert desk.post(page, {"email": "ikke@example.com", "mobile": ""}).status_code == 302
    promise(child)
    run_engine()

    assert carried(child) == ("mor@example.com", "")
    assert [message.recipient for message in email.sent] == ["mor@example.com"]
    assert [message.recipients for message in push.sent] == [[mine]]
    assert "Barnet" not in email.sent[0].text + email.sent[0].subject + push.sent[0].text
    assert AuditEvent.objects.filter(patient_id=child.pk, what=f"proxy notices begun: {proxy.pk}").count() == 1
    assert reach.route_now(child)[0].text == "E-post og push i appen"
    assert all(row.label.css == "ok" for row in why.what_now(child) if "SMS" not in row.event)
    # The clinic's page says where it goes, and lets nobody write over it.
    assert "Går til fullmektig" in desk.get(reverse("patients:personal", args=[child.pk])).content.decode()
    assert "Går hit" in desk.get(reverse("patients:proxies", args=[child.pk])).content.decode()
    refused = desk.post(at, {"email": "klinikk@example.com", "mobile": ""})
    assert (refused.status_code, "Varslene går til fullmektig" in refused.content.decode()) == (422, True)

    assert fhir_api.patients.write([child])[0]["telecom"][1]["value"] == OWN["email"]

    # The proxy proves a new mobile number in the portal; it counts for both, and at both clinics.
    monkeypatch.setattr(codes, "provider_for", {Channel.SMS: sms, Channel.EMAIL: email}.__getitem__)
    phone = logged_in(parent.person)
    phone.post(reverse("portal:mobile"), {"value": "42 00 00 05"})
    code = sms.sent.pop().text.split("Koden din er ")[1][:6]
    assert phone.post(reverse("portal:mobile_code"), {"code": code}).status_code == 302
    phone.post(reverse("portal:email_remove"))
    promise(child)
    run_engine()

    assert {carried(card) for card in (child, parent, other)} == {("", "+4742000005")}
    assert [message.recipient for message in sms.sent] == ["+4742000005"]
    # What the child changes meanwhile is the child's own, and shows to the child alone.
    change_contact_as_person(child.person, now=timezone.now(), mobile="42 00 00 08")
    profile = logged_in(child.person).get(reverse("portal:profile")).content.decode()
    assert carried(child) == ("", "+4742000005")
    assert "+47 42 00 00 08" in profile
    assert "00005" not in profile.replace(" ", "")
    # The clinic changes the proxy's card.
    change_contact(parent, by=proxy.recorded_by, now=timezone.now(), email="far@example.com", mobile="")
    assert carried(child) == ("far@example.com", "")

    # A hop that waits when the relation is withdrawn goes where notices go then.
    waiting = promise(child)
    dispatch.run(timezone.now())
    assert Delivery.objects.filter(notification=waiting, channel=Channel.EMAIL).get().recipient == "far@example.com"
    for _press in range(2):
        desk.post(reverse("patients:proxy_withdraw", args=[proxy.pk]))
    before = len(email.sent)
    run_engine()

    assert carried(child) == (OWN["email"], "+4742000008")
    assert child.email_dead == DeadContact.HARD_BOUNCE
    assert (len(email.sent), sms.sent[-1].recipient, push.sent[-1].recipients) == (before, "+4742000008", [own])
    stopped = Delivery.objects.get(notification=waiting, channel=Channel.EMAIL)
    assert (stopped.state, stopped.reason) == (DeliveryState.SUPPRESSED, Reason.EMAIL_DEAD)
    assert AuditEvent.objects.filter(patient_id=child.pk, what=f"proxy notices ended: {proxy.pk}").count() == 1
    change_contact_as_person(parent.person, now=timezone.now(), mobile="42 00 00 06")
    assert carried(child) == (OWN["email"], "+4742000008")


def test_nothing_reaches_who_ceased_to_act_at_midnight(
    clock: Any,
    child: Patient,
    proxy: Proxy,
    staff: User,
    promise: Callable[..., Any],
    email: MemoryProvider,
    sms: MemoryProvider,
) -> None:
    """Seen at the moment of judging and at that of sending, before the tick has written it; the day is the clinic's."""
    proxy_notices.begin(proxy, email="", mobile="", by=staff, now=timezone.now())
    clock.move_to(datetime(2026, 11, 30, 22, 59, tzinfo=UTC))  # 23:59 in Norway
    judged = promise(child)
    dispatch.run(timezone.now(), Lane.URGENT)
    assert (proxy_notices.end_overdue(timezone.now()), Delivery.objects.get().recipient) == (0, "mor@example.com")

    clock.shift(timedelta(minutes=2))
    later = [promise(child), promise(child)]  # two of one patient in a batch
    run_engine()

    assert email.sent == []
    assert [message.recipient for message in sms.sent] == [OWN["mobile"]] * 3
    assert {row.notification for row in Delivery.objects.filter(channel=Channel.SMS)} == {judged, *later}
    assert carried(child) == ("mor@example.com", "")
    assert [proxy_notices.end_overdue(timezone.now()) for _tick in range(2)] == [1, 0]
    assert carried(child) == (OWN["email"], OWN["mobile"])
    ended = AuditEvent.objects.get(what=f"proxy notices ended: {proxy.pk}")
    assert (ended.actor, ended.source) == (None, "tick")


def test_one_proxy_gets_a_cards_notices_and_only_where_they_can_go(
    clock: Any,
    child: Patient,
    parent: Patient,
    proxy: Proxy,
    staff: User,
    desk: Client,
) -> None:
    stranger = Patient(clinic=child.clinic, person=PersonFactory())  # no card here: staff type
    second = related(child, stranger, staff)
    coming = related(child, Patient(person=PersonFactory()), staff, valid_from=date(2026, 11, 24))
    page = reverse("patients:proxy_notices", args=[second.pk])
    now = timezone.now()

    for fields, words in (({}, "Skriv e-post eller mobil"), ({"mobile": "123"}, "nummerplanen")):
        assert words in desk.post(page, fields).content.decode()
    with pytest.raises(ValidationError, match="gjelder ikke i dag"):
        proxy_notices.begin(coming, email="x@example.com", mobile="", by=staff, now=now)
    assert desk.post(page, {"email": "verge@example.com", "mobile": ""}).status_code == 302
    assert desk.post(page, {"email": "verge@example.com", "mobile": "42 00 00 07"}).status_code == 302  # typed anew
    assert carried(child) == ("verge@example.com", "+4742000007")
    with pytest.raises(ValidationError, match="alt til en annen"):
        proxy_notices.begin(proxy, email="", mobile="", by=staff, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proxy.objects.filter(pk=proxy.pk).update(receives_notices=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proxy.objects.filter(pk=second.pk).update(withdrawn_at=now)
    desk.post(reverse("patients:proxy_notices_end", args=[second.pk]))
    assert carried(child) == (OWN["email"], OWN["mobile"])

    # One whose own notices go to another lends their own values, not the other's.
    third = PatientFactory(clinic=child.clinic, person=PersonFactory(), email="tredje@example.com")
    proxy_notices.begin(related(parent, third, staff), email="", mobile="", by=staff, now=now)
    proxy_notices.begin(proxy, email="", mobile="", by=staff, now=now)
    assert (carried(parent)[0], carried(child)[0]) == ("tredje@example.com", "mor@example.com")
    assert receiving.own_values(parent)["email"] == "mor@example.com"
