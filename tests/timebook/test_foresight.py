"""Before you switch: what is shown is what is made, at every boundary (spec D8, D11, D13)."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinics.models import Clinic
from notifications.kinds import Kind, Reason
from notifications.models import Notification
from patients.models import Consent
from tests.factories import AppointmentFactory, PatientFactory
from tests.timebook.test_switching import GRID
from timebook import foresight
from timebook.models import Appointment, AppointmentType, Source, Status
from timebook.switching import Changed, switch_type


def made_by_switch() -> dict[str, int]:
    """Return how many reminders stand, by whether they are due now."""
    rows = Notification.objects.filter(kind=Kind.APPOINTMENT_REMINDER)
    return {
        "at_once": rows.filter(due_at__lte=timezone.now()).count(),
        "later": rows.filter(due_at__gt=timezone.now()).count(),
    }


@pytest.mark.parametrize(("now", "ahead", "expected"), GRID)
def test_the_set_shown_is_the_set_made(now, ahead, expected, kari, kind, staff, clock) -> None:
    """spec D8: the same rules, at every boundary, for a type and for the module."""
    now = now.astimezone(UTC)
    clock.move_to(now)
    kind.notices = False
    kind.save()
    AppointmentFactory(patient=kari, type=kind, starts_at=now + ahead)
    shown = foresight.of_type(kind, timezone.now())

    switch_type(kind, on=True, by=staff, seen=shown.digest)

    assert made_by_switch() == {"at_once": shown.at_once, "later": shown.later}
    assert shown.reminders == (0 if expected == "none" else 1)


MIXED = st.lists(
    st.tuples(
        st.sampled_from([0.2, 20, 35.9, 36, 36.1, 47.9, 48, 48.1, 200]),  # hours ahead of Tuesday noon
        st.sampled_from(list(Source)),
        st.booleans(),  # barred, as an import within 48 hours is
        st.booleans(),  # cancelled
        st.booleans(),  # reminded already
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=MIXED)
def test_any_book_is_foreseen_exactly(rows, kari, kind, staff, clock) -> None:
    """spec D8, D11, D13: whatever the book holds, the module's switch makes the shown number of reminders."""
    kari.clinic.timebook_notices = False
    kari.clinic.save()
    Appointment.objects.all().delete()
    Notification.objects.all().delete()
    now = timezone.now()
    for hours, source, barred, cancelled, reminded in rows:
        start = now + timedelta(hours=hours)
        row = AppointmentFactory(
            patient=kari,
            type=kind,
            starts_at=start,
            source=source,
            status=Status.CANCELLED if cancelled else Status.BOOKED,
            barred_start=start if barred else None,
        )
        if reminded:
            past = timedelta(days=3)
            Notification.objects.create(
                clinic=kari.clinic,
                patient=kari,
                kind=Kind.APPOINTMENT_REMINDER,
                subject_type="appointment",
                subject_id=row.pk,
                slot=f"reminder:{start.isoformat()}",
                state="dispatched",
                event_at=now - past,
                due_at=now + past * 9,
                expires_at=start,
            )
    clinic = Clinic.objects.get(pk=kari.clinic_id)
    before = made_by_switch()
    shown = foresight.of_module(clinic, now)

    clinic.timebook_notices = True
    clinic.save()

    after = made_by_switch()
    assert {name: after[name] - before[name] for name in after} == {"at_once": shown.at_once, "later": shown.later}
    coming = sum(not cancelled for _hours, _source, _barred, cancelled, _reminded in rows)
    assert shown.reminders + shown.standing + sum(shown.none.values()) == coming


def test_who_cannot_be_reached_is_said_with_the_reason(kari, kind, staff, clock) -> None:
    """Consent and contact values are looked at before the switch, so that they can be mended first."""
    kind.notices = False
    kind.save()
    now = timezone.now()
    mute = PatientFactory(clinic=kari.clinic, email="", mobile="")
    unasked = PatientFactory(clinic=kari.clinic, consent=Consent.NOT_ASKED)
    for patient in (kari, mute, unasked):
        AppointmentFactory(patient=patient, type=kind, starts_at=now + timedelta(days=5))

    shown = foresight.of_type(kind, now)

    assert (shown.later, shown.unreachable) == (3, {Reason.NO_CONTACT: 1, Reason.NO_CONSENT: 1})
    assert {row.patient for row, _reason in shown.first_unreachable} == {mute, unasked}


def test_a_book_that_has_changed_is_shown_again_and_nothing_is_switched(kari, kind, staff, clock) -> None:
    """The set shown equals the set made, or nothing is made."""
    kind.notices = False
    kind.save()
    AppointmentFactory(patient=kari, type=kind, starts_at=timezone.now() + timedelta(hours=48, minutes=1))
    shown = foresight.of_type(kind, timezone.now())
    clock.shift(timedelta(minutes=2))  # now it would go at once

    with pytest.raises(Changed):
        switch_type(kind, on=True, by=staff, seen=shown.digest)

    assert made_by_switch() == {"at_once": 0, "later": 0}
    assert not AppointmentType.objects.get(pk=kind.pk).notices


def test_foresight_takes_the_same_queries_for_3_as_for_30(kari, kind, clock, django_assert_max_num_queries) -> None:
    """Set-based: no query a row."""
    for count in (3, 30):
        for number in range(count):
            AppointmentFactory(patient=kari, type=kind, starts_at=timezone.now() + timedelta(days=3, minutes=number))
        with django_assert_max_num_queries(4):
            foresight.of_type(kind, timezone.now())
