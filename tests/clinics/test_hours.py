"""Opening hours: a pure question over tables, right over both DST nights, and the pages that use the answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from clinics import hours
from clinics.hours import ClosedDay, OpeningHours, Schedule, is_open
from clinics.models import AuditEvent, Clinic
from tests.factories import AppointmentFactory, AppointmentTypeFactory, PatientFactory, PractitionerFactory
from timebook import calendar
from timebook.models import Appointment

OSLO = ZoneInfo("Europe/Oslo")
DAYTIME = (time(8), time(16))
WEEKDAYS = Schedule(OSLO, dict.fromkeys(range(5), DAYTIME), {date(2026, 12, 24): "julaften"})
NIGHT = Schedule(OSLO, {6: (time(2), time(4))})  # Sundays, when the clock is put forward and back


def at(text: str, zone: ZoneInfo = OSLO) -> datetime:
    """Return the moment the clinic's clock shows it; `*` at the end: the second of two."""
    local = datetime.fromisoformat(text.removesuffix("*"))
    return local.replace(tzinfo=zone, fold=int(text.endswith("*"))).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-11-23 08:00", 30, True),
        ("2026-11-23 07:59", 30, False),
        ("2026-11-23 15:30", 30, True),
        ("2026-11-23 15:31", 30, False),
        ("2026-11-23 16:00", 15, False),
        ("2026-11-22 10:00", 30, False),  # Sunday
        ("2026-12-24 10:00", 30, False),  # closed day
        ("2026-12-23 15:00", 24 * 60, False),  # over midnight
        ("2026-07-01 08:00", 30, True),  # summer time: the clock counts, not UTC
        ("2026-07-01 15:45", 30, False),
    ],
)
def test_the_clinics_clock_decides(start: str, minutes: int, expected: bool) -> None:
    begins = at(start)

    assert is_open(WEEKDAYS, begins, begins + timedelta(minutes=minutes)) is expected


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-03-29 01:45", 15, False),  # ends when the clock jumps from 02 to 03
        ("2026-03-29 03:00", 60, True),  # 03–04, an hour after 02:00
        ("2026-03-29 03:30", 60, False),
        ("2026-10-25 02:00", 60, True),  # from the first 02:00 to the second
        ("2026-10-25 02:30", 150, True),  # two and a half hours; the clock says 04:00
        ("2026-10-25 02:30*", 90, True),
        ("2026-10-25 02:30*", 91, False),
        ("2026-10-25 01:59", 10, False),
    ],
)
def test_both_dst_nights_are_right(start: str, minutes: int, expected: bool) -> None:
    """spec D14."""
    begins = at(start)

    assert is_open(NIGHT, begins, begins + timedelta(minutes=minutes)) is expected


def test_another_zone_has_its_own_clock() -> None:
    begins = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)

    assert is_open(Schedule(ZoneInfo("America/New_York"), {0: DAYTIME}), begins, begins + timedelta(minutes=30))
    assert not is_open(WEEKDAYS, begins, begins + timedelta(minutes=30))


def test_without_hours_only_closed_days_are_closed() -> None:
    unset = Schedule(OSLO, {}, {date(2026, 12, 24): "julaften"})

    assert is_open(unset, at("2026-11-22 23:00"), at("2026-11-23 00:00"))
    assert is_open(unset, at("2026-11-22 23:00"), at("2026-11-23 01:00"))
    assert not is_open(unset, at("2026-12-23 23:00"), at("2026-12-24 01:00"))
    assert is_open(unset, at("2026-12-23 23:00"), at("2026-12-24 00:00"))


@pytest.mark.parametrize(
    ("open_at", "expected"),
    [
        ((time(8), time(16)), []),
        ((time(9), time(15)), [(1, 4), (29, 4)]),
        ((time(8, 10), time(15, 50)), []),  # a quarter that is partly open is not shaded
        ((time.min, time.max), []),
        (None, [(1, 32)]),
    ],
)
def test_what_is_shaded(open_at: Any, expected: list[tuple[int, int]]) -> None:
    assert calendar.shut(open_at, calendar.Hours(8, 16)) == expected


def week(**given: str) -> dict[str, str]:
    """Return the form: Monday to Friday 08–16, and what is given."""
    typed = {f"{name}_{day}": clock for day in range(5) for name, clock in (("opens", "08:00"), ("closes", "16"))}
    return typed | given


def test_the_week_is_saved_shown_again_and_logged(do: Any, manager: Any, clinic: Clinic) -> None:
    do("hours", **week(opens_5="10", closes_5="14.30"))

    page = manager.get(reverse("clinics:hours")).content.decode()
    found = hours.of(clinic, date(2026, 11, 23), 7).hours
    assert found == dict.fromkeys(range(5), DAYTIME) | {5: (time(10), time(14, 30))}
    assert 'value="14:30"' in page
    assert AuditEvent.objects.filter(clinic=clinic, what__startswith="opening hours: ").count() == 1


def test_the_week_sent_twice_is_saved_once_and_nobody_else_is_blamed(do: Any, clinic: Clinic) -> None:
    """Threat 28: the very form that was sent before is no colleague's change."""
    same = week(opens_5="10", closes_5="14.30", as_seen="")

    answers = [do("hours", **same) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert AuditEvent.objects.filter(clinic=clinic, what__startswith="opening hours: ").count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"opens_5": "10"}, "Skriv begge klokkeslettene"),
        ({"opens_5": "10", "closes_5": "9"}, "Stengetiden må være etter åpningstiden."),
        ({"opens_5": "25:00", "closes_5": "26"}, "Klokkeslettet finnes ikke."),
    ],
)
def test_hours_that_make_no_sense_are_refused_and_kept(given: dict[str, str], words: str, do: Any) -> None:
    refused = do("hours", **week(**given))

    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert f'value="{given["opens_5"]}"' in refused.content.decode()
    assert not OpeningHours.objects.exists()


