"""Workers and people at the same time, on PostgreSQL: threads with connections of their own, barriers and no sleeps."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from notifications import dispatch, fallback, outbox, receipts, sending
from notifications.kinds import Channel, DeliveryState, Kind, Lane, Reason, State
from notifications.models import Attempt, Delivery, Notification, ProviderReceipt
from notifications.outbox import CannotResend
from notifications.providers.base import Receipt
from tests.factories import PatientFactory
from timebook import booking
from timebook.booking import Conflict
from timebook.models import Appointment

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PATIENCE = 60  # seconds until a barrier gives up; never waited for when all is well


@pytest.fixture
def at_once(transactional_db):
    """Run functions in threads that start together; return what each returned or raised."""

    def run(*acts):
        start = threading.Barrier(len(acts))

        def one(act):
            try:
                connection.ensure_connection()
                start.wait(PATIENCE)
                return act()
            except (Conflict, ValidationError, IntegrityError, CannotResend) as refused:
                return refused
            finally:
                connection.close()

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(one, acts))

    return run


@pytest.fixture
def crowd(clinic, promise):
    """Promise so many notices, to a patient each."""

    def make(count):
        return [promise(PatientFactory(clinic=clinic)) for _ in range(count)]

    return make


def meet_after(function, barrier):
    """Return the function, which then waits for the others: all have claimed before anyone commits."""

    def met(*args, **kwargs):
        result = function(*args, **kwargs)
        barrier.wait(PATIENCE)
        return result

    return met


def test_two_dispatchers_claim_each_row_once(crowd, at_once, monkeypatch):
    """design, section 2: FOR UPDATE SKIP LOCKED."""
    crowd(40)
    monkeypatch.setattr(dispatch, "judge_all", meet_after(dispatch.judge_all, threading.Barrier(2)))

    judged = at_once(*[lambda: dispatch.run(timezone.now(), limit=20)] * 2)

    assert judged == [20, 20]
    assert Delivery.objects.count() == 40


def test_many_dispatchers_judge_each_notice_once(crowd, at_once):
    """design, section 2."""
    crowd(100)

    judged = at_once(*[lambda: dispatch.run(timezone.now(), limit=30)] * 6)
    while dispatch.run(timezone.now()):
        pass

    assert sum(judged) <= 100
    assert Counter(Delivery.objects.values_list("notification", flat=True)).most_common(1)[0][1] == 1
    assert Notification.objects.filter(state=State.DISPATCHED).count() == 100


def test_two_senders_hand_each_message_over_once(crowd, at_once, email, monkeypatch):
    """design, section 2: the lease is committed before the call."""
    crowd(40)
    dispatch.run(timezone.now())
    monkeypatch.setattr(sending, "gate", meet_after(sending.gate, threading.Barrier(2)))

    claimed = at_once(*[lambda: sending.run(Channel.EMAIL, Lane.URGENT, timezone.now(), 20)] * 2)

    assert claimed == [20, 20]
    assert Counter(message.recipient for message in email.sent).most_common(1)[0][1] == 1
    assert Attempt.objects.count() == len(email.sent) == 40


def test_a_sender_holds_no_row_while_it_calls(crowd, at_once, email):
    """design, section 2: the database is let go before the call."""
    crowd(1)
    dispatch.run(timezone.now())
    inside, done = threading.Event(), threading.Event()
    answer = email.answer

    def slow(message):
        inside.set()
        assert done.wait(PATIENCE)
        return answer(message)

    email.answer = slow

    def write():
        assert inside.wait(PATIENCE)
        changed = Delivery.objects.update(reason="")  # would wait for a lock, and so for ever
        done.set()
        return changed

    assert at_once(lambda: sending.run(Channel.EMAIL, Lane.URGENT, timezone.now()), write) == [1, 1]


@pytest.mark.parametrize("round_", range(5))
def test_planner_and_dispatcher_on_one_appointment_send_one_truth(
    round_, kari, set_up, staff, at_once, email, clock, pass_time
):
    """spec D5: moved at the very moment its confirmation falls due; whoever wins, the last word is the new hour."""
    appointment = set_up(kari, days=7)
    clock.shift(timedelta(minutes=5))
    hour = timedelta(hours=1)

    def move():
        return booking.reschedule(
            appointment,
            version=1,
            by=staff,
            starts_at=appointment.starts_at + hour,
            ends_at=appointment.ends_at + hour,
        ).version

    outcomes = at_once(move, lambda: dispatch.run(timezone.now()))
    pass_time(seconds=1)
    pass_time(minutes=5)

    waiting = Notification.objects.filter(slot="news", state=State.WAITING)
    assert outcomes[0] == 2
    assert not waiting.exists()
    assert "kl. 11.00" in email.sent[-1].text
    assert [message.text for message in email.sent if "kl. 10.00" in message.text] == []


def test_a_dispatcher_that_read_the_old_hour_is_stopped_before_the_hand_over(
    kari, set_up, staff, at_once, email, clock, pass_time, monkeypatch
):
    """spec C1, D5: it judged while the move was being made."""
    appointment = set_up(kari, days=7)
    clock.shift(timedelta(minutes=5))
    judged = threading.Event()
    judge_all = dispatch.judge_all

    def judge_slowly(batch, now):
        verdicts = judge_all(batch, now)
        judged.set()
        return verdicts

    monkeypatch.setattr(dispatch, "judge_all", judge_slowly)

    def move():
        assert judged.wait(PATIENCE)
        end = appointment.ends_at + timedelta(hours=1)
        booking.reschedule(appointment, version=1, by=staff, ends_at=end)

    at_once(lambda: dispatch.run(timezone.now()), move)
    pass_time(minutes=6)

    kinds = list(Delivery.objects.order_by("pk").values_list("notification__kind", "state", "reason"))
    assert kinds == [
        (Kind.APPOINTMENT_SET_UP, DeliveryState.SUPPRESSED, Reason.NEWER_NEWS),
        (Kind.APPOINTMENT_CHANGED, DeliveryState.ACCEPTED, ""),
    ]


def test_twenty_at_one_appointment_and_one_wins_each_version(kari, set_up, staff, at_once):
    """design: optimistic locking; spec D5: at most one piece of news waits."""
    appointment = set_up(kari, days=7)
    step = timedelta(minutes=5)

    def move(number):
        return lambda: (
            booking.reschedule(
                appointment,
                version=1,
                by=staff,
                starts_at=appointment.starts_at + number * step,
                ends_at=appointment.ends_at + number * step,
            ).version
        )

    def cancel():
        return booking.cancel(appointment, version=1, by=staff).version

    outcomes = at_once(*[move(number) for number in range(1, 11)], *[cancel] * 10)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 19 + ["int"]
    assert Appointment.objects.get().version == 2
    assert Notification.objects.filter(slot="news", state=State.WAITING).count() == 1
    assert Notification.objects.filter(slot__startswith="reminder", state=State.WAITING).count() <= 1


def test_twenty_who_try_again_all_get_through_in_turn(kari, set_up, staff, at_once):
    """design: nobody overwrites anybody."""
    appointment = set_up(kari, days=7)

    def insist(number):
        def act():
            while True:
                current = Appointment.objects.get(pk=appointment.pk)
                end = appointment.ends_at + timedelta(minutes=number)
                try:
                    return booking.reschedule(current, version=current.version, by=staff, ends_at=end).version
                except Conflict:
                    continue

        return act

    versions = at_once(*[insist(number) for number in range(1, 21)])

    assert sorted(versions) == list(range(2, 22))
    assert Notification.objects.filter(slot="news", state=State.WAITING).count() == 1
    assert Notification.objects.filter(slot="news", state=State.REPLACED).count() == 20


def test_two_patients_cannot_book_the_same_hour(clinic, kind, kari, set_up, at_once):
    """spec D14: two bookers queue at the practitioner's row."""
    practitioner = set_up(kari, days=7).practitioner
    start = timezone.now() + timedelta(days=3)

    def book(patient):
        return lambda: booking.book(
            patient=patient,
            practitioner=practitioner,
            place=None,
            type=kind,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
        )

    outcomes = at_once(*[book(PatientFactory(clinic=clinic)) for _ in range(8)])

    assert [isinstance(outcome, Appointment) for outcome in outcomes].count(True) == 1
    assert [isinstance(outcome, ValidationError) for outcome in outcomes].count(True) == 7


