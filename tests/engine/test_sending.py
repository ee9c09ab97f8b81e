"""Handing over: outcome classes, retries, leases, rows that raise, queries per batch (design, section 3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from notifications import dispatch, messages, reconcile, sending
from notifications.kinds import Channel, DeliveryState, Lane, Reason, State, SubjectType
from notifications.models import Attempt, Delivery, DeliveryEvent, Notification
from notifications.providers.base import Outcome
from patients.models import Patient, PushSubscription
from tests.factories import PatientFactory, PersonFactory

S = DeliveryState


def send_emails():
    """Run the e-mail sender once."""
    return sending.run(Channel.EMAIL, Lane.URGENT, timezone.now())


@pytest.fixture
def queued(kari, promise):
    """An e-mail that waits for its sender."""
    promise(kari)
    dispatch.run(timezone.now())
    return Delivery.objects.get()


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Outcome.accepted("id"), S.ACCEPTED, ""),
        (Outcome.refused(Reason.UNKNOWN_ADDRESS, "550"), S.FAILED, Reason.UNKNOWN_ADDRESS),
        (Outcome.later(Reason.PROVIDER_DOWN), S.QUEUED, Reason.PROVIDER_DOWN),
        (Outcome.later(Reason.PROVIDER_BUSY, "429"), S.QUEUED, Reason.PROVIDER_BUSY),
        (Outcome.setup("401"), S.QUEUED, Reason.PROVIDER_SETUP),
        (Outcome.unknown(Reason.NO_ANSWER), S.UNKNOWN, Reason.NO_ANSWER),
        (Outcome.unknown(Reason.PROVIDER_ERROR, "500"), S.UNKNOWN, Reason.PROVIDER_ERROR),
    ],
)
def test_each_answer_has_its_state(outcome, state, reason, queued, email):
    """design, section 3."""
    email.answers = lambda message: outcome

    send_emails()

    queued.refresh_from_db()
    assert (queued.state, queued.reason) == (state, reason)
    assert DeliveryEvent.objects.get(delivery=queued, what__in=["accepted", "refused", "later", "unknown"])


def test_the_attempt_is_written_before_the_provider_is_called(queued, email):
    """design, section 2: write ahead."""
    seen = []

    def look(message):
        seen.append((Attempt.objects.get(token=message.token).number, Delivery.objects.get().state))
        return Outcome.accepted("id")

    email.answers = look
    send_emails()

    assert seen == [(1, S.SENDING)]


def test_every_attempt_has_a_new_token_of_128_bits(queued, email, pass_time):
    """design, section 2."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_DOWN)
    send_emails()
    pass_time(hours=2)
    pass_time(hours=2)

    tokens = [message.token for message in email.sent]
    assert len(set(tokens)) == len(tokens) >= 3
    assert {len(bytes.fromhex(token)) for token in tokens} == {16}


def test_what_is_queued_for_later_is_not_tried_before(queued, email, clock):
    """design, section 3: backoff in the row."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY)
    send_emails()
    due_at = Delivery.objects.get().due_at

    clock.move_to(due_at - timedelta(microseconds=1), tick=False)
    early = send_emails()
    clock.move_to(due_at, tick=False)

    assert (early, send_emails()) == (0, 1)


def test_the_waits_grow_and_stay_under_their_ceilings(queued, email, clock):
    """design, section 3: 5 s, 30 s, 2 m, 10 m, 30 m, 60 m."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY)
    waits = []
    for _ in range(7):
        send_emails()
        due_at = Delivery.objects.get().due_at
        waits.append((due_at - timezone.now()).total_seconds())
        clock.move_to(due_at, tick=False)

    assert all(1 <= wait <= most for wait, most in zip(waits, (5, 30, 120, 600, 1800, 3600, 3600), strict=True))


def test_expiry_while_in_backoff_closes_the_hop_unsent(kari, set_up, email, clock, pass_time):
    """spec D7: For sent."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_DOWN)
    appointment = set_up(kari, hours=1)
    pass_time(minutes=5)
    tried = len(email.sent)
    email.answers = None

    clock.move_to(appointment.starts_at + timedelta(hours=1), tick=False)
    pass_time(seconds=0)

    hop = Delivery.objects.get()
    assert len(email.sent) == tried
    assert (hop.state, hop.reason) == (S.EXPIRED, Reason.TOO_LATE)


def test_the_provider_is_told_when_the_message_dies(kari, set_up, email, pass_time):
    """design, section 3: Twilio's ValidityPeriod."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=5)

    assert email.sent[0].expires_at == appointment.starts_at


def test_a_template_that_raises_stops_only_its_own_notice(kari, promise, email, pass_time, monkeypatch):
    """design, section 3: a row that raises never stops its batch."""
    rows = [promise(kari) for _ in range(5)]
    compose = messages.compose

    def raising(kind, channel, values, language):
        if rows[2].token in values["link"]:
            raise KeyError("broken")
        return compose(kind, channel, values, language)

    monkeypatch.setattr(messages, "compose", raising)
    pass_time(seconds=1)

    assert len(email.sent) == 4
    rows[2].refresh_from_db()
    assert (rows[2].state, rows[2].reason) == (State.SUPPRESSED, Reason.INTERNAL_ERROR)