def test_the_second_of_two_managers_does_not_write_over_the_first(do: Any, clinic: Clinic) -> None:
    OpeningHours.objects.create(clinic=clinic, weekday=0, opens=time(7), closes=time(12))

    refused = do("hours", **week(as_seen=""))

    assert "En annen har endret åpningstidene imens" in refused.content.decode()
    assert OpeningHours.objects.get().closes == time(12)


def test_a_day_is_closed_once_and_opened_again(do: Any, clinic: Clinic) -> None:
    form = {"day": "24.12.2026", "text": "Julaften"}
    do("closed_day_new", **form)
    again = do("closed_day_new", **form)
    row = ClosedDay.objects.get(clinic=clinic)

    do("closed_day_remove", row.pk)

    assert "Dagen er alt stengt." in again.content.decode()
    assert not ClosedDay.objects.exists()


@pytest.fixture
def booking(clinic: Clinic) -> dict[str, Any]:
    """The form for an appointment on Monday 4 January 2027 at 17:00, after closing time."""
    OpeningHours.objects.bulk_create(
        OpeningHours(clinic=clinic, weekday=day, opens=time(8), closes=time(16)) for day in range(5)
    )
    return {
        "patient": PatientFactory(clinic=clinic).pk,
        "type": AppointmentTypeFactory(clinic=clinic).pk,
        "practitioner": PractitionerFactory(clinic=clinic).pk,
        "date": "04.01.2027",
        "time": "17:00",
        "minutes": "30",
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Klinikken er åpen 08:00–16:00."),
        ({"date": "03.01.2027"}, "Klinikken er stengt den dagen."),
        ({"date": "05.01.2027", "time": "10"}, "Klinikken er stengt den dagen: kurs."),
    ],
)
def test_staff_are_warned_and_may_go_on(
    given: dict[str, str], words: str, manager: Any, clinic: Clinic, booking: dict[str, Any]
) -> None:
    ClosedDay.objects.create(clinic=clinic, day=date(2027, 1, 5), text="kurs")
    url = reverse("timebook:new")

    warned = manager.post(url, booking | given)
    stood = Appointment.objects.count()
    done = manager.post(url, booking | given | {"closed_ok": "on"})

    assert (warned.status_code, stood) == (422, 0)
    assert words in warned.content.decode()
    assert "Sett opp likevel, utenfor åpningstiden" in warned.content.decode()
    assert (done.status_code, Appointment.objects.count()) == (302, 1)


def test_inside_opening_hours_nothing_is_asked(manager: Any, booking: dict[str, Any]) -> None:
    assert manager.post(reverse("timebook:new"), booking | {"time": "10:00"}).status_code == 302


def test_a_remark_on_what_stands_outside_is_not_asked_about(manager: Any, clinic: Clinic, booking: Any) -> None:
    row = AppointmentFactory(
        patient=PatientFactory(clinic=clinic), starts_at=at("2027-01-04 17:00"), ends_at=at("2027-01-04 17:30")
    )
    form = {"type": row.type_id, "practitioner": row.practitioner_id, "place": row.place_id, "minutes": "30"}
    form |= {"date": "04.01.2027", "time": "17:00", "remark": "Ring først", "version": row.version}
    url = reverse("timebook:change", args=[row.pk])

    remarked = manager.post(url, form)
    moved = manager.post(url, form | {"time": "18:00", "version": row.version + 1})

    assert remarked.status_code == 302
    assert "Klinikken er åpen 08:00–16:00." in moved.content.decode()


def test_the_book_shades_what_is_outside_and_names_closed_days(manager: Any, clinic: Clinic, booking: Any) -> None:
    OpeningHours.objects.create(clinic=clinic, weekday=5, opens=time(10), closes=time(19))
    ClosedDay.objects.create(clinic=clinic, day=date(2027, 1, 5), text="kurs")

    page = manager.get(reverse("timebook:week"), {"dag": "2027-01-04"})
    columns, shown = page.context["grid"].columns, page.context["grid"].hours

    assert (shown.first, shown.last) == (8, 19)
    assert [column.day.weekday() for column in columns] == list(range(6))
    assert columns[0].shut == [(33, 12)]
    assert columns[1].shut == [(1, 44)]
    assert columns[5].shut == [(1, 8)]
    assert "Stengt: kurs" in page.content.decode()
    assert "tb-shut r33 s12" in page.content.decode()


@pytest.mark.parametrize("view", ["timebook:week", "timebook:day"])
def test_the_schedule_takes_two_queries_however_much_is_closed(
    view: str, manager: Any, clinic: Clinic, booking: Any, django_assert_max_num_queries: Any
) -> None:
    seen = []
    for number in (1, 20):
        ClosedDay.objects.bulk_create(
            ClosedDay(clinic=clinic, day=date(2027, number % 12 + 1, day + 1), text="x") for day in range(number)
        )
        with django_assert_max_num_queries(25) as found:
            manager.get(reverse(view), {"dag": "2027-01-04"})
        seen.append([one["sql"] for one in found if "clinics_openinghours" in one["sql"] or "closedday" in one["sql"]])
    assert [len(one) for one in seen] == [2, 2]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("16", time(16)), ("9", time(9)), ("0930", time(9, 30)), ("930", time(9, 30)), ("9.30", time(9, 30))],
)
def test_clock_times_mean_what_they_say(typed: str, expected: time) -> None:
    """«16» is four o'clock, not six minutes past one."""
    from clinics.hours_forms import clock

    assert clock("").clean(typed) == expected
