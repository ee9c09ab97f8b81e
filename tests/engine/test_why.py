"""«Hvorfor?»: the explanation is the decision itself, and the change it names turns the outcome (spec J3)."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from clinics.models import Clinic
from notifications import advice, decision, dispatch, history, outbox, why
from notifications.decision import Change, Seen
from notifications.kinds import Kind, Reason, State, SubjectType
from notifications.models import Notification
from notifications.providers.base import Outcome
from patients.models import Consent, DeadContact, Patient, Person, PreferredMethod, PushSubscription
from tests.engine.conftest import run_engine

PROBLEMS_OF_EMAIL = ["", Reason.NO_EMAIL, Reason.EMAIL_DEAD]
PROBLEMS_OF_SMS = ["", Reason.NO_MOBILE, Reason.LANDLINE, Reason.MOBILE_DEAD, Reason.FOREIGN_NUMBER]
seens = st.builds(
    Seen,
    kind=st.sampled_from([kind for kind in Kind if kind != Kind.APP_INVITATION]),
    module=st.booleans(),
    type=st.booleans(),
    consent=st.sampled_from(Consent.values),
    preferred=st.sampled_from(PreferredMethod.values),
    email=st.sampled_from(PROBLEMS_OF_EMAIL),
    sms=st.sampled_from(PROBLEMS_OF_SMS),
    push=st.sampled_from(["", Reason.NO_PUSH]),
)


@given(seens)
def test_the_named_change_is_enough_and_no_smaller_one_is(seen: Seen) -> None:
    """spec J3: of every set of changes, the one that is named is among the smallest that send the notice."""
    named = decision.smallest_change(seen)

    if decision.decide(seen).goes_out:
        assert named == ()
        return
    assert named
    assert decision.decide(decision.after(named, seen)).goes_out
    for smaller in itertools.combinations(Change, len(named) - 1):
        assert not decision.decide(decision.after(smaller, seen)).goes_out


@given(seens)
def test_what_was_seen_is_stored_and_read_again_unchanged(seen: Seen) -> None:
    """spec J3: values as they were."""
    assert Seen.unpacked(seen.kind, seen.packed()) == seen


@given(seens)
def test_every_negative_decision_has_a_reason_from_the_closed_list(seen: Seen) -> None:
    """spec J1, J3."""
    decided = decision.decide(seen)

    assert decided.goes_out is bool(decided.channels)
    assert decided.goes_out or decided.reason in Reason.values


def test_a_subject_that_calls_for_nothing_cannot_be_turned() -> None:
    """A cancelled appointment gives no reminder, whatever is registered."""
    seen = Seen(kind=Kind.APPOINTMENT_REMINDER, subject=Reason.APPOINTMENT_CANCELLED, subject_state=State.CANCELLED)

    assert decision.smallest_change(seen) == ()
    assert decision.smallest_change(Seen(kind=Kind.RECEIPT, is_late=True, email=Reason.NO_EMAIL)) == ()


def test_every_reason_a_provider_can_give_comes_with_advice() -> None:
    """spec J3: staff are told what to do, not only what went wrong."""
    waiting = {Reason.PROVIDER_BUSY, Reason.PROVIDER_DOWN}  # the engine itself tries again
    of_providers = set(list(Reason)[list(Reason).index(Reason.INVALID_NUMBER) :]) - waiting

    assert {reason for reason in of_providers if not advice.advice(reason)} == set()


WORLDS: list[dict[str, Any]] = [
    {"email": "", "mobile": ""},
    {"email": "", "mobile": "+4722000000", "is_landline": True},
    {"email": "x@example.com", "email_dead": DeadContact.HARD_BOUNCE, "mobile": ""},
    {"email": "", "mobile": "+4742000000", "mobile_dead": DeadContact.NOT_IN_SERVICE},
    {"email": "", "mobile": "+4670123456"},
    {"consent": Consent.WITHDRAWN},
    {"consent": Consent.NOT_ASKED, "email": "", "mobile": ""},
    {"module": False},
    {"module": False, "consent": Consent.NOT_ASKED, "email": "", "mobile": ""},
    {"preferred_method": PreferredMethod.EMAIL, "email": "", "mobile": ""},
]


def apply_really(change: Change, patient: Patient) -> None:
    """Do in the product what the explanation names."""
    match change:
        case Change.CONSENT:
            patient.consent = Consent.GIVEN
        case Change.EMAIL:
            patient.email, patient.email_dead = "y@example.com", ""
        case Change.MOBILE:
            patient.mobile, patient.is_landline, patient.mobile_dead = "+4742111111", False, ""
        case Change.PUSH:
            patient.person = patient.person or Person.objects.create(national_number="01890012345")
            PushSubscription.objects.create(person=patient.person, endpoint="https://push.example.com/1")
        case Change.MODULE:
            Clinic.objects.filter(pk=patient.clinic_id).update(economy_notices=True, post_notices=True)
        case Change.FOREIGN:
            Clinic.objects.filter(pk=patient.clinic_id).update(foreign_numbers=True)
        case Change.TYPE:
            raise AssertionError("cards and messages have no timetype")
    patient.save()


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.DIALOG_RECEIVED])
def test_doing_what_the_explanation_names_sends_the_notice(kari, promise, told, providers, clock, world, kind) -> None:
    """spec J3: the stored decision names a change; done for real, the next notice of the kind goes out."""
    wanted = dict(world)
    if wanted.pop("module", True) is False:
        Clinic.objects.filter(pk=kari.clinic_id).update(economy_notices=False, post_notices=False)
    Patient.objects.filter(pk=kari.pk).update(**wanted)
    first = promise(kari, kind)
    run_engine()
    first.refresh_from_db()
    assert first.state == State.SUPPRESSED
    named = decision.smallest_change(why.recorded(first))
    assert named

    for change in named:
        apply_really(change, Patient.objects.select_related("person").get(pk=kari.pk))
    second = promise(kari, kind)
    run_engine()

    second.refresh_from_db()
    assert second.state == State.DISPATCHED
    assert {row.channel for row in second.deliveries.all()} == {
        *decision.decide(decision.after(named, why.recorded(first))).channels
    }


def explained(notification: Notification) -> why.Explanation:
    """Return the explanation as the page shows it."""
    [complete] = history.with_parts([notification])
    return why.explain(complete)


def test_the_sentence_says_what_was_missing(kari, promise, told, providers, clock) -> None:
    """spec J3: «ville gått på SMS hvis mobilnummer var registrert»."""
    Patient.objects.filter(pk=kari.pk).update(email="", mobile="")
    notification = promise(kari, Kind.RECEIPT)
    run_engine()
    notification.refresh_from_db()

    answer = explained(notification)

    assert answer.turn == "Ville gått på SMS hvis mobilnummer var registrert."
    assert [line.rule for line in answer.lines if line.is_decisive] == ["Kanal"]


def test_the_values_shown_are_those_of_the_decision_not_of_today(kari, promise, told, providers, clock) -> None:
    """spec J3: values as they were."""
    Patient.objects.filter(pk=kari.pk).update(consent=Consent.WITHDRAWN)
    notification = promise(kari, Kind.RECEIPT)
    run_engine()
    Patient.objects.filter(pk=kari.pk).update(consent=Consent.GIVEN)
    notification.refresh_from_db()

    lines = {line.rule: line for line in explained(notification).lines}

    assert (lines["Samtykke"].value, lines["Samtykke"].is_decisive) == ("Samtykke trukket", True)
    assert explained(notification).turn == "Ville gått på e-post hvis pasienten hadde samtykket."


LATE: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"consent": Consent.WITHDRAWN}, {}, "Pasienten har trukket samtykket", "pasienten hadde samtykket"),
    ({}, {"economy_notices": False}, "Varsler er av for modulen", "varsler for Økonomi var på"),
]


@pytest.mark.parametrize(("on_card", "at_clinic", "why_not", "condition"), LATE)
def test_what_is_stopped_at_the_hand_over_is_not_said_to_have_gone(
    kari, promise, told, providers, clock, on_card, at_clinic, why_not, condition
) -> None:
    """spec B3, C1, J3: judged and queued, then stopped before anything left the house."""
    notification = promise(kari, Kind.RECEIPT)
    dispatch.run(timezone.now())
    Patient.objects.filter(pk=kari.pk).update(**{"email": "kari@example.com"} | on_card)
    Clinic.objects.filter(pk=kari.clinic_id).update(**{"economy_notices": True} | at_clinic)
    run_engine()
    notification.refresh_from_db()

    answer = explained(notification)

    assert answer.label.word == "Stoppet"
    assert answer.outcome == f"Ikke sendt: {why_not}."
    assert answer.turn == f"Ville gått på e-post hvis {condition}."
    assert [line.rule for line in answer.lines if line.is_decisive] == ["E-post like før sending"]


def test_a_notice_that_went_over_says_how_it_went_and_asks_for_no_resend(
    kari, promise, told, providers, email, clock
) -> None:
    """spec C3, J3: the e-mail was refused, the SMS came through: nothing decided against the patient."""
    email.answers = lambda message: Outcome.refused(Reason.UNKNOWN_ADDRESS)
    notification = promise(kari, Kind.RECEIPT)
    run_engine()
    notification.refresh_from_db()

    answer = explained(notification)

    assert answer.outcome == "Gikk på SMS."
    assert answer.turn == ""
    assert [line.rule for line in answer.lines if line.is_decisive] == []
    assert "E-post hos leverandøren" in [line.rule for line in answer.lines]


def test_a_notice_that_failed_everywhere_is_not_said_to_have_gone(
    kari, promise, told, providers, email, sms, clock
) -> None:
    """spec J3: tried on both, and what to do about both."""
    email.answers = lambda message: Outcome.refused(Reason.UNKNOWN_ADDRESS)
    sms.answers = lambda message: Outcome.refused(Reason.INVALID_NUMBER)
    notification = promise(kari, Kind.RECEIPT)
    run_engine()
    notification.refresh_from_db()

    answer = explained(notification)

    assert answer.outcome == "Forsøkt på e-post og SMS."
    assert "Rett e-postadressen" in answer.turn
    assert "Rett mobilnummeret" in answer.turn


def test_a_waiting_notice_is_explained_as_it_would_go_now(kari, set_up, clock) -> None:
    """spec C1, J3: judged when due; until then a forecast."""
    appointment = set_up(kari, hours=20)
    Patient.objects.filter(pk=kari.pk).update(email="", mobile="")

    [answer, silence] = sorted(
        why.about(kari.clinic, kari, SubjectType.APPOINTMENT, appointment.pk),
        key=lambda found: found.notification is None,
    )

    assert answer.is_forecast
    assert answer.outcome.startswith("Planlagt til 23. november 2026 10:05.")
    assert answer.turn == "Ville gått på SMS hvis mobilnummer var registrert."
    assert not silence.is_forecast


def test_what_would_happen_now_answers_for_every_kind_of_event(kari, providers, clock) -> None:
    """spec J3: «Hva ville skjedd nå?»."""
    Clinic.objects.filter(pk=kari.clinic_id).update(economy_notices=False)
    Patient.objects.filter(pk=kari.pk).update(email="", mobile="")
    patient = Patient.objects.select_related("clinic").get(pk=kari.pk)

    answers = {answer.event: answer for answer in why.what_now(patient)}

    assert len(answers) == 5
    assert answers["Regningskort betales"].turn == (
        "Ville gått på SMS hvis varsler for Økonomi var på og mobilnummer var registrert."
    )
    assert answers["Masseutsendt SMS"].turn == "Ville gått på SMS hvis mobilnummer var registrert."


def test_asking_costs_the_same_however_long_the_story(
    kari, staff, promise, providers, clock, django_assert_max_num_queries
) -> None:
    """No N+1: one subject with many resends."""
    notification = promise(kari, Kind.RECEIPT)
    run_engine()
    notification.refresh_from_db()
    for _ in range(12):
        outbox.resend(notification, by=staff)
        clock.shift(timedelta(minutes=1))
        run_engine()

    with django_assert_max_num_queries(9):
        assert len(why.about(kari.clinic, kari, notification.subject_type, notification.subject_id)) == 13
