"""Slices: notices, dialogs and cards, once each, whatever happens (spec I4-I7, C6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from bulk_send import placeholders, planning, summary
from bulk_send.models import Handover, Recipient, RecipientState, State, Type
from economy.models import BillingCard, Line
from notifications.kinds import Channel, Kind, Reason
from notifications.models import Delivery, Notification
from patients import proxies, proxy_notices
from patients.models import Patient, PushSubscription
from patients.proxy_models import Proxy
from post.models import Dialog, Message
from tests.bulk_send.conftest import portal_patient
from tests.factories import PatientFactory, PersonFactory, PractitionerFactory

pytestmark = pytest.mark.django_db


def test_an_sms_goes_to_each_and_makes_neither_dialog_nor_card(people, draft, send, work, sms):
    """spec I5, C6."""
    bulk = send(draft())
    work()

    bulk.refresh_from_db()
    assert {message.recipient for message in sms.sent} == {person.mobile for person in people}
    assert {message.text for message in sms.sent} == {"Kontoret er stengt fredag."}
    assert bulk.state == State.DONE
    assert not Dialog.objects.exists()
    assert not BillingCard.objects.exists()


def test_bulk_sms_goes_by_sms_whatever_is_preferred_and_never_falls_back(people, draft, send, work, sms, email):
    """spec C6."""
    from notifications.providers.base import Outcome

    Patient.objects.update(preferred_method="email")
    sms.answers = lambda message: Outcome.refused(Reason.INVALID_NUMBER)
    send(draft())
    work()

    assert len(sms.sent) == 3
    assert not email.sent


def test_the_text_is_sent_as_written_with_the_names_filled_in(people, draft, send, work, sms):
    send(draft(text="Hei {fornavn}!\nRing {klinikk} – {telefon}."))
    work()

    said = {message.text.splitlines()[0] for message in sms.sent}
    assert said == {"Hei Anne!", "Hei Bjørn!", "Hei Cato!"}
    assert sms.sent[0].text.endswith("Ring Fjordbyen legesenter – +4722000000.")


def test_what_goes_to_a_proxy_names_nobody_and_counts_their_push(clinic, people, staff, draft, send, work, sms):
    """spec K2."""
    guardian, (anne, *_others) = PersonFactory(), people
    PushSubscription.objects.create(person=guardian, endpoint="https://push.example/1", p256dh="k", auth="a")
    proxy = proxies.record(
        anne, number="20914695016", kind="VE", valid_from=date(2026, 1, 1), valid_to=None, by=staff, now=timezone.now()
    )
    Proxy.objects.update(person=guardian)
    proxy.refresh_from_db()
    proxy_notices.begin(proxy, email="v@example.com", mobile="42 00 00 99", by=staff, now=timezone.now())

    assert summary.channels(draft(Type.ECONTACT))["Push"] == 1
    send(draft(text="Hei {fornavn}! {fornavn}, ring oss."))
    work()

    said = {message.recipient: message.text for message in sms.sent}
    assert said["+4742000099"] == "Hei! Ring oss."
    assert {"Hei Bjørn! Bjørn, ring oss.", "Hei Cato! Cato, ring oss."} < set(said.values())
    assert placeholders.nameless("{Fornavn}, du har time.") == "Du har time."


def test_a_name_cannot_bring_a_placeholder_of_its_own(clinic, draft, send, work, sms):
    PatientFactory(clinic=clinic, given_name="{telefon}\n{0.__class__}")
    send(draft(text="Hei {fornavn}"))
    work()

    assert sms.sent[0].text == "Hei {telefon} {0.__class__}"


def test_an_e_contact_is_dialog_card_and_notice(people, draft, send, work, email, doctor):
    """spec I5."""
    bulk = send(draft(Type.ECONTACT, text="Hei {fornavn}"))
    work()

    for person in people:
        recipient = Recipient.objects.get(bulk=bulk, patient=person)
        dialog = Dialog.objects.get(origin=recipient.pk)
        card = BillingCard.objects.get(origin=recipient.pk)
        line = Line.objects.get(card=card)
        notice = Notification.objects.get(patient=person)
        assert (dialog.patient, dialog.subject, dialog.kind) == (person, "Stengt fredag", "e_contact")
        assert Message.objects.get(dialog=dialog).text == f"Hei {person.given_name}"
        assert (card.patient, card.state, card.practitioner, card.patient_ore, card.source) == (
            person,
            "open",
            doctor,
            0,
            "bulk",
        )
        assert (line.code, line.quantity, line.fee_ore, line.refund_ore, line.patient_ore) == ("1be", 1, 6500, 6500, 0)
        assert (card.fee_ore, card.refund_ore) == (6500, 6500)
        assert (notice.kind, notice.subject_id, notice.state) == (Kind.ECONTACT, dialog.messages.get().pk, "dispatched")
    assert {message.recipient for message in email.sent} == {person.email for person in people}
    assert sorted(BillingCard.objects.values_list("number", flat=True)) == [1, 2, 3]


def test_the_notice_of_an_e_contact_says_nothing_of_its_content(people, draft, send, work, email):
    """spec C4."""
    send(draft(Type.ECONTACT, text="KANARI i teksten", subject="KANARI i emnet"))
    work()

    assert len(email.sent) == 3
    assert not [message for message in email.sent if "KANARI" in message.text + message.subject + message.html]


def test_card_numbers_follow_on_without_gaps(people, draft, send, work, email, select):
    send(draft(Type.ECONTACT))
    work()
    send(draft(Type.ECONTACT, selection=select()))
    work(size=1)

    assert sorted(BillingCard.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_the_senders_own_name_is_on_the_cards_of_a_clinician(people, draft, send, work, email, staff, clinic):
    own = PractitionerFactory(clinic=clinic, user=staff)
    send(draft(Type.ECONTACT))
    work()

    assert set(BillingCard.objects.values_list("practitioner", flat=True)) == {own.pk}


@pytest.mark.parametrize(
    ("provider", "state", "external"), [("helsenorge", "external", "helsenorge"), ("besoklegen", "waiting", "")]
)
def test_those_the_provider_knows_go_through_its_gateway(
    clinic, doctor, draft, send, work, email, provider, state, external
):
    """spec I5: Helsenorge notifies itself; Besøklegen's notice waits until the gateway has taken the e-contact."""
    type(clinic).objects.update(econtact_provider=provider)
    patient = PatientFactory(clinic=clinic, has_econtact=True, general_practitioner=doctor)
    send(draft(Type.ECONTACT))
    work()

    notice, handover = Notification.objects.get(), Handover.objects.get()
    assert (Dialog.objects.get().source, handover.provider) == (provider, provider)
    assert handover.recipient.patient == patient
    assert (notice.state, notice.external) == (state, external)
    assert not email.sent


