"""E-contacts and the gateway: every outcome, and never a card without its e-contact (spec I4, I5)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk_send import asking, gateways, handing, settling, tasks
from bulk_send.gateways import Letter, NoGateway
from bulk_send.models import GatewayPause, Handover
from clinics.models import AuditEvent, Clinic
from economy import billing, payment
from economy.models import BillingCard, Method
from economy.models import State as CardState
from notifications import dispatch, health
from notifications.kinds import Lane, Reason
from notifications.models import Notification
from notifications.providers.base import Outcome
from patients.models import Consent, Patient
from post.models import DialogState
from tests.bulk_send.econtact_world import (
    BESOKLEGEN,
    FALLEN,
    HELSENORGE,
    STANDS,
    SUBJECT,
    TEXT,
    Fate,
    HandoverState,
    NoticeState,
    RecipientState,
    ScriptedGateway,
    econtact_clinic,
    make_bulk,
    make_patients,
    stop,
    tick,
)
from tests.factories import ClinicFactory, UserFactory

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
REFUSED = Outcome.refused(Reason.UNKNOWN_ADDRESS, "unknown_recipient")
LATER = Outcome.later(Reason.PROVIDER_DOWN)
UNKNOWN = Outcome.unknown(Reason.NO_ANSWER)
SETTLED = timedelta(seconds=200)  # longer than SETTLE_SECONDS


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(MONDAY, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> ScriptedGateway:
    """One scripted gateway for both providers."""
    scripted = ScriptedGateway()
    monkeypatch.setattr(gateways, "MAKERS", dict.fromkeys((HELSENORGE, BESOKLEGEN), lambda: scripted))
    return scripted


@pytest.fixture(params=[HELSENORGE, BESOKLEGEN])
def clinic(request: pytest.FixtureRequest, clock: object) -> Clinic:
    return econtact_clinic(ClinicFactory(), request.param)


@pytest.fixture
def kari(clinic: Clinic) -> Patient:
    return make_patients(clinic, 1)[0]


@pytest.fixture
def work(clinic: Clinic, clock: time_machine.Coordinates) -> Callable[..., None]:
    """Let time pass and do what the tasks do."""

    def pass_time(how_long: timedelta = timedelta(0)) -> None:
        clock.shift(how_long)
        tick(clinic.econtact_provider)

    return pass_time


def held(clinic: Clinic) -> str:
    """Return how the notice stands while the e-contact is on its way."""
    return NoticeState.EXTERNAL if clinic.econtact_provider == HELSENORGE else NoticeState.WAITING


def test_the_gateway_gets_who_what_and_from_whom(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])

    work()

    letter = gateway.offered[0]
    assert (letter.subject, letter.text, letter.sender) == (SUBJECT, TEXT, clinic.alias)
    assert letter.national_number == kari.person.national_number
    assert letter.reference == Fate(kari).handover.reference
    assert letter.sent_at == MONDAY


def test_a_letter_keeps_to_itself_in_logs_and_errors():
    """Spec C4: whatever prints a letter prints neither the person nor what is written."""
    letter = Letter(gateways.UUID(int=1), "01010112345", "L1", SUBJECT, TEXT, 7, "Klinikken", MONDAY)

    assert all(secret not in repr(letter) for secret in ("01010112345", "L1'", SUBJECT, TEXT))


def test_delivered_stands_with_card_and_dialog(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])

    work()

    fate = Fate(kari)
    assert fate.states == (HandoverState.DELIVERED, *STANDS, held(clinic))
    assert fate.handover.settled_at == MONDAY


def test_helsenorge_notifies_itself(gateway, clock):
    """Spec I5: our row is external, and nothing of ours goes out."""
    clinic = econtact_clinic(ClinicFactory(), HELSENORGE)
    (kari,) = make_patients(clinic, 1)
    make_bulk(clinic, [kari])

    tick(HELSENORGE)
    dispatch.run(timezone.now() + timedelta(days=4), Lane.BULK)

    assert Fate(kari).notice.state == NoticeState.EXTERNAL
    assert Fate(kari).notice.deliveries.count() == 0


def test_besoklegens_notice_goes_when_the_gateway_has_the_econtact_and_not_before(gateway, clock):
    """Spec I5: a Post notice, of something that is there to be read."""
    clinic = econtact_clinic(ClinicFactory(), BESOKLEGEN)
    (kari,) = make_patients(clinic, 1)
    make_bulk(clinic, [kari])
    assert dispatch.run(timezone.now() + timedelta(hours=71), Lane.BULK) == 0

    tick(BESOKLEGEN)
    dispatch.run(timezone.now(), Lane.BULK)

    assert Fate(kari).notice.state == NoticeState.DISPATCHED
    assert [hop.channel for hop in Fate(kari).notice.deliveries.all()] == ["email"]


def test_a_notice_that_nobody_let_go_never_goes_by_itself(gateway, clock):
    """A worker away for days: when everything comes due at once, the notice cannot overtake its e-contact."""
    clinic = econtact_clinic(ClinicFactory(), BESOKLEGEN)
    (kari,) = make_patients(clinic, 1)
    make_bulk(clinic, [kari])
    clock.shift(timedelta(hours=73))

    dispatch.run(timezone.now(), Lane.BULK)
    tick(BESOKLEGEN)

    assert Fate(kari).notice.deliveries.count() == 0
    assert Fate(kari).states[:3] == (HandoverState.EXPIRED, CardState.VOID, DialogState.CLOSED)


def test_refused_takes_card_dialog_and_notice_with_it(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers = lambda letter: REFUSED

    work()

    fate = Fate(kari)
    assert fate.states == (HandoverState.REFUSED, *FALLEN)
    assert (fate.handover.reason, fate.notice.reason) == (Reason.GATEWAY_REFUSED, Reason.GATEWAY_REFUSED)
    assert fate.card.reason == "E-kontakten ble ikke levert: Leverandøren av e-kontakt avviste meldingen."
    assert fate.recipient.state == RecipientState.PLANNED  # the handover holds the reason


def test_what_is_taken_back_stands_in_the_log(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers = lambda letter: REFUSED

    work()

    fate = Fate(kari)
    lines = AuditEvent.objects.filter(clinic=clinic, patient_id=kari.pk, source="engine").values_list("action", "what")
    assert set(lines) == {("card", f"voided {fate.card.pk}"), ("dialog", f"closed {fate.dialog.pk}")}


def test_one_refusal_takes_nobody_else_with_it(gateway, clinic, work):
    people = make_patients(clinic, 3)
    make_bulk(clinic, people)
    gateway.answers = lambda letter: REFUSED if letter.local_number == people[1].local_number else gateway.take(letter)

    work()

    assert [Fate(patient).card.state for patient in people] == [CardState.OPEN, CardState.VOID, CardState.OPEN]


def test_a_card_a_colleague_has_taken_up_again_is_voided_too(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    card = Fate(kari).card
    billing.reopen(card, version=card.version, by=UserFactory())
    gateway.answers = lambda letter: REFUSED

    work()

    assert Fate(kari).card.state == CardState.VOID


def test_a_card_paid_meanwhile_stands_and_the_log_says_so(gateway, clinic, kari, work, caplog):
    """Spec F5: a paid card cannot be changed by any route."""
    make_bulk(clinic, [kari])
    card = Fate(kari).card
    payment.mark_paid(card, version=card.version, method=Method.NONE, by=UserFactory())
    gateway.answers = lambda letter: REFUSED

    with caplog.at_level(logging.WARNING):
        work()

    assert Fate(kari).states == (HandoverState.REFUSED, CardState.PAID, DialogState.CLOSED, NoticeState.CANCELLED)
    assert f"card {card.pk} is paid and stands" in caplog.text


def test_later_waits_and_is_tried_again(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers = lambda letter: LATER
    work()
    waiting = Fate(kari)

    gateway.answers = gateway.take
    work(timedelta(minutes=1))

    assert (waiting.handover.state, waiting.handover.reason) == (HandoverState.QUEUED, Reason.PROVIDER_DOWN)
    assert waiting.states[1:3] == STANDS
    assert Fate(kari).states == (HandoverState.DELIVERED, *STANDS, held(clinic))
    assert Fate(kari).handover.attempts == 2


def test_too_late_is_as_refused(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers = lambda letter: LATER
    for _ in range(80):
        work(timedelta(hours=1))

    fate = Fate(kari)
    assert fate.states == (HandoverState.EXPIRED, *FALLEN)
    assert (fate.handover.reason, fate.notice.reason) == (Reason.TOO_LATE, Reason.TOO_LATE)
    assert fate.handover.settled_at <= MONDAY + timedelta(hours=73)


def test_what_is_too_late_is_closed_though_the_gateway_rests(gateway, clinic, kari, work, clock):
    make_bulk(clinic, [kari])
    clock.shift(timedelta(hours=72))
    GatewayPause.objects.create(
        provider=clinic.econtact_provider, reason="x", since=MONDAY, until=MONDAY + timedelta(days=9)
    )

    work()

    assert Fate(kari).states == (HandoverState.EXPIRED, *FALLEN)
    assert gateway.offered == []


def test_unknown_is_never_sent_blindly_again(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers = lambda letter: UNKNOWN
    work()

    work(timedelta(seconds=100))

    assert len(gateway.offered) == 1
    assert Fate(kari).states == (HandoverState.UNKNOWN, *STANDS, held(clinic))


def test_unknown_that_had_arrived_is_delivered_once(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers = gateway.take_silently
    work()

    work(SETTLED)

    assert len(gateway.offered) == 1
    assert Fate(kari).states == (HandoverState.DELIVERED, *STANDS, held(clinic))


def test_unknown_that_the_gateway_never_heard_of_is_handed_over_again_with_the_same_reference(
    gateway, clinic, kari, work
):
    make_bulk(clinic, [kari])
    gateway.answers = lambda letter: UNKNOWN
    work()
    gateway.answers = gateway.take

    work(SETTLED)
    work()

    assert len(gateway.offered) == 2
    assert len({letter.reference for letter in gateway.offered}) == 1
    assert Fate(kari).handover.state == HandoverState.DELIVERED


def test_unknown_is_asked_about_until_there_is_an_answer_and_never_guessed_at(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers, gateway.lookups = gateway.take_silently, gateway.is_mute
    work()
    for _ in range(10):
        work(timedelta(hours=12))
        dispatch.run(timezone.now(), Lane.BULK)
    unsure = Fate(kari)

    gateway.lookups = gateway.find
    work(timedelta(hours=2))

    assert unsure.states == (HandoverState.UNKNOWN, *STANDS, held(clinic))
    assert Fate(kari).handover.state == HandoverState.DELIVERED
    if clinic.econtact_provider == BESOKLEGEN:
        assert Fate(kari).notice.due_at == timezone.now()


def test_an_answer_lost_in_the_last_minute_still_gives_its_notice(gateway, clock):
    """The notice would have died while the gateway was being asked."""
    clinic = econtact_clinic(ClinicFactory(), BESOKLEGEN)
    (kari,) = make_patients(clinic, 1)
    make_bulk(clinic, [kari])
    gateway.answers = gateway.take_silently
    clock.shift(timedelta(hours=71, minutes=59))
    tick(BESOKLEGEN)

    for _ in range(5):
        clock.shift(timedelta(minutes=1))
        dispatch.run(timezone.now(), Lane.BULK)
        tick(BESOKLEGEN)
    dispatch.run(timezone.now(), Lane.BULK)

    assert Fate(kari).states == (HandoverState.DELIVERED, *STANDS, NoticeState.DISPATCHED)


def test_unknown_past_its_time_that_never_arrived_is_too_late(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers, gateway.lookups = (lambda letter: UNKNOWN), gateway.is_mute
    work()
    for _ in range(8):
        work(timedelta(hours=10))
    gateway.lookups = gateway.find

    work(timedelta(hours=2))
    work()

    assert len(gateway.offered) == 1
    assert Fate(kari).states == (HandoverState.EXPIRED, *FALLEN)


def test_a_gateway_that_answers_nobody_is_not_asked_two_hundred_times(gateway, clinic, work):
    make_bulk(clinic, make_patients(clinic, 20))
    asked: list[object] = []
    gateway.answers = lambda letter: UNKNOWN
    gateway.lookups = lambda reference: asked.append(reference) or gateway.is_mute(reference)
    work()

    work(SETTLED)

    assert len(asked) == asking.ASKERS


def test_a_mute_gateways_backlog_starves_no_other(clock, monkeypatch):
    """Each gateway is asked by itself, with a share of its own."""
    mute, well = ScriptedGateway(), ScriptedGateway()
    monkeypatch.setattr(gateways, "MAKERS", {HELSENORGE: lambda: mute, BESOKLEGEN: lambda: well})
    monkeypatch.setattr(asking, "BATCH", 2)
    made = [econtact_clinic(ClinicFactory(), provider) for provider in (HELSENORGE, BESOKLEGEN)]
    backlog, [kari] = make_patients(made[0], 5), make_patients(made[1], 1)
    make_bulk(made[0], backlog)
    make_bulk(made[1], [kari])
    mute.answers, mute.lookups = (lambda letter: UNKNOWN), mute.is_mute
    well.answers = well.take_silently
    for provider in (HELSENORGE, BESOKLEGEN):
        handing.run(provider, timezone.now())
    clock.shift(SETTLED)
    monkeypatch.setattr(tasks.ask_gateway, "apply_async", lambda args, **_how: tasks.ask_gateway(*args))

    tasks.clear_handovers()

    assert Fate(kari).handover.state == HandoverState.DELIVERED
    assert {Fate(patient).handover.state for patient in backlog} == {HandoverState.UNKNOWN}


def test_a_killed_worker_leaves_a_question_and_not_a_second_econtact(gateway, clinic, kari, work, clock):
    make_bulk(clinic, [kari])
    (going, _) = handing.claim(gateway, clinic.econtact_provider, timezone.now(), 10)
    gateway.take(going[0][1])  # and the worker dies before it can write

    work(timedelta(seconds=100))
    sending = Fate(kari).handover.state
    work(timedelta(seconds=30))
    doubted = Fate(kari).handover
    work(SETTLED)

    assert sending == HandoverState.SENDING
    assert (doubted.state, doubted.reason) == (HandoverState.UNKNOWN, Reason.WORKER_LOST)
    assert Fate(kari).handover.state == HandoverState.DELIVERED
    assert gateway.offered == []


def test_a_worker_past_its_lease_changes_nothing_but_what_it_knows_is_delivered(gateway, clinic, work, clock):
    refused, taken = people = make_patients(clinic, 2)
    make_bulk(clinic, people)
    going, _ = handing.claim(gateway, clinic.econtact_provider, timezone.now(), 10)
    work(timedelta(seconds=130))

    handing.record(clinic.econtact_provider, [row for row, _ in going], [REFUSED, Outcome.accepted("")], timezone.now())

    assert Fate(refused).states == (HandoverState.UNKNOWN, *STANDS, held(clinic))
    assert Fate(taken).handover.state == HandoverState.DELIVERED


def test_taken_after_it_was_closed_is_said_aloud(gateway, clinic, kari, work, caplog):
    bulk = make_bulk(clinic, [kari])
    going, _ = handing.claim(gateway, clinic.econtact_provider, timezone.now(), 10)
    stop(bulk)
    work(timedelta(seconds=130))
    work(SETTLED)
    work()

    handing.record(clinic.econtact_provider, [going[0][0]], [Outcome.accepted("")], timezone.now())

    assert Fate(kari).handover.state == HandoverState.STOPPED
    assert f"handover {going[0][0].pk} was taken by the gateway after it had been closed" in caplog.text


def test_a_stopped_bulk_takes_back_what_has_not_been_handed_over(gateway, clinic, work):
    gone, waits = people = make_patients(clinic, 2)
    bulk = make_bulk(clinic, people)
    gateway.answers = lambda letter: gateway.take(letter) if letter.local_number == gone.local_number else LATER
    work()
    gateway.answers = gateway.take
    stop(bulk)

    work(timedelta(hours=1))

    assert Fate(gone).states == (HandoverState.DELIVERED, *STANDS, held(clinic))
    assert Fate(waits).states == (HandoverState.STOPPED, *FALLEN)
    assert Fate(waits).handover.reason == Reason.BULK_STOPPED
    assert (Fate(waits).recipient.state, Fate(waits).recipient.reason) == (
        RecipientState.STOPPED,
        Reason.BULK_STOPPED,
    )
    assert Fate(gone).recipient.state == RecipientState.PLANNED


def test_stopping_waits_for_no_gateway(gateway, clinic, kari, work):
    bulk = make_bulk(clinic, [kari])
    GatewayPause.objects.create(
        provider=clinic.econtact_provider, reason="x", since=MONDAY, until=MONDAY + timedelta(days=9)
    )
    stop(bulk)

    work()

    assert Fate(kari).states == (HandoverState.STOPPED, *FALLEN)


def test_what_may_have_arrived_is_not_taken_back_by_stopping(gateway, clinic, kari, work):
    bulk = make_bulk(clinic, [kari])
    gateway.answers = gateway.take_silently
    work()
    stop(bulk)

    work(SETTLED)

    assert Fate(kari).states == (HandoverState.DELIVERED, *STANDS, held(clinic))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consent": Consent.WITHDRAWN}, Reason.CONSENT_WITHDRAWN),
        ({"consent": Consent.NOT_ASKED}, Reason.NO_CONSENT),
    ],
)
def test_consent_is_asked_for_at_the_moment_of_sending(gateway, clinic, kari, work, change, reason):
    """Spec B3: withdrawing stops what is waiting, at the moment of sending at the latest."""
    make_bulk(clinic, [kari])
    Patient.objects.filter(pk=kari.pk).update(**change)

    work()

    assert gateway.offered == []
    assert Fate(kari).states == (HandoverState.STOPPED, *FALLEN)
    assert Fate(kari).handover.reason == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"econtact_provider": ""}, Reason.GRANT_GONE),
        ({"post_notices": False}, Reason.MODULE_OFF),
    ],
)
def test_the_clinics_grant_and_module_are_asked_for_at_the_moment_of_sending(
    gateway, clinic, kari, clock, change, reason
):
    make_bulk(clinic, [kari])
    provider = clinic.econtact_provider
    Clinic.objects.filter(pk=clinic.pk).update(**change)

    tick(provider)

    assert gateway.offered == []
    assert Fate(kari).states == (HandoverState.STOPPED, *FALLEN)
    assert Fate(kari).handover.reason == reason


@pytest.mark.parametrize(("is_demo", "mobile"), [(True, "+4790000001"), (False, "+4742000001")])
def test_invented_people_are_never_handed_to_a_real_gateway(gateway, clinic, kari, work, is_demo, mobile):
    make_bulk(clinic, [kari])
    Clinic.objects.filter(pk=clinic.pk).update(is_demo=is_demo)
    Patient.objects.filter(pk=kari.pk).update(mobile=mobile)
    gateway.is_real = True

    work()

    assert gateway.offered == []
    assert Fate(kari).handover.reason == Reason.DEMO


def test_real_people_are(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    Clinic.objects.filter(pk=clinic.pk).update(is_demo=False)
    Patient.objects.filter(pk=kari.pk).update(mobile="+4790000001")
    gateway.is_real = True

    work()

    assert Fate(kari).handover.state == HandoverState.DELIVERED


def test_one_that_cannot_be_written_stops_nobody(gateway, clinic, work, monkeypatch):
    broken, well = people = make_patients(clinic, 2)
    make_bulk(clinic, people)
    honest = handing.letter
    poisoned = Fate(broken).handover.pk
    monkeypatch.setattr(handing, "letter", lambda row, opened: 1 / 0 if row.pk == poisoned else honest(row, opened))

    work()

    assert Fate(well).handover.state == HandoverState.DELIVERED
    assert (Fate(broken).handover.state, Fate(broken).handover.reason) == (HandoverState.QUEUED, "internal_error")
    assert Fate(broken).states[1:3] == STANDS


def test_one_whose_outcome_cannot_be_written_stops_nobody(gateway, clinic, work, monkeypatch):
    people = make_patients(clinic, 5)
    make_bulk(clinic, people)
    poisoned, honest = Fate(people[3]).handover.pk, settling.deliver

    def deliver(rows, now):
        honest(rows, now)
        assert poisoned not in {row.pk for row in rows}

    monkeypatch.setattr(settling, "deliver", deliver)
    work()
    monkeypatch.setattr(settling, "deliver", honest)
    states = [Fate(patient).handover.state for patient in people]
    work(timedelta(seconds=130))
    work(SETTLED)

    assert states.count(HandoverState.DELIVERED) == 4
    assert states[3] == HandoverState.SENDING
    assert Fate(people[3]).handover.state == HandoverState.DELIVERED  # found at the gateway
    assert len(gateway.offered) == 5


def test_wrong_set_up_refuses_nobody_rests_the_gateway_and_alarms_the_clinics_that_use_it(gateway, clinic, kari, work):
    make_bulk(clinic, [kari])
    gateway.answers = lambda letter: Outcome.setup("401")

    work()
    work(timedelta(seconds=60))

    other = BESOKLEGEN if clinic.econtact_provider == HELSENORGE else HELSENORGE
    name = clinic.get_econtact_provider_display()
    assert len(gateway.offered) == 1
    assert Fate(kari).states == (HandoverState.QUEUED, *STANDS, held(clinic))
    assert [f"{name} er på pause: Feil i oppsettet" in line for line in health.alarms(clinic).messages] == [True]
    assert health.alarms(econtact_clinic(ClinicFactory(), other)).messages == []
    assert health.alarms(ClinicFactory()).messages == []


def test_a_gateway_that_asks_for_rest_gets_it_and_is_probed_with_one(gateway, clinic, work):
    make_bulk(clinic, make_patients(clinic, 3))
    gateway.answers = lambda letter: Outcome.later(Reason.PROVIDER_BUSY, "429", timedelta(minutes=10))
    work()
    work(timedelta(minutes=9))
    assert len(gateway.offered) == 3

    work(timedelta(minutes=1))
    assert len(gateway.offered) == 4

    gateway.answers = gateway.take
    work(timedelta(minutes=10))
    work()
    assert set(Handover.objects.values_list("state", flat=True)) == {HandoverState.DELIVERED}
    assert not GatewayPause.objects.exists()


def test_the_providers_do_not_wait_for_each_other(gateway, clock):
    first, second = (econtact_clinic(ClinicFactory(), provider) for provider in (HELSENORGE, BESOKLEGEN))
    (kari,), (ola,) = make_patients(first, 1), make_patients(second, 1)
    make_bulk(first, [kari])
    make_bulk(second, [ola])
    gateway.answers = lambda letter: Outcome.setup("401")
    tick(HELSENORGE)
    gateway.answers = gateway.take

    tick(BESOKLEGEN)

    assert Fate(kari).handover.state == HandoverState.QUEUED
    assert Fate(ola).handover.state == HandoverState.DELIVERED


def test_a_provider_nobody_serves_is_said_aloud(clinic, kari, monkeypatch):
    monkeypatch.setattr(gateways, "MAKERS", {})
    make_bulk(clinic, [kari])

    with pytest.raises(NoGateway):
        handing.run(clinic.econtact_provider, timezone.now())

    assert Fate(kari).handover.state == HandoverState.QUEUED


def test_neither_person_nor_text_is_seen_in_the_log(gateway, clinic, work, caplog, monkeypatch):
    """Spec C4."""
    people = make_patients(clinic, 4)
    make_bulk(clinic, people)
    answers = iter([REFUSED, UNKNOWN, LATER, Outcome.setup("401")])
    gateway.answers = lambda letter: next(answers)
    caplog.set_level(logging.DEBUG)

    work()

    written = caplog.text
    numbers = [value for patient in people for value in (patient.person.national_number, patient.mobile, patient.email)]
    assert not [secret for secret in (TEXT, SUBJECT, *numbers) if secret in written.replace("Kontroll ", "")]


@pytest.mark.parametrize("number", [2, 40])
def test_a_batch_costs_the_same_statements_whatever_its_size(gateway, clinic, number, django_assert_max_num_queries):
    make_bulk(clinic, make_patients(clinic, number))

    with django_assert_max_num_queries(26):
        handing.run(clinic.econtact_provider, timezone.now())

    assert Handover.objects.filter(state=HandoverState.DELIVERED).count() == number


@pytest.mark.parametrize("number", [2, 40])
def test_refusals_cost_the_same_statements_whatever_their_number(
    gateway, clinic, number, django_assert_max_num_queries
):
    make_bulk(clinic, make_patients(clinic, number))
    gateway.answers = lambda letter: REFUSED

    with django_assert_max_num_queries(34):
        handing.run(clinic.econtact_provider, timezone.now())

    assert BillingCard.objects.filter(state=CardState.VOID).count() == number


def test_the_tasks_do_the_work(gateway, clinic, kari, settings):
    from celery import current_app

    make_bulk(clinic, [kari])
    current_app.conf.task_always_eager = True
    try:
        tasks.hand_over_due()
        tasks.clear_handovers()
    finally:
        current_app.conf.task_always_eager = False

    assert Fate(kari).handover.state == HandoverState.DELIVERED


STORIES = st.lists(
    st.tuples(
        st.sampled_from(["take", "take_silently", "refuse", "later", "lose", "busy", "setup", "killed", "stop"]),
        st.sampled_from(["find", "is_mute"]),
        st.integers(min_value=1, max_value=1_500),  # minutes
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("provider", [HELSENORGE, BESOKLEGEN])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=STORIES)
def test_never_a_card_without_its_econtact(gateway, clock, provider, story):
    """Spec I5: whatever happens, in the end the card stands if and only if the gateway has the e-contact."""
    gateway.has.clear()
    clinic = econtact_clinic(ClinicFactory(), provider)
    people = make_patients(clinic, 2)
    bulk = make_bulk(clinic, people)
    scripts = {
        "take": gateway.take,
        "take_silently": gateway.take_silently,
        "refuse": lambda letter: REFUSED,
        "later": lambda letter: LATER,
        "lose": lambda letter: UNKNOWN,
        "busy": lambda letter: Outcome.later(Reason.PROVIDER_BUSY, "429", timedelta(minutes=3)),
        "setup": lambda letter: Outcome.setup("401"),
    }
    for what, lookups, minutes in story:
        gateway.lookups = getattr(gateway, lookups)
        if what == "stop":
            stop(bulk)
        elif what == "killed":
            going, _ = handing.claim(gateway, provider, timezone.now(), 10)
            for _, letter in going[::2]:
                gateway.take(letter)
        else:
            gateway.answers = scripts[what]
        tick(provider)
        dispatch.run(timezone.now(), Lane.BULK)
        clock.shift(timedelta(minutes=minutes))
        for fate in map(Fate, people):
            assert not (fate.notice.deliveries.exists() and fate.handover.reference not in gateway.has)

    gateway.answers, gateway.lookups = gateway.take, gateway.find
    for _ in range(4):
        clock.shift(timedelta(hours=2))
        tick(provider)

    for fate in map(Fate, people):
        is_there = fate.handover.reference in gateway.has
        assert (fate.handover.state == HandoverState.DELIVERED) is is_there
        assert fate.card.state == (CardState.OPEN if is_there else CardState.VOID)
        assert fate.dialog.state == (DialogState.SENT if is_there else DialogState.CLOSED)
        if not is_there:
            assert fate.notice.state in (NoticeState.CANCELLED, NoticeState.EXPIRED)
    Notification.objects.filter(clinic=clinic).update(state=NoticeState.CANCELLED)  # nothing left for the next story
    Handover.objects.filter(clinic=clinic).update(state=HandoverState.DELIVERED)
    GatewayPause.objects.all().delete()
