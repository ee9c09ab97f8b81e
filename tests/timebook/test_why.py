"""«Hvorfor?» from an appointment: events without a notice are remembered with their reason (spec J3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications import why
from notifications.kinds import Kind, Reason, SubjectType
from notifications.models import Notification, Silence
from tests.engine.conftest import MONDAY
from tests.factories import PatientFactory, PlaceFactory
from timebook.models import Appointment, Source
from timebook.switching import switch_type


def answers_about(appointment: Appointment) -> list[why.Explanation]:
    """Return what the page says of the appointment."""
    return why.about(appointment.clinic, appointment.patient, SubjectType.APPOINTMENT, appointment.pk)


@pytest.mark.parametrize(("module", "notices", "reason"), [(False, True, "module_off"), (True, False, "type_off")])
def test_an_event_without_a_notice_is_remembered_with_its_reason(
    kari, clinic, kind, set_up, module: bool, notices: bool, reason: str
) -> None:
    """spec A3, D1, J3: nothing is sent and nothing waits, and one click still tells why."""
    clinic.timebook_notices, kind.notices = module, notices
    clinic.save()
    kind.save()
    appointment = set_up(kari, hours=72)

    assert not Notification.objects.exists()
    assert set(Silence.objects.values_list("kind", "reason")) == {
        (Kind.APPOINTMENT_SET_UP, reason),
        (Kind.APPOINTMENT_REMINDER, reason),
    }
    words = {"module_off": "varsler for Timebok var på", "type_off": "varsling var på for timetypen"}[reason]
    assert {answer.turn for answer in answers_about(appointment)} == {f"Ville gått på e-post hvis {words}."}


@pytest.mark.parametrize(("seconds_short", "is_silent"), [(0, False), (1, True)])
def test_the_48_hour_rule_names_the_last_moment_that_would_have_done(
    kari, set_up, seconds_short: int, is_silent: bool
) -> None:
    """spec D6, J3: exactly 48 hours is not less; a second later the page names the moment."""
    appointment = set_up(kari, hours=48, seconds=-seconds_short)

    rows = Silence.objects.filter(kind=Kind.APPOINTMENT_REMINDER)

    assert rows.exists() is is_silent
    if is_silent:
        assert rows.get().remedy_at == MONDAY - timedelta(seconds=1)
        turns = " ".join(answer.turn for answer in answers_about(appointment))
        assert "hvis timen var satt opp eller flyttet senest mandag 23. november kl. 09.59" in turns


def test_setting_up_at_the_named_moment_gives_the_reminder(kari, set_up, clock) -> None:
    """spec J3: the named change is applied, and the outcome turns."""
    set_up(kari, hours=40)
    silence = Silence.objects.get(kind=Kind.APPOINTMENT_REMINDER)
    start = MONDAY + timedelta(hours=40)

    clock.move_to(silence.remedy_at)
    second = set_up(PatientFactory(clinic=kari.clinic), seconds=(start - silence.remedy_at).total_seconds())

    assert second.starts_at == start
    assert Notification.objects.filter(subject_id=second.pk, kind=Kind.APPOINTMENT_REMINDER).exists()


def test_a_move_inside_48_hours_is_explained_and_a_new_place_is_not(kari, set_up, move, change) -> None:
    """spec D6: only a new start asks for a reminder."""
    appointment = set_up(kari, hours=96)
    moved = move(appointment, hours=-49)
    assert Silence.objects.get().reason == Reason.UNDER_48_HOURS

    change(moved, place=PlaceFactory(clinic=kari.clinic))

    assert Silence.objects.count() == 1


@pytest.mark.parametrize(("hours", "is_late"), [(13.9, True), (37.9, True), (38.1, False)])
def test_switching_on_too_late_is_explained_with_the_midnight_it_missed(
    kari, kind, staff, set_up, hours: float, is_late: bool
) -> None:
    """spec D8, J3: today and tomorrow get none; the day after tomorrow at 00.06 is two days away."""
    kind.notices = False
    kind.save()
    appointment = set_up(kari, hours=hours)
    Silence.objects.all().delete()

    switch_type(kind, on=True, by=staff)

    assert Silence.objects.filter(reason=Reason.SWITCHED_ON_LATE).exists() is is_late
    assert Notification.objects.filter(kind=Kind.APPOINTMENT_REMINDER).exists() is not is_late
    if is_late:
        [answer] = answers_about(appointment)
        assert "hvis varsling var slått på før" in answer.turn
        assert "kl. 00.00" in answer.turn


def test_switching_at_the_last_moment_named_gives_the_reminder(kari, kind, staff, set_up, clock) -> None:
    """spec D8, J3: the named midnight is the boundary itself."""
    kind.notices = False
    kind.save()
    set_up(kari, hours=44)  # Wednesday 06.00
    clock.move_to(MONDAY + timedelta(hours=20))
    switch_type(kind, on=True, by=staff)
    remedy = Silence.objects.get(reason=Reason.SWITCHED_ON_LATE).remedy_at
    Notification.objects.all().delete()
    switch_type(kind, on=False, by=staff)

    clock.move_to(remedy - timedelta(seconds=1))
    switch_type(kind, on=True, by=staff)

    assert Notification.objects.filter(kind=Kind.APPOINTMENT_REMINDER).exists()


def test_an_import_explains_itself_from_its_own_row(kari, kind, set_up) -> None:
    """spec D11, J3: nothing is stored for a hundred thousand imported appointments."""
    appointment = set_up(kari, hours=47)
    Notification.objects.all().delete()
    Silence.objects.all().delete()
    Appointment.objects.filter(pk=appointment.pk).update(source=Source.IMPORT, barred_start=appointment.starts_at)

    answers = {answer.event: answer for answer in answers_about(appointment)}

    assert answers["Bekreftelse på oppsatt time"].outcome == "Timen er importert: import gir ingen bekreftelse."
    assert answers["Bekreftelse på oppsatt time"].turn == ""
    assert "senest mandag 23. november kl. 09.00" in answers["Påminnelse om time"].turn
    assert all(answer.is_forecast for answer in answers.values())  # «Slik er det nå»: no values were kept
