"""«Send nå», «Angre» and «Stopp» (spec I1-I6)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from bulk_send import drafting, planning, progress, stopping
from bulk_send.confirming import CannotSend
from bulk_send.models import RecipientState, State, Type
from clinics.models import AuditEvent
from economy.models import BillingCard
from notifications.kinds import Reason
from notifications.models import Delivery, DeliveryEvent, Notification
from notifications.providers.base import Outcome
from patients.models import Patient
from post.models import Dialog
from tests.factories import PatientFactory, PractitionerFactory

pytestmark = pytest.mark.django_db


def test_send_freezes_the_list_and_its_hash(people, draft, send):
    bulk = send(draft())

    listed = "".join(f"{pk}\n" for pk in sorted(person.pk for person in people))
    assert (bulk.state, bulk.size) == (State.COUNTDOWN, 3)
    assert bulk.digest == hashlib.sha256(listed.encode()).hexdigest()


def test_nothing_is_made_before_the_thirty_seconds_have_passed(people, draft, send, work, sms):
    send(draft(Type.ECONTACT))

    work(seconds=29)

    assert not Dialog.objects.exists()
    assert not BillingCard.objects.exists()
    assert not Notification.objects.exists()


def test_send_pressed_twice_sends_once(people, draft, send, work, sms):
    """spec I6: twice, reloaded, or by two colleagues."""
    bulk = draft()
    send(bulk)
    send(bulk)
    work()
    send(bulk)
    work()

    assert len(sms.sent) == 3


def test_undone_in_time_it_is_a_draft_again_as_it_was(people, draft, send, work, sms, clock, staff):
    bulk = send(draft())
    clock.shift(timedelta(seconds=29))

    assert stopping.undo(bulk, by=staff, now=timezone.now())
    work(seconds=60)

    bulk.refresh_from_db()
    assert (bulk.state, bulk.size, bulk.recipients.count(), bulk.text) == (
        State.DRAFT,
        0,
        3,
        "Kontoret er stengt fredag.",
    )
    assert not sms.sent


def test_undone_too_late_it_goes_on(people, draft, send, work, sms, clock, staff):
    bulk = send(draft())
    clock.shift(timedelta(seconds=30))

    assert not stopping.undo(bulk, by=staff, now=timezone.now())
    work(seconds=0)

    assert len(sms.sent) == 3


def test_the_countdown_lasts_as_long_as_the_setting_says(people, draft, send, work, sms, settings):
    settings.BULK_UNDO_SECONDS = 5
    send(draft())

    work(seconds=4)
    before = len(sms.sent)
    work(seconds=1)

    assert (before, len(sms.sent)) == (0, 3)


def test_undone_beside_a_new_draft_it_is_kept_as_undone(people, draft, send, staff, clock):
    bulk = send(draft())
    type(bulk).objects.create(clinic=bulk.clinic, selection=bulk.selection, created_by=staff)

    stopping.undo(bulk, by=staff, now=timezone.now())

    bulk.refresh_from_db()
    assert bulk.state == State.UNDONE


def test_what_changed_after_it_was_looked_at_is_not_sent(people, draft, send, manager):
    bulk = draft()
    drafting.change(bulk, version=bulk.version, by=manager, text="Noe helt annet")

    with pytest.raises(CannotSend):
        send(bulk)


INCOMPLETE = [
    ({"text": "  "}, "text"),
    ({"purpose": ""}, "purpose"),
    ({"text": "Hei {navn}"}, "text"),
    ({"type": Type.ECONTACT, "subject": ""}, "subject"),
    ({"type": Type.ECONTACT, "subject": "Hei {fornavn}"}, "subject"),
]


@pytest.mark.parametrize(("fields", "at"), INCOMPLETE)
def test_what_is_missing_is_said_at_its_field(people, draft, send, fields, at):
    with pytest.raises(ValidationError) as refused:
        send(draft(**fields))

    assert at in refused.value.message_dict


def test_the_cards_must_be_accepted(people, draft, send):
    with pytest.raises(ValidationError) as refused:
        send(draft(Type.ECONTACT), accepts_cards=False)

    assert "1be" in refused.value.message_dict["accepts_cards"][0]


@pytest.mark.parametrize(("kind", "grant"), [(Type.SMS, "free_text_sms"), (Type.ECONTACT, "post_notices")])
def test_a_grant_taken_away_while_writing_stops_it(people, draft, send, clinic, kind, grant):
    bulk = draft(kind)
    type(clinic).objects.update(**{grant: False})

    with pytest.raises(CannotSend):
        send(bulk)


def test_those_who_can_no_longer_be_sent_to_are_left_out_with_the_reason(people, draft, send):
    anne, bjorn, _cato = people
    bulk = draft()
    Patient.objects.filter(pk=anne.pk).update(consent="withdrawn")
    Patient.objects.filter(pk=bjorn.pk).update(mobile="")

    bulk = send(bulk)

    left_out = dict(bulk.recipients.filter(state=RecipientState.LEFT_OUT).values_list("patient", "reason"))
    assert bulk.size == 1
    assert left_out == {anne.pk: Reason.CONSENT_WITHDRAWN, bjorn.pk: Reason.NO_MOBILE}


def test_nobody_left_is_no_bulk(people, draft, send):
    bulk = draft()
    Patient.objects.update(mobile="")

    with pytest.raises(CannotSend):
        send(bulk)

    bulk.refresh_from_db()
    assert bulk.state == State.DRAFT


def test_the_daily_limit_holds_over_all_bulks_of_the_day(people, draft, send, clinic, clock, select):
    type(clinic).objects.update(bulk_daily_limit=5)
    send(draft())

    with pytest.raises(CannotSend, match="5 mottakere"):
        send(draft(selection=select()))

    clock.shift(timedelta(days=1))
    assert send(draft(selection=select())).size == 3


def test_cards_need_a_practitioner(people, draft, send, clinic, staff, doctor):
    """spec I5: the sender if a clinician, else the GP; a patient without one needs one chosen."""
    Patient.objects.filter(pk=people[0].pk).update(general_practitioner=None)
    bulk = draft(Type.ECONTACT)
    with pytest.raises(ValidationError, match="1 mottakere"):
        send(bulk)

    bulk, _ = drafting.change(bulk, version=bulk.version, by=staff, practitioner=doctor)

    assert send(bulk).state == State.COUNTDOWN


def test_a_clinician_needs_none_chosen(people, draft, send, clinic, staff):
    Patient.objects.update(general_practitioner=None)
    PractitionerFactory(clinic=clinic, user=staff)

    assert send(draft(Type.ECONTACT)).size == 3


def test_the_last_valid_amount_is_used(people, draft, send):
    """spec I5: 1be left the tariff on 2022-07-01."""
    bulk = send(draft(Type.ECONTACT))

    assert (bulk.code, str(bulk.tariff_on)) == ("1be", "2020-07-01")


def test_an_unknown_takst_is_told(people, draft, send, clinic):
    type(clinic).objects.update(econtact_code="9zz")

    with pytest.raises(CannotSend, match="9zz"):
        send(draft(Type.ECONTACT))


def test_stop_makes_nothing_more(clinic, draft, send, work, sms, staff):
    PatientFactory.create_batch(5, clinic=clinic)
    bulk = send(draft())
    planning.run(timezone.now() + timedelta(seconds=30), 2)

    assert stopping.stop(bulk, by=staff, now=timezone.now())
    work()

    states = list(bulk.recipients.order_by("pk").values_list("state", flat=True))
    assert states == [RecipientState.PLANNED] * 2 + [RecipientState.STOPPED] * 3
    assert not sms.sent
    assert set(Notification.objects.values_list("state", "reason")) == {("cancelled", Reason.BULK_STOPPED)}


def test_stop_reaches_what_is_queued_for_the_provider(people, draft, send, work, sms, staff, clock):
    from notifications import dispatch, sending
    from notifications.kinds import Channel, Lane

    bulk = send(draft())
    clock.shift(timedelta(seconds=30))
    planning.run(timezone.now())
    dispatch.run(timezone.now(), Lane.BULK)
    sending.run(Channel.SMS, Lane.BULK, timezone.now(), limit=1)

    assert stopping.stop(bulk, by=staff, now=timezone.now())
    work(seconds=0)

    assert len(sms.sent) == 1
    assert sorted(Delivery.objects.values_list("state", "reason")) == [
        ("accepted", ""),
        ("suppressed", Reason.BULK_STOPPED),
        ("suppressed", Reason.BULK_STOPPED),
    ]


def test_what_a_worker_held_when_it_was_stopped_does_not_wait_for_the_provider(people, draft, send, sms, staff, clock):
    """The provider asks for an hour; the bulk is at rest at the next tick, and each hop has one line of it."""
    from notifications import dispatch, sending
    from notifications.kinds import Channel, Lane

    bulk = send(draft())
    clock.shift(timedelta(seconds=30))
    planning.run(timezone.now())
    dispatch.run(timezone.now(), Lane.BULK)

    def stopped_meanwhile(message):
        stopping.stop(bulk, by=staff, now=timezone.now())
        return Outcome.later(Reason.PROVIDER_BUSY, retry_after=timedelta(hours=1))

    sms.answers = stopped_meanwhile
    sending.run(Channel.SMS, Lane.BULK, timezone.now(), limit=2)
    clock.shift(timedelta(seconds=1))
    held = Delivery.objects.filter(state="queued").count()
    found = [stopping.sweep(timezone.now()), stopping.sweep(timezone.now())]

    assert (held, found) == (2, [1, 0])
    assert list(Delivery.objects.values_list("state", "reason")) == [("suppressed", Reason.BULK_STOPPED)] * 3
    assert DeliveryEvent.objects.filter(what="stopped").count() == 3
    bulk.refresh_from_db()
    assert progress.of(bulk).is_settled


def test_nothing_left_to_stop_is_said(people, draft, send, work, sms, staff):
    bulk = send(draft())
    work()

    assert not stopping.stop(bulk, by=staff, now=timezone.now())
    bulk.refresh_from_db()
    assert bulk.state == State.DONE


def test_every_step_is_logged_with_its_purpose(people, draft, send, work, sms, staff, clock):
    bulk = send(draft())
    stopping.undo(bulk, by=staff, now=timezone.now())
    bulk.refresh_from_db()
    send(bulk)
    work()

    logged = list(AuditEvent.objects.filter(action="bulk").order_by("pk").values_list("what", flat=True))
    assert logged[1:] == [
        f"confirmed {bulk.pk} sms 3 operation",
        f"undone {bulk.pk}",
        f"confirmed {bulk.pk} sms 3 operation",
        *[f"sent {bulk.pk}"] * 3,
    ]


def test_nobody_gets_a_fourth_bulk_in_a_day(people, draft, send, work, sms, select, clock):
    """Peers 19: more than a hundred SMS to one person."""
    for _ in range(3):
        send(draft(selection=select()))
        work()
    fourth = draft(selection=select())
    with pytest.raises(CannotSend):
        send(fourth)

    late = PatientFactory(clinic=fourth.clinic)
    bulk = send(draft(selection=select()))
    assert bulk.size == 1
    assert set(bulk.recipients.exclude(patient=late).values_list("reason", flat=True)) == {Reason.TOO_MANY}

    clock.shift(timedelta(days=1))
    assert send(draft(selection=select())).size == 4


def test_stop_closes_what_is_queued_while_the_channel_rests(people, draft, send, clock, sms, staff):
    from notifications import dispatch
    from notifications.kinds import Lane
    from notifications.models import DeliveryEvent

    bulk = send(draft())
    clock.shift(timedelta(seconds=30))
    planning.run(timezone.now())
    dispatch.run(timezone.now(), Lane.BULK)

    stopping.stop(bulk, by=staff, now=timezone.now())

    assert set(Delivery.objects.values_list("state", "reason")) == {("suppressed", Reason.BULK_STOPPED)}
    assert DeliveryEvent.objects.filter(what="stopped", reason=Reason.BULK_STOPPED).count() == 3
