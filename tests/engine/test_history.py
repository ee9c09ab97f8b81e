"""Status and history: every state and reason in words (spec J1; design, section 3)."""

from __future__ import annotations

from itertools import product

import pytest
from django.utils import timezone

from notifications import history
from notifications.kinds import Channel, DeliveryState, External, Kind, Reason, State
from notifications.models import Delivery, DeliveryEvent, Notification
from notifications.providers.base import Outcome
from patients.models import Patient, PreferredMethod
from tests.factories import PatientFactory

S = DeliveryState
REASONS = ["", *Reason]
DELIVERY_WORDS = {
    S.QUEUED: "I kø",
    S.SENDING: "I kø",
    S.ACCEPTED: "Sendt",
    S.DELIVERED: "Levert",
    S.FAILED: "Feilet",
    S.UNDELIVERED: "Feilet",
    S.BOUNCED: "Feilet",
    S.UNKNOWN: "Ukjent",
    S.FAILED_UNKNOWN: "Ukjent",
    S.UNCONFIRMED: "Sendt, ikke bekreftet",
    S.EXPIRED: "For sent",
}
NOTICE_WORDS = {
    State.WAITING: "Planlagt",
    State.DISPATCHED: "I kø",
    State.REPLACED: "Erstattet",
    State.CANCELLED: "Stoppet",
    State.EXPIRED: "For sent",
}
STOPPED = {  # decided by the clinic, the patient or the appointment; all other reasons are «Ikke mulig»
    Reason.NO_CONSENT: "Stoppet",
    Reason.CONSENT_WITHDRAWN: "Stoppet",
    Reason.MODULE_OFF: "Stoppet",
    Reason.TYPE_OFF: "Stoppet",
    Reason.APPOINTMENT_CANCELLED: "Stoppet",
    Reason.APPOINTMENT_MOVED: "Stoppet",
    Reason.APPOINTMENT_RESTORED: "Stoppet",
    Reason.NEWER_NEWS: "Stoppet",
    Reason.SUBJECT_GONE: "Stoppet",
    Reason.NO_CONTACT: "Ikke mulig",
    Reason.NO_EMAIL: "Ikke mulig",
    Reason.NO_MOBILE: "Ikke mulig",
    Reason.LANDLINE: "Ikke mulig",
    Reason.EMAIL_DEAD: "Ikke mulig",
    Reason.MOBILE_DEAD: "Ikke mulig",
    Reason.FOREIGN_NUMBER: "Ikke mulig",
    Reason.INTERNAL_ERROR: "Ikke mulig",
}


def test_the_words_cover_every_state():
    """design, section 3."""
    assert set(DELIVERY_WORDS) | {S.SUPPRESSED} == set(S)
    assert set(NOTICE_WORDS) | {State.SUPPRESSED, State.EXTERNAL} == set(State)


@pytest.mark.parametrize(("state", "word"), DELIVERY_WORDS.items())
def test_each_hop_has_its_word(state, word):
    """design, section 3: one vocabulary everywhere."""
    assert history.delivery_label(Delivery(state=state)).word == word


@pytest.mark.parametrize(("state", "word"), NOTICE_WORDS.items())
def test_each_notice_has_its_word(state, word):
    """design, section 3."""
    assert history.notice_label(Notification(state=state)).word == word


@pytest.mark.parametrize(("reason", "word"), STOPPED.items())
def test_what_was_not_sent_is_stopped_or_impossible_by_its_reason(reason, word):
    """design, section 3."""
    assert history.notice_label(Notification(state=State.SUPPRESSED, reason=reason)).word == word
    assert history.delivery_label(Delivery(state=S.SUPPRESSED, reason=reason)).word == word


@pytest.mark.parametrize("who", External.values)
def test_external_says_who(who):
    """spec D13, F4."""
    assert history.notice_label(Notification(state=State.EXTERNAL, external=who)).word == (
        f"Varsles av {External(who).label}"
    )


@pytest.mark.parametrize("state", list(S))
def test_every_state_and_reason_of_a_hop_makes_a_line(state):
    """spec J1: no missing label, icon or colour; never by colour alone."""
    hops = [Delivery(state=state, reason=reason, channel=Channel.SMS) for reason in REASONS]

    lines = [history.channel_line(hop) for hop in hops]

    assert all(line.word and line.icon and line.status_icon for line in lines)
    assert [line.reason for line in lines] == ["", *(str(reason.label) for reason in Reason)]


@pytest.mark.parametrize("state", [state for state in State if state != State.EXTERNAL])
def test_every_state_and_reason_of_a_notice_makes_a_line(state):
    """spec J1."""
    lines = [history.notice_line(Notification(state=state, reason=reason)) for reason in REASONS]

    assert all(line.word and line.status_icon for line in lines)
    assert [line.reason for line in lines] == ["", *(str(reason.label) for reason in Reason)]