def test_pressing_resend_at_once_sends_once(kari, crowd, staff, email, pass_time, at_once):
    """design: idempotent."""
    (row,) = crowd(1)
    pass_time(seconds=1)

    outcomes = at_once(*[lambda: outbox.resend(row, by=staff)] * 6)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CannotResend"] * 5 + ["Notification"]


def test_two_failures_of_one_notice_open_nothing_twice(kari, crowd, email, sms, pass_time, at_once):
    """spec C3: both appliers see the same bounce."""
    (row,) = crowd(1)
    pass_time(seconds=1)
    hop = Delivery.objects.get()
    Delivery.objects.update(state=DeliveryState.BOUNCED, reason=Reason.UNKNOWN_ADDRESS)

    def fail():
        with transaction.atomic():
            fallback.open_for([hop], timezone.now())

    at_once(*[fail] * 4)

    assert Delivery.objects.filter(notification=row, channel=Channel.SMS).count() == 1


def test_receipts_applied_by_two_workers_are_applied_once(crowd, email, pass_time, at_once):
    """spec J2."""
    crowd(20)
    pass_time(seconds=1)
    found = [
        Receipt(email.name, message.token, "", state.value, state)
        for message in email.sent
        for state in (DeliveryState.ACCEPTED, DeliveryState.DELIVERED)
    ]
    receipts.store(found, timezone.now())

    applied = at_once(*[lambda: receipts.apply_pending(timezone.now())] * 4)

    assert sum(applied) == 40
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}


def test_the_same_callback_stored_by_many_is_one_row(crowd, email, pass_time, at_once):
    """spec J2."""
    crowd(1)
    pass_time(seconds=1)
    report = email.report(DeliveryState.DELIVERED)

    at_once(*[lambda: receipts.store([report], timezone.now())] * 8)

    assert ProviderReceipt.objects.count() == 1
