"""What staff are shown: accepted is not delivered, impossible is not failed, and who must be phoned stands first."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from notifications import filters, health, receipts
from notifications.kinds import DeliveryState, Reason, State
from notifications.models import Delivery, Notification
from notifications.providers.base import Outcome
from patients.models import Consent, PreferredMethod
from tests.factories import PatientFactory


def test_accepted_is_not_delivered(kari, set_up, email, pass_time, secretary):
    """peers 1, NHS: the batch was marked DELIVERED at the gateway's 201. spec J2."""
    set_up(kari, days=7)
    pass_time(minutes=5)
    accepted, before = Delivery.objects.get(), card(secretary, kari)

    receipts.store([email.report(DeliveryState.DELIVERED)], timezone.now())
    pass_time(seconds=1)

    assert accepted.state == DeliveryState.ACCEPTED
    assert "Levert" not in before
    assert "Levert" in card(secretary, kari)


@pytest.mark.parametrize(
    "fields",
    [{"email": "", "mobile": ""}, {"consent": Consent.WITHDRAWN}, {"email": "", "preferred_method": "email"}],
    ids=["no contact", "no consent", "one of two missing"],
)
def test_a_missing_channel_is_no_failure(fields, clinic, set_up, pass_time, kind):
    """peers 2.12: missing channels were shown as failed and flooded the log (novu#4960). spec C2, J1."""
    from timebook.models import Appointment

    patient = PatientFactory(clinic=clinic, **(fields | {"consent": Consent.GIVEN}))
    set_up(patient, days=7)
    type(patient).objects.filter(pk=patient.pk).update(**fields)
    pass_time(minutes=5)

    assert Appointment.objects.count() == 1
    assert health.alarms(clinic).failed == 0
    assert not filters.unresolved(clinic, timezone.now())
    assert not filters.narrowed(Notification.objects.of(clinic), module="", status="failed")


def test_a_bounce_after_success_is_seen_without_looking_for_it(kari, set_up, email, pass_time, secretary):
    """peers 2.13, 2.14: a bounce after «sent» was invisible, and nobody listed whom to phone. spec J1, J2."""
    kari.mobile = ""
    kari.save(update_fields=["mobile"])
    set_up(kari, days=7)
    pass_time(minutes=5)
    calm = secretary.get(reverse("notifications:log")).context["failures"]

    receipts.store([email.report(DeliveryState.BOUNCED, Reason.UNKNOWN_ADDRESS)], timezone.now())
    pass_time(seconds=1)

    page = secretary.get(reverse("notifications:log"))
    assert calm == []
    assert [row.notification.patient for row in page.context["failures"]] == [kari]
    assert "Må følges opp" in page.content.decode()
    assert "Mottakeren finnes ikke" in card(secretary, kari)


def test_what_worked_is_never_sent_again_because_the_other_channel_failed(kari, set_up, email, sms, pass_time):
    """peers 2.12: one missing channel triggered resends of what had worked (novu#4960). spec C3."""
    kari.preferred_method = PreferredMethod.BOTH
    kari.save(update_fields=["preferred_method"])
    sms.answers = lambda message: Outcome.refused(Reason.INVALID_NUMBER)
    set_up(kari, days=7)

    for _ in range(5):
        pass_time(hours=1)

    assert (len(email.sent), len(sms.sent)) == (1, 1)
    assert Delivery.objects.count() == 2


def test_a_filter_for_failures_of_one_method_means_that_methods_failures(kari, set_up, email, sms, pass_time):
    """peers 2.13: «which service failed?» (apprise#306): an SMS in place of a failed e-mail has not failed. spec J1."""
    email.answers = lambda message: Outcome.refused(Reason.UNKNOWN_ADDRESS)
    set_up(kari, days=7)
    pass_time(minutes=5)
    rows = Notification.objects.filter(state=State.DISPATCHED)

    assert filters.narrowed(rows, module="", status="failed", method="email").count() == 1
    assert filters.narrowed(rows, module="", status="failed", method="sms").count() == 0
    assert filters.narrowed(rows, module="", status="sent", method="sms").count() == 1


def card(client: object, patient: object) -> str:
    """Return the card's tab Varslinger."""
    return client.get(reverse("notifications:card", args=[patient.pk])).content.decode()