CHANGES = [  # what happens between Send and the slice, and why they get nothing
    ({"consent": "withdrawn"}, Reason.CONSENT_WITHDRAWN),
    ({"mobile": ""}, Reason.NO_MOBILE),
    ({"mobile_dead": "not_in_service"}, Reason.MOBILE_DEAD),
]


@pytest.mark.parametrize(("fields", "reason"), CHANGES)
def test_each_slice_checks_again(people, draft, send, work, sms, fields, reason):
    bulk = send(draft())
    Patient.objects.filter(pk=people[0].pk).update(**fields)
    work()

    left = Recipient.objects.get(bulk=bulk, patient=people[0])
    assert (left.state, left.reason) == (RecipientState.LEFT_OUT, reason)
    assert len(sms.sent) == 2


@pytest.mark.parametrize(
    ("kind", "grant", "reason"),
    [(Type.SMS, "free_text_sms", Reason.GRANT_GONE), (Type.ECONTACT, "post_notices", Reason.MODULE_OFF)],
)
def test_a_grant_or_module_taken_away_in_the_middle_ends_it(clinic, doctor, draft, send, kind, grant, reason, clock):
    for name in "ABCD":
        portal_patient(clinic, given_name=name, general_practitioner=doctor)
    bulk = send(draft(kind))
    due = timezone.now() + timedelta(seconds=30)
    planning.make_slice(bulk.pk, due, 2)
    type(clinic).objects.update(**{grant: False})

    while planning.run(due, 2):
        pass

    assert list(bulk.recipients.order_by("pk").values_list("state", "reason")) == [
        ("planned", ""),
        ("planned", ""),
        ("left_out", reason),
        ("left_out", reason),
    ]


