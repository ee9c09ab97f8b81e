"""When a channel fails for good, the other one is tried, once (spec C3, C6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import fallback, history, messages, receipts
from notifications.kinds import Channel, DeliveryState, Kind, Lane, Reason
from notifications.models import Delivery
from notifications.providers.base import Outcome
from patients.models import Patient, PreferredMethod, PushSubscription
from tests.factories import PatientFactory, PersonFactory

S = DeliveryState


@pytest.fixture
def report(pass_time):
    """Let a provider report, and the engine act on it."""

    def make(provider, state, reason=None, message=None):
        receipts.store([provider.report(state, reason, message)], timezone.now())
        pass_time(seconds=1)

    return make


@pytest.fixture
def with_push(kari):
    """Kari, who has allowed push."""
    kari.person = PersonFactory()
    kari.save()
    PushSubscription.objects.create(person=kari.person, endpoint="https://push.example/1", p256dh="k", auth="a")
    return kari


def refuses(reason):
    """Return a provider's script that refuses everything for good."""
    return lambda message: Outcome.refused(reason)


def test_hard_bounce_after_acceptance_falls_back_to_sms(kari, promise, email, sms, pass_time, report):
    """spec C3."""
    promise(kari)
    pass_time(seconds=1)

    report(email, S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    assert [message.recipient for message in sms.sent] == [kari.mobile]


def test_hard_bounce_marks_the_address_dead(kari, promise, email, pass_time, report):
    """spec C3."""
    promise(kari)
    pass_time(seconds=1)

    report(email, S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    kari.refresh_from_db()
    assert (kari.email_dead, kari.mobile_dead) == ("hard_bounce", "")


@pytest.mark.parametrize("reason", [Reason.INVALID_NUMBER, Reason.NOT_SMS_CAPABLE, Reason.OPTED_OUT, Reason.REJECTED])
def test_permanent_refusal_of_sms_falls_back_to_email(reason, kari, promise, email, sms, pass_time):
    """spec C3: whatever was preferred."""
    kari.preferred_method = PreferredMethod.SMS
    kari.save()
    sms.answers = refuses(reason)

    promise(kari)
    pass_time(seconds=1)

    assert [message.recipient for message in email.sent] == [kari.email]


@pytest.mark.parametrize("state", [S.UNDELIVERED, S.FAILED])
def test_number_not_in_service_falls_back_to_email(state, kari, promise, email, sms, pass_time, report):
    """spec C3."""
    kari.preferred_method = PreferredMethod.SMS
    kari.save()
    promise(kari)
    pass_time(seconds=1)

    report(sms, state, Reason.INVALID_NUMBER)

    kari.refresh_from_db()
    assert len(email.sent) == 1
    assert kari.mobile_dead == "not_in_service"


def test_a_phone_out_of_reach_falls_back_and_stays_alive(kari, promise, email, sms, pass_time, report):
    """spec C3: only what is known to be dead is marked."""
    kari.preferred_method = PreferredMethod.SMS
    kari.save()
    promise(kari)
    pass_time(seconds=1)

    report(sms, S.UNDELIVERED, Reason.UNREACHABLE)

    kari.refresh_from_db()
    assert len(email.sent) == 1
    assert kari.mobile_dead == ""


def test_it_falls_back_once(kari, promise, email, sms, pass_time):
    """spec C3: both refuse, and that is that."""
    email.answers, sms.answers = refuses(Reason.UNKNOWN_ADDRESS), refuses(Reason.INVALID_NUMBER)

    promise(kari)
    pass_time(minutes=5)

    assert (len(email.sent), len(sms.sent)) == (1, 1)
    assert set(Delivery.objects.values_list("state", flat=True)) == {S.FAILED}


@pytest.mark.parametrize("first", [Channel.EMAIL, Channel.SMS])
def test_both_used_leaves_nothing_to_fall_back_to(first, kari, promise, providers, pass_time, report):
    """spec C3."""
    kari.preferred_method = PreferredMethod.BOTH
    kari.save()
    promise(kari)
    pass_time(seconds=1)

    reasons = {Channel.EMAIL: Reason.UNKNOWN_ADDRESS, Channel.SMS: Reason.INVALID_NUMBER}
    report(providers[first], S.FAILED, reasons[first])

    assert Delivery.objects.count() == 2
    assert not Delivery.objects.filter(is_fallback=True).exists()


def test_both_chosen_and_one_possible_falls_back_to_nothing(kari, promise, email, sms, pass_time):
    """spec C3: the other one is not possible."""
    kari.preferred_method, kari.mobile = PreferredMethod.BOTH, ""
    kari.save()
    email.answers = refuses(Reason.UNKNOWN_ADDRESS)

    promise(kari)
    pass_time(seconds=1)

    assert sms.sent == []
    assert "SMS ikke forsøkt: Mobilnummer mangler" in logged(kari)


def test_not_chosen_with_push_falls_back_from_email_to_sms(with_push, promise, email, sms, push, pass_time):
    """spec C3: push goes as well, and stands in for nothing."""
    email.answers = refuses(Reason.UNKNOWN_ADDRESS)

    promise(with_push)
    pass_time(seconds=1)

    assert (len(email.sent), len(sms.sent), len(push.sent)) == (1, 1, 1)


def test_push_that_fails_falls_back_to_nothing(with_push, promise, email, sms, push, pass_time):
    """spec C3."""
    push.answers = refuses(Reason.SUBSCRIPTION_GONE)

    promise(with_push)
    pass_time(seconds=1)

    assert (len(email.sent), len(sms.sent), len(push.sent)) == (1, 0, 1)


def test_a_value_edited_since_it_was_used_is_not_marked(kari, promise, email, sms, pass_time, report):
    """spec C3: dead since it was last edited; the notice itself still falls back."""
    promise(kari)
    pass_time(seconds=1)
    Patient.objects.update(email="ny@example.com")

    report(email, S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    kari.refresh_from_db()
    assert kari.email_dead == ""
    assert len(sms.sent) == 1


def test_fallback_goes_to_the_number_as_it_is_then(kari, promise, email, sms, pass_time, report):
    """spec C1."""
    promise(kari)
    pass_time(seconds=1)
    Patient.objects.update(mobile="+4742999999")

    report(email, S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    assert [message.recipient for message in sms.sent] == ["+4742999999"]


def test_a_dead_value_marks_only_the_card_it_failed_on(kari, promise, email, pass_time):
    """spec B1, B2: another clinic's card is its own."""
    other = PatientFactory(email=kari.email)
    email.answers = refuses(Reason.UNKNOWN_ADDRESS)

    promise(kari)
    pass_time(seconds=1)

    other.refresh_from_db()
    assert other.email_dead == ""


@pytest.mark.parametrize("preferred", PreferredMethod.values)
def test_bulk_sms_never_falls_back(preferred, kari, bulk_text, promise, email, sms, pass_time):
    """spec C6."""
    kari.preferred_method = preferred
    kari.save()
    sms.answers = refuses(Reason.INVALID_NUMBER)

    promise(kari, Kind.BULK_SMS, Lane.BULK)
    pass_time(seconds=1)

    assert (len(sms.sent), email.sent) == (1, [])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("consent", "withdrawn", "Pasienten har trukket samtykket"),
        ("mobile", "", "Mobilnummer mangler"),
        ("is_landline", True, "Nummeret er en fasttelefon"),
        ("mobile_dead", "not_in_service", "Mobilnummeret virker ikke"),
    ],
)
def test_what_has_changed_stops_the_fallback_and_the_log_says_why(
    field, value, words, kari, promise, email, sms, pass_time, report
):
    """spec B3, C1, C3."""
    promise(kari)
    pass_time(seconds=1)
    Patient.objects.update(**{field: value})

    report(email, S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    assert sms.sent == []
    assert f"SMS ikke forsøkt: {words}" in logged(kari)


def test_no_fallback_after_the_notice_has_died(kari, promise, email, sms, pass_time, report):
    """spec D7; a dialog's notice lives 72 hours."""
    promise(kari)
    pass_time(seconds=1)
    pass_time(hours=72)

    report(email, S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    assert sms.sent == []
    assert "SMS ikke forsøkt: Varselet ble for sent" in logged(kari)


def test_both_hops_and_the_reason_show_in_the_history(kari, promise, email, sms, pass_time):
    """spec C3, J1."""
    email.answers = refuses(Reason.UNKNOWN_ADDRESS)

    promise(kari)
    pass_time(seconds=1)

    (row,) = history.rows(history.of_patient(kari))
    assert [(line.channel, line.word, line.reason) for line in row.channels] == [
        ("email", "Feilet", "Mottakeren finnes ikke"),
        ("sms", "Sendt", ""),
    ]
    assert "Gikk over til SMS" in logged(kari)


def test_an_unknown_outcome_never_falls_back(kari, promise, email, sms, pass_time):
    """design, section 3: unknown is never treated as failed."""
    email.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)

    promise(kari)
    pass_time(hours=1)

    assert sms.sent == []


def test_a_lost_address_before_hand_over_opens_the_other_channel(kari, promise, email, sms, pass_time):
    """spec C1, C3: queued, and then the address was removed."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_DOWN)
    promise(kari)
    pass_time(seconds=1)
    Patient.objects.update(email="")
    email.answers = None

    pass_time(minutes=1)

    assert [message.recipient for message in sms.sent] == [kari.mobile]
    hop = Delivery.objects.get(channel=Channel.EMAIL)
    assert (hop.state, hop.reason) == (S.SUPPRESSED, Reason.NO_EMAIL)


def test_a_fallback_that_cannot_be_made_does_not_undo_the_others_outcomes(
    kari, clinic, promise, email, sms, pass_time, monkeypatch
):
    """design, section 3: a row that raises never stops its batch."""
    good = PatientFactory(clinic=clinic)
    broken = promise(kari)
    promise(good)
    email.answers = refuses(Reason.UNKNOWN_ADDRESS)
    compose = messages.compose

    def raising(kind, channel, values, language):
        if channel == Channel.SMS and broken.token in values["link"]:
            raise ValueError("no such template")
        return compose(kind, channel, values, language)

    monkeypatch.setattr(fallback.dispatch.messages, "compose", raising)
    pass_time(seconds=1)

    assert [message.recipient for message in sms.sent] == [good.mobile]
    assert set(Delivery.objects.filter(channel=Channel.EMAIL).values_list("state", flat=True)) == {S.FAILED}
    assert "SMS ikke forsøkt: Intern feil: meldingen ble ikke laget" in logged(kari)


def test_the_fallback_tells_of_the_appointment_as_it_is_then(kari, set_up, staff, email, sms, pass_time, report):
    """spec D5."""
    from timebook import booking

    appointment = set_up(kari, days=7)
    pass_time(minutes=5)
    hour = timedelta(hours=1)
    booking.reschedule(
        appointment,
        version=appointment.version,
        by=staff,
        starts_at=appointment.starts_at + hour,
        ends_at=appointment.ends_at + hour,
    )

    report(email, S.BOUNCED, Reason.UNKNOWN_ADDRESS)

    assert "kl. 11.00" in sms.sent[0].text


def logged(patient):
    """Return the texts of the patient's whole log."""
    return [line.text for row in history.rows(history.of_patient(patient)) for line in row.log]
