"""When news comes too late to be sent (spec D7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications.kinds import DeliveryState, Kind, Reason, State
from notifications.models import Delivery
from notifications.providers.base import Outcome
from tests.factories import PractitionerFactory
from tests.timebook.conftest import news


def test_appointment_that_begins_before_the_news_is_due_is_too_late(kari, set_up, email, pass_time):
    """spec D7."""
    set_up(kari, minutes=5)

    pass_time(minutes=5)

    assert email.sent == []
    assert (news()[0].state, news()[0].reason) == (State.EXPIRED, Reason.TOO_LATE)


def test_appointment_that_begins_a_second_after_the_news_is_due_is_told_of(kari, set_up, email, pass_time):
    """spec D7."""
    set_up(kari, minutes=5, seconds=1)

    pass_time(minutes=5)

    assert len(email.sent) == 1


@pytest.mark.parametrize("event", ["cancel", "call_off"])
@pytest.mark.parametrize(
    ("late", "state"),
    [(timedelta(hours=24, seconds=-1), State.DISPATCHED), (timedelta(hours=24), State.EXPIRED)],
)
def test_a_cancellation_lives_24_hours_past_due_also_after_the_start(
    event, late, state, kari, set_up, pass_time, clock, request
):
    """spec D7: held up past the start, it still goes; a day after it was due it does not."""
    appointment = set_up(kari, minutes=20)
    pass_time(minutes=5)
    request.getfixturevalue(event)(appointment)

    pass_time(**{"seconds": (timedelta(minutes=5) + late).total_seconds()})

    assert news()[-1].state == state


@pytest.mark.parametrize("event", ["cancel", "call_off"])
def test_a_cancellation_just_before_the_start_goes_out_after_it(event, kari, set_up, email, pass_time, request):
    """spec D4, D7."""
    appointment = set_up(kari, minutes=20)
    pass_time(minutes=18)
    email.sent.clear()
    request.getfixturevalue(event)(appointment)

    pass_time(minutes=5)

    assert len(email.sent) == 1


def test_a_confirmation_queued_when_the_appointment_changes_does_not_leave(
    kari, set_up, change, clinic, email, pass_time
):
    """spec C1, D5: an older text is not sent; the change notice tells."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_BUSY)
    appointment = set_up(kari, days=7)
    pass_time(minutes=5)
    change(appointment, practitioner=PractitionerFactory(clinic=clinic, name="Siri Moen"))
    email.answers = None
    email.sent.clear()

    pass_time(minutes=5)

    hop = Delivery.objects.get(notification__kind=Kind.APPOINTMENT_SET_UP)
    assert (hop.state, hop.reason) == (DeliveryState.SUPPRESSED, Reason.NEWER_NEWS)
    assert ["Siri Moen" in message.text for message in email.sent] == [True]
