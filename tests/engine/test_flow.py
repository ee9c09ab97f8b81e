"""From an event to a status on the card, with scripted providers."""

from datetime import timedelta

from django.utils import timezone

from notifications import receipts
from notifications.kinds import DeliveryState, Kind, Reason, State
from notifications.models import Delivery, Notification
from notifications.providers.base import Outcome
from timebook import booking


def test_confirmation_goes_five_minutes_after_set_up(kari, set_up, email, pass_time):
    """spec D2."""
    set_up(kari, days=7)

    pass_time(minutes=4, seconds=59)
    assert email.sent == []

    pass_time(seconds=1)
    assert [message.recipient for message in email.sent] == ["kari@example.com"]


def test_unknown_address_falls_back_to_sms_once(kari, set_up, email, sms, pass_time):
    """spec C3."""
    email.answers = lambda message: Outcome.refused(Reason.UNKNOWN_ADDRESS)

    set_up(kari, hours=47)
    pass_time(minutes=5)

    assert [message.recipient for message in sms.sent] == [kari.mobile]
    kari.refresh_from_db()
    assert kari.email_dead


def test_delivered_receipt_shows_on_the_row(kari, set_up, email, pass_time):
    """spec J2."""
    set_up(kari, hours=47)
    pass_time(minutes=5)

    receipts.store([email.report(DeliveryState.DELIVERED)], timezone.now())
    pass_time(seconds=1)

    assert Delivery.objects.get().state == DeliveryState.DELIVERED


def test_reminder_goes_48_hours_before(kari, set_up, email, pass_time):
    """spec D6."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=5)

    pass_time(days=5, minutes=-5)

    reminder = Notification.objects.get(kind=Kind.APPOINTMENT_REMINDER)
    assert reminder.state == State.DISPATCHED
    assert reminder.due_at == appointment.starts_at - timedelta(hours=48)


def test_cancel_within_five_minutes_sends_only_the_cancellation(kari, set_up, email, staff, pass_time):
    """spec D5."""
    appointment = set_up(kari, days=7)
    pass_time(minutes=2)
    booking.cancel(appointment, version=appointment.version, by=staff)

    pass_time(minutes=5)

    assert len(email.sent) == 1
    assert "avlyst" in email.sent[0].subject
    states = dict(Notification.objects.values_list("kind", "state"))
    assert states[Kind.APPOINTMENT_SET_UP] == State.REPLACED
    assert states[Kind.APPOINTMENT_REMINDER] == State.CANCELLED