def test_a_subject_that_raises_stops_only_its_own_notice(kari, promise, told, email, pass_time):
    """design, section 3."""
    rows = [promise(kari) for _ in range(5)]
    told[SubjectType.MESSAGE].known[rows[2].subject_id] = ZeroDivisionError("broken")

    pass_time(seconds=1)

    assert len(email.sent) == 4
    rows[2].refresh_from_db()
    assert (rows[2].state, rows[2].reason) == (State.SUPPRESSED, Reason.INTERNAL_ERROR)


def test_a_subject_that_raises_at_hand_over_stops_only_its_own_hop(kari, promise, told, email, pass_time):
    """design, section 3."""
    rows = [promise(kari) for _ in range(5)]
    dispatch.run(timezone.now())
    told[SubjectType.MESSAGE].known[rows[2].subject_id] = ZeroDivisionError("broken")

    pass_time(seconds=1)

    assert len(email.sent) == 4
    assert Delivery.objects.get(notification=rows[2]).reason == Reason.INTERNAL_ERROR


def test_a_broken_appointment_does_not_stop_the_others(kari, set_up, email, pass_time, monkeypatch):
    """design, section 3."""
    from timebook import invitation

    broken = [set_up(kari, days=7), set_up(kari, days=8), set_up(kari, days=9)][1]
    calendar = invitation.calendar

    def raising(appointment, kind, **more):
        if appointment.pk == broken.pk:
            raise ValueError("broken")
        return calendar(appointment, kind, **more)

    monkeypatch.setattr(invitation, "calendar", raising)
    pass_time(minutes=5)

    assert len(email.sent) == 2
    assert Notification.objects.get(subject_id=broken.pk, slot="news").reason == Reason.INTERNAL_ERROR


def test_patients_without_contact_do_not_stop_the_others(clinic, promise, email, pass_time):
    """research, peers: one patient without a phone, and everyone after got nothing."""
    for contact in ({}, {"email": "", "mobile": ""}, {"consent": ""}, {}):
        promise(PatientFactory(clinic=clinic, **contact))

    pass_time(seconds=1)

    assert len(email.sent) == 2


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.refused(Reason.UNKNOWN_ADDRESS),
        Outcome.later(Reason.PROVIDER_DOWN),
        Outcome.unknown(Reason.NO_ANSWER),
        Outcome.accepted("zombie"),
    ],
    ids=lambda outcome: outcome.verdict.value,
)
def test_a_worker_past_its_lease_changes_nothing(outcome, queued, kari, email, sms, clock):
    """design, section 3: the fence; neither state nor fallback nor a dead mark."""

    def frozen(message):  # the machine sleeps; meanwhile the lease is given up, the provider asked, the row sent again
        email.answers = None
        clock.shift(timedelta(seconds=settings.LEASE_SECONDS + 1))
        reconcile.reap(timezone.now())
        clock.shift(timedelta(seconds=settings.SETTLE_SECONDS))
        reconcile.clear_unknown(timezone.now())
        send_emails()
        return outcome

    email.answers = frozen
    send_emails()

    queued.refresh_from_db()
    kari.refresh_from_db()
    assert (queued.state, queued.provider_id, queued.attempts) == (S.ACCEPTED, f"id-{email.sent[1].token}", 2)
    assert Delivery.objects.count() == 1
    assert kari.email_dead == ""


def test_a_late_unknown_is_not_counted_twice(queued, email, clock):
    """design, section 3: the reaper has noted it already; one resend is still owed."""

    def frozen(message):
        clock.shift(timedelta(seconds=settings.LEASE_SECONDS + 1))
        reconcile.reap(timezone.now())
        return Outcome.unknown(Reason.NO_ANSWER)

    email.answers = frozen
    send_emails()
    email.answers = None
    clock.shift(timedelta(seconds=settings.SETTLE_SECONDS))
    reconcile.clear_unknown(timezone.now())
    send_emails()

    queued.refresh_from_db()
    assert queued.state == S.ACCEPTED


def test_push_reaches_every_subscription_of_the_person(kari, promise, push, pass_time):
    """spec K4."""
    person = PersonFactory()
    for number in range(2):
        PushSubscription.objects.create(person=person, endpoint=f"https://push.example/{number}", p256dh="k", auth="a")
    Patient.objects.update(person=person)

    promise(kari)
    pass_time(seconds=1)

    assert len(push.sent[0].recipients) == 2


def test_what_is_too_late_is_closed_though_its_channel_rests(promise, kari, email, pass_time, clock):
    """spec D7: a pause must not leave a notice «I kø» past its deadline."""
    email.answers = lambda message: Outcome.setup("401")
    promise(kari)
    pass_time(seconds=1)

    clock.shift(timedelta(hours=73))
    closed = sending.expire(timezone.now())

    assert closed == 1
    assert Delivery.objects.get(channel="email").state == DeliveryState.EXPIRED
