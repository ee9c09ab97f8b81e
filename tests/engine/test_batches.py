"""Batches: their size, order and lanes, and how many queries they take (design, section 2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import dispatch, sending
from notifications.kinds import Channel, Kind, Lane
from notifications.models import Delivery
from patients.models import PreferredMethod, PushSubscription
from tests.factories import PatientFactory, PersonFactory


def send_emails():
    """Run the e-mail sender once."""
    return sending.run(Channel.EMAIL, Lane.URGENT, timezone.now())


@pytest.fixture
def crowd(clinic, promise):
    """So many patients, reached by e-mail, SMS and push, with a notice each."""

    def make(count):
        for number in range(count):
            person = PersonFactory()
            PushSubscription.objects.create(
                person=person, endpoint=f"https://push.example/{person.pk}", p256dh="k", auth="a"
            )
            method = PreferredMethod.BOTH if number % 2 else PreferredMethod.NOT_CHOSEN
            promise(PatientFactory(clinic=clinic, person=person, preferred_method=method))

    return make


def queries(act):
    """Return how many queries the act takes."""
    with CaptureQueriesContext(
        connection,
    ) as caught:
        act()
    return len(caught)


def test_dispatch_takes_the_same_queries_for_5_as_for_50(crowd):
    """design, section 2: one query a batch."""
    counts = []
    for size in (5, 50):
        crowd(size)
        counts.append(queries(lambda: dispatch.run(timezone.now())))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("channel", list(Channel))
def test_sending_takes_the_same_queries_for_5_as_for_50(channel, crowd):
    """design, section 2."""
    counts = []
    for size in (5, 50):
        crowd(size)
        dispatch.run(timezone.now())
        counts.append(queries(lambda: sending.run(channel, Lane.URGENT, timezone.now())))

    assert counts[0] == counts[1]


def test_appointments_take_the_same_queries_for_5_as_for_50(clinic, set_up, email, clock):
    """design, section 2: one query a subject type."""
    counts = []
    for size in (5, 50):
        for _ in range(size):
            set_up(PatientFactory(clinic=clinic), days=7)
        clock.shift(timedelta(minutes=5))
        counts.append(queries(lambda: (dispatch.run(timezone.now()), send_emails())))

    assert counts[0] == counts[1]


def test_a_batch_is_no_larger_than_its_limit(kari, promise, email):
    """design, section 2."""
    for _ in range(7):
        promise(kari)

    assert [dispatch.run(timezone.now(), limit=5), dispatch.run(timezone.now(), limit=5)] == [5, 2]
    assert sending.run(Channel.EMAIL, Lane.URGENT, timezone.now(), limit=3) == 3


def test_oldest_goes_first(clinic, promise, email, clock):
    """design, section 2."""
    for name in ("a", "b", "c"):
        promise(PatientFactory(clinic=clinic, email=f"{name}@example.com"))
        clock.shift(timedelta(seconds=1))

    for _ in range(3):
        dispatch.run(timezone.now(), limit=1)
        sending.run(Channel.EMAIL, Lane.URGENT, timezone.now(), limit=1)

    assert [message.recipient[0] for message in email.sent] == ["a", "b", "c"]


def test_bulk_and_single_notices_have_lanes_of_their_own(kari, bulk_text, promise, email, sms):
    """design, section 3: fairness."""
    promise(kari, Kind.BULK_SMS, Lane.BULK)
    promise(kari)

    dispatch.run(timezone.now(), Lane.URGENT)

    assert list(Delivery.objects.values_list("channel", flat=True)) == [Channel.EMAIL]