@pytest.mark.parametrize("what", DeliveryEvent.What.values)
def test_every_event_makes_a_line(what):
    """spec J1."""
    for state, reason in product(S, ["", Reason.REJECTED]):
        event = DeliveryEvent(what=what, state=state, reason=reason, code="sms" if what == "fallback" else "30003")
        assert history.event_line(event, "SMS")
        history.css_of(event)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_words(reason):
    """spec J1: a reason in words, from a closed list."""
    assert str(reason.label)[0].isupper()
    assert str(reason.label) != reason.value


NEGATIVE = {S.FAILED, S.UNDELIVERED, S.BOUNCED, S.UNKNOWN, S.FAILED_UNKNOWN, S.UNCONFIRMED, S.EXPIRED, S.SUPPRESSED}


def test_every_negative_row_of_a_rough_day_has_a_reason(clinic, promise, set_up, email, sms, pass_time):
    """spec J1: whatever went wrong."""
    answers = iter(
        [Outcome.refused(Reason.REJECTED), Outcome.unknown(Reason.NO_ANSWER), Outcome.later(Reason.PROVIDER_DOWN)] * 3
    )
    email.answers = sms.answers = lambda message: next(answers, Outcome.refused(Reason.BLOCKED))
    for contact in ({}, {"email": ""}, {"email": "", "mobile": ""}, {"consent": ""}, {"is_landline": True}):
        promise(PatientFactory(clinic=clinic, **contact))
        set_up(PatientFactory(clinic=clinic), minutes=5)
    pass_time(minutes=5)
    pass_time(hours=73)

    without = [row for row in Delivery.objects.filter(state__in=NEGATIVE) if not row.reason]
    silent = Notification.objects.exclude(state__in=[State.WAITING, State.DISPATCHED]).filter(reason="")
    assert without == []
    assert list(silent) == []


def test_a_row_tells_event_method_message_status_and_times(kari, set_up, email, clock, pass_time):
    """spec J1."""
    set_up(kari, hours=40)
    pass_time(minutes=5)

    (row,) = history.rows(history.of_patient(kari))

    assert (row.event, row.module) == ("Bekreftelse på oppsatt time", "Timebok")
    assert row.text == email.sent[0].subject
    assert [(line.name, line.word, line.recipient) for line in row.channels] == [("E-post", "Sendt", kari.email)]
    assert row.channels[0].at == timezone.now()


def test_the_log_is_in_order_and_names_who_did_it(kari, set_up, email, pass_time):
    """spec J1."""
    set_up(kari, hours=40)
    pass_time(minutes=5)

    (row,) = history.rows(history.of_patient(kari))

    assert [line.text for line in row.log] == [
        "Bekreftelse på oppsatt time: registrert av Kari Holm",
        f"E-post lagt i kø til {kari.email}",
        "E-post: forsøk 1",
        "E-post: Mottatt av leverandøren",
    ]


def test_the_history_shows_the_very_text_that_went_out(kari, set_up, sms, pass_time):
    """design, section 2: the delivery keeps it."""
    Patient.objects.update(preferred_method=PreferredMethod.SMS)
    set_up(kari, hours=40)
    pass_time(minutes=5)

    (row,) = history.rows(history.of_patient(kari))

    assert row.text == sms.sent[0].text


def test_a_waiting_notice_has_no_text_yet(kari, promise):
    """design, section 2: no message text before dispatch."""
    promise(kari)

    (row,) = history.rows(history.of_patient(kari))

    assert row.text == "Teksten lages når varselet går ut."
    assert Delivery.objects.count() == 0


def test_every_kind_of_notice_is_in_the_history(kari, bulk_text, promise):
    """spec J1: bulk SMS and e-contact included."""
    for kind in (Kind.DIALOG_RECEIVED, Kind.ANSWER_RECEIVED, Kind.RECEIPT, Kind.BULK_SMS, Kind.ECONTACT):
        promise(kari, kind)

    rows = history.rows(history.of_patient(kari))

    assert {row.module for row in rows} == {"Post", "Økonomi", ""}
    assert len({row.event for row in rows}) == 5


def test_the_history_of_one_card_shows_no_other(kari, clinic, promise):
    """spec A7."""
    promise(PatientFactory(clinic=clinic))
    mine = promise(kari)

    assert [row.notification for row in history.rows(history.of_patient(kari))] == [mine]


def test_newest_first(kari, promise, clock):
    """spec J1."""
    first = promise(kari)
    clock.shift(60)
    second = promise(kari)

    assert [row.notification for row in history.rows(history.of_patient(kari))] == [second, first]


def test_a_page_of_any_size_takes_the_same_queries(kari, promise, pass_time, django_assert_max_num_queries):
    """spec I7: five, however many rows."""
    for _ in range(30):
        promise(kari)
    pass_time(seconds=1)

    with django_assert_max_num_queries(5):
        assert len(history.rows(history.of_patient(kari))) == 30