def test_an_sms_planned_before_the_grant_went_is_not_sent(people, draft, send, clinic, clock, sms, work):
    send(draft())
    clock.shift(timedelta(seconds=30))
    planning.run(timezone.now())
    type(clinic).objects.update(free_text_sms=False)

    work(seconds=0)

    assert not sms.sent
    assert set(Notification.objects.values_list("reason", flat=True)) == {Reason.GRANT_GONE}


def test_a_slice_that_dies_leaves_nothing_half_made(people, draft, send, clock, monkeypatch):
    """spec I5: never one without the other."""
    from bulk_send import econtacts

    bulk = send(draft(Type.ECONTACT))
    due = timezone.now() + timedelta(seconds=30)

    def dies(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(econtacts, "hand_over", dies)
        with pytest.raises(KeyboardInterrupt):
            planning.make_slice(bulk.pk, due)
    assert (Dialog.objects.count(), BillingCard.objects.count(), Notification.objects.count()) == (0, 0, 0)

    while planning.run(due):
        pass
    assert (Dialog.objects.count(), BillingCard.objects.count(), Notification.objects.count()) == (3, 3, 3)


def test_the_database_itself_refuses_a_second_e_contact(people, draft, send, work, email):
    """spec I6: even if a recipient came up twice."""
    bulk = send(draft(Type.ECONTACT))
    work()
    bulk.recipients.update(state=RecipientState.CHOSEN)
    type(bulk).objects.update(state=State.RUNNING)

    with pytest.raises(IntegrityError):
        planning.make_slice(bulk.pk, timezone.now())


def test_the_database_itself_refuses_a_second_sms(people, draft, send, work, sms):
    bulk = send(draft())
    work()
    bulk.recipients.update(state=RecipientState.CHOSEN)
    type(bulk).objects.update(state=State.RUNNING)

    with pytest.raises(IntegrityError):
        planning.make_slice(bulk.pk, timezone.now())


@pytest.mark.parametrize("kind", Type)
def test_a_slice_takes_as_many_queries_whatever_its_size(
    clinic, doctor, draft, send, kind, clock, django_assert_num_queries
):
    for _ in range(12):
        portal_patient(clinic, general_practitioner=doctor)
    bulk = send(draft(kind))
    due = timezone.now() + timedelta(seconds=30)
    planning.make_slice(bulk.pk, due, 1)  # the clinic's first card begins its series
    expected = {Type.SMS: 7, Type.ECONTACT: 19}[kind]

    for size in (1, 10):
        with django_assert_num_queries(expected):
            planning.make_slice(bulk.pk, due, size)


def test_two_bulks_go_in_turn(people, draft, send, select, clock):
    first, second = send(draft()), send(draft(selection=select()))
    due = timezone.now() + timedelta(seconds=30)

    planning.run(due, 1)

    assert [bulk.recipients.filter(state="planned").count() for bulk in (first, second)] == [1, 1]


def test_the_same_number_for_several_is_allowed(clinic, draft, send, work, sms):
    PatientFactory.create_batch(2, clinic=clinic, mobile="+4742111111")
    send(draft())
    work()

    assert [message.recipient for message in sms.sent] == ["+4742111111"] * 2
    assert Delivery.objects.filter(channel=Channel.SMS).count() == 2
