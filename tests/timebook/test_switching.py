"""Types and modules switched on and off, deactivated types, imported rows (spec D8–D11, C1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from clinics.models import Clinic
from notifications.kinds import Kind, Reason, State
from notifications.models import Notification
from tests.factories import AppointmentFactory
from tests.timebook.conftest import news, reminders
from timebook import booking, planning, switching
from timebook.models import Appointment, AppointmentType, Source, Status

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=OSLO)
USUAL, AT_ONCE, NONE = "48 hours before", "at once", "none"
GRID = [
    # now, ahead → by the days between the dates in the clinic's time zone (spec D8)
    (NOW, timedelta(hours=72), USUAL),
    (NOW, timedelta(hours=48, minutes=1), USUAL),
    (NOW, timedelta(hours=48), USUAL),
    (NOW, timedelta(hours=47, minutes=59), AT_ONCE),  # D = 2
    (NOW, timedelta(hours=40), AT_ONCE),  # Thursday 04.00: D = 2
    (NOW, timedelta(hours=36), AT_ONCE),  # Thursday 00.00: D = 2
    (NOW, timedelta(hours=35, minutes=59), NONE),  # Wednesday 23.59: D = 1
    (NOW, timedelta(hours=24, minutes=1), NONE),
    (NOW, timedelta(hours=24), NONE),
    (NOW, timedelta(hours=11, minutes=59), NONE),  # D = 0
    (NOW, timedelta(minutes=1), NONE),
    (NOW.replace(hour=0, minute=0), timedelta(hours=47, minutes=59), NONE),  # just after midnight: D = 1
    (NOW.replace(hour=0, minute=0), timedelta(hours=48), USUAL),
    (NOW.replace(hour=23, minute=59), timedelta(hours=24, minutes=1), AT_ONCE),  # just before midnight: D = 2
    (NOW.replace(hour=23, minute=59), timedelta(hours=24), NONE),  # Wednesday 23.59: D = 1
    (NOW.replace(hour=0, minute=30), timedelta(hours=40), NONE),  # Tuesday here, Monday in UTC; Wednesday 16.30
    (datetime(2026, 3, 28, 12, 0, tzinfo=OSLO), timedelta(hours=47), AT_ONCE),  # over DST: Monday 12.00
    (datetime(2026, 3, 28, 0, 0, tzinfo=OSLO), timedelta(hours=47), AT_ONCE),  # 23-hour Sunday: Monday 00.00
    (datetime(2026, 10, 24, 12, 0, tzinfo=OSLO), timedelta(hours=36), NONE),  # 25-hour Sunday: Sunday 23.00
]


@pytest.fixture
def appointment_under(kari, kind, clock):
    """An appointment set up a month ago, when notices were off."""

    def make(now, ahead, *, type_on=False, module_on=True):
        clock.move_to(now.astimezone(UTC), tick=False)
        Clinic.objects.update(timebook_notices=module_on)
        AppointmentType.objects.update(notices=type_on)
        kind.refresh_from_db()
        kari.clinic.refresh_from_db()
        start = now.astimezone(UTC) + ahead
        return AppointmentFactory(patient=kari, type=kind, starts_at=start)

    return make


def outcome(appointment):
    """Say what was planned."""
    found = Notification.objects.filter(subject_id=appointment.pk)
    assert {row.kind for row in found} <= {Kind.APPOINTMENT_REMINDER}, "no confirmation afterwards"
    if not found:
        return NONE
    due = found.get().due_at
    if due == appointment.starts_at - timedelta(hours=48):
        return USUAL
    return AT_ONCE if due == timezone.now() else due


@pytest.mark.parametrize(("now", "ahead", "expected"), GRID)
def test_switching_a_type_on_plans_reminders(now, ahead, expected, appointment_under, staff, kind):
    """spec D8."""
    appointment = appointment_under(now, ahead)

    switching.switch_type(kind, on=True, by=staff)

    assert outcome(appointment) == expected


@pytest.mark.parametrize(("now", "ahead", "expected"), GRID)
def test_switching_the_module_on_does_the_same(now, ahead, expected, appointment_under, clinic):
    """spec D8."""
    appointment = appointment_under(now, ahead, type_on=True, module_on=False)

    clinic.refresh_from_db()
    clinic.timebook_notices = True
    clinic.save()

    assert outcome(appointment) == expected


def test_days_are_counted_in_the_clinics_own_time_zone(appointment_under, staff, kind, clinic):
    """spec D8: Wednesday 23.59 in Oslo is Thursday 00.59 in Helsinki."""
    Clinic.objects.update(time_zone="Europe/Helsinki")
    appointment = appointment_under(NOW, timedelta(hours=35, minutes=59))

    switching.switch_type(kind, on=True, by=staff)

    assert outcome(appointment) == AT_ONCE


def test_module_on_leaves_types_that_are_off(appointment_under, clinic):
    """spec D8: for all types with notices on."""
    appointment = appointment_under(NOW, timedelta(days=7), type_on=False, module_on=False)

    clinic.refresh_from_db()
    clinic.timebook_notices = True
    clinic.save()

    assert outcome(appointment) == NONE


def test_type_on_while_the_module_is_off_plans_nothing(appointment_under, staff, kind):
    """spec A3."""
    appointment = appointment_under(NOW, timedelta(days=7), module_on=False)

    switching.switch_type(kind, on=True, by=staff)

    assert outcome(appointment) == NONE


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": Status.CANCELLED}, "cancelled"),
        ({"source": Source.HELSENORGE}, "notified by Helsenorge"),
        ({"source": Source.DIGICARE}, "notified by DigiCare"),
    ],
)
def test_switching_on_leaves_appointments_that_get_none(fields, why, appointment_under, staff, kind):
    """spec D8, D13."""
    appointment = appointment_under(NOW, timedelta(days=7))
    Appointment.objects.update(**fields)

    switching.switch_type(kind, on=True, by=staff)

    assert not Notification.objects.filter(subject_id=appointment.pk, state=State.WAITING).exists()


def test_at_once_means_the_next_tick(appointment_under, staff, kind, email, pass_time):
    """spec D8; sources: så fort varsler er aktivert."""
    appointment_under(NOW, timedelta(hours=40))
    switching.switch_type(kind, on=True, by=staff)

    pass_time(seconds=1)

    assert len(email.sent) == 1


@pytest.mark.parametrize("on", [True, False])
def test_a_switch_between_form_and_save_is_seen(on, kari, set_up, staff, kind):
    """spec C1, D8: the type that the form loaded is old by the time the appointment is written."""
    kind.notices = not on
    kind.save()
    switching.switch_type(AppointmentType.objects.get(pk=kind.pk), on=on, by=staff)
    assert kind.notices is not on

    set_up(kari, days=7)

    assert (len(news()), len(reminders())) == ((1, 1) if on else (0, 0))


def test_changes_after_the_switch_are_notified(appointment_under, staff, kind, move, cancel, email, pass_time):
    """spec D8."""
    appointment = appointment_under(NOW, timedelta(hours=30))
    switching.switch_type(kind, on=True, by=staff)
    move(appointment, minutes=30)
    pass_time(minutes=5)
    cancel(appointment)
    pass_time(minutes=5)

    assert [row.kind for row in news(state=State.DISPATCHED)] == [
        Kind.APPOINTMENT_CHANGED,
        Kind.APPOINTMENT_CANCELLED,
    ]


def test_saving_a_type_that_is_on_already_plans_nothing(appointment_under, kind):
    """spec D8: only the switch does."""
    appointment = appointment_under(NOW, timedelta(hours=40), type_on=True)
    before = Notification.objects.filter(subject_id=appointment.pk).count()

    AppointmentType.objects.get(pk=kind.pk).save()

    assert Notification.objects.filter(subject_id=appointment.pk).count() == before


def test_off_stops_what_waits_when_it_is_due(told_of, staff, kind, email, pass_time):
    """spec D9."""
    switching.switch_type(kind, on=False, by=staff)

    pass_time(days=5)

    assert [(row.state, row.reason) for row in reminders()] == [(State.SUPPRESSED, Reason.TYPE_OFF)]
    assert email.sent == []


def test_off_and_on_again_before_due_changes_nothing(kari, set_up, staff, kind, email, pass_time):
    """spec C1: neither the confirmation nor the reminder, and none comes twice."""
    set_up(kari, days=7)
    planned = list(Notification.objects.values("pk", "state", "due_at"))
    switching.switch_type(kind, on=False, by=staff)
    pass_time(minutes=1)
    switching.switch_type(kind, on=True, by=staff)

    assert list(Notification.objects.values("pk", "state", "due_at")) == planned


def test_off_and_on_after_the_reminder_sends_no_second(told_of, staff, kind, email, pass_time):
    """spec D6: at most one per start."""
    pass_time(days=5)
    email.sent.clear()
    switching.switch_type(kind, on=False, by=staff)
    switching.switch_type(kind, on=True, by=staff)

    pass_time(minutes=1)

    assert email.sent == []


def test_on_again_after_the_reminder_was_stopped_sends_it_at_once(told_of, staff, kind, email, pass_time):
    """spec D8: D = 2, and none has gone."""
    switching.switch_type(kind, on=False, by=staff)
    pass_time(days=5)
    switching.switch_type(kind, on=True, by=staff)

    pass_time(minutes=1)

    assert ["Påminnelse" in message.subject for message in email.sent] == [True]


def test_a_deactivated_type_still_notifies(told_of, kind, email, move, pass_time):
    """spec D10."""
    kind.is_active = False
    kind.save()
    move(told_of, hours=1)
    pass_time(minutes=5)
    pass_time(days=5, hours=1)

    assert len(email.sent) == 2  # the change and the reminder


def test_a_deactivated_type_is_not_offered_for_new_appointments(kari, set_up, kind):
    """spec D10."""
    kind.is_active = False
    kind.save()

    with pytest.raises(Exception, match="tilbys ikke"):
        set_up(kari, days=7)


@pytest.fixture
def imported(kari, kind, clock):
    """Rows written in bulk by an import: no signals; planned as the importer does."""

    def make(ahead, *, on=True):
        AppointmentType.objects.update(notices=on)
        now = timezone.now()
        row = AppointmentFactory.build(
            patient=kari,
            clinic=kari.clinic,
            type=kind,
            practitioner=AppointmentFactory.practitioner.get_factory()(clinic=kari.clinic),
            place=None,
            starts_at=now + ahead,
            source=Source.IMPORT,
            barred_start=now + ahead if ahead < timedelta(hours=48) else None,
        )
        Appointment.objects.bulk_create([row])
        planning.plan_reminders([row.pk], now)
        return row

    return make


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(days=3), USUAL),
        (timedelta(hours=48), USUAL),
        (timedelta(hours=47, minutes=59, seconds=59), NONE),
        (timedelta(hours=47), NONE),
        (timedelta(hours=-1), NONE),
    ],
)
def test_import_plans_reminders_48_hours_ahead_and_no_confirmation(ahead, expected, imported):
    """spec D11."""
    assert outcome(imported(ahead)) == expected


def test_import_to_a_type_with_notices_off_plans_nothing(imported):
    """spec D11."""
    assert outcome(imported(timedelta(days=3), on=False)) == NONE


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(timedelta(hours=47), NONE), (timedelta(hours=47, minutes=59), NONE), (timedelta(days=3), USUAL)],
)
def test_imported_under_48_hours_ahead_gets_none_when_switched_on_later(ahead, expected, imported, staff, kind):
    """spec D11."""
    row = imported(ahead, on=False)

    switching.switch_type(kind, on=True, by=staff)

    assert outcome(row) == expected


def test_imported_earlier_and_switched_on_two_days_before_is_reminded_at_once(imported, staff, kind, clock):
    """spec D8, D11: for the others D8 holds."""
    row = imported(timedelta(hours=72), on=False)
    clock.shift(timedelta(hours=25))

    switching.switch_type(kind, on=True, by=staff)

    assert outcome(row) == AT_ONCE


def test_a_barred_appointment_that_is_moved_is_reminded(imported, move):
    """spec D11: unless it is moved."""
    row = imported(timedelta(hours=47))

    move(row, days=7)

    assert len(reminders()) == 1


def test_a_barred_appointment_moved_while_off_is_reminded_when_switched_on(imported, move, staff, kind):
    """spec D11."""
    row = imported(timedelta(hours=46), on=False)
    move(row, hours=1)

    switching.switch_type(kind, on=True, by=staff)

    assert [row.due_at for row in reminders()] == [timezone.now()]


def test_an_imported_row_saved_one_by_one_gets_no_confirmation(kari, kind, clock):
    """spec D11."""
    AppointmentFactory(patient=kari, type=kind, source=Source.IMPORT, starts_at=timezone.now() + timedelta(days=3))

    assert (len(news()), len(reminders())) == (0, 1)


def test_changes_of_imported_appointments_are_notified(imported, move, staff, email, pass_time):
    """spec D8, D11."""
    row = imported(timedelta(days=3))
    booking.cancel(Appointment.objects.get(pk=row.pk), version=1, by=staff)

    pass_time(minutes=5)

    assert [item.kind for item in news()] == [Kind.APPOINTMENT_CANCELLED]
