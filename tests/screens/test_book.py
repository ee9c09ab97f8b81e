"""The timebook's pages: week, day, «Ny time», move, conflict, cancel and undo (spec D)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinics.models import AuditAction, AuditEvent, User
from patients.models import Patient
from tests.access.people import logged_in
from tests.access.world import World
from tests.factories import AppointmentFactory, AppointmentTypeFactory, PatientFactory
from tests.screens.conftest import MONDAY
from timebook.models import Appointment, AppointmentType, Status


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """It is Monday 23 November 2026, ten o'clock in Oslo."""
    with time_machine.travel(MONDAY, tick=False):
        yield


def form(here: World, **changes: Any) -> dict[str, Any]:
    """Return a complete «Ny time» for tomorrow at eleven."""
    parts = {"patient": here.patient.pk, "practitioner": here.practitioner.pk, "type": here.type.pk}
    return parts | {"date": "24.11.2026", "time": "11:00", "minutes": "30", "place": here.place.pk} | changes


def newest() -> Appointment:
    """Return the appointment set up last."""
    return Appointment.objects.latest("pk")


def test_a_time_on_the_wall_is_stored_in_utc(here: World, secretary: Client) -> None:
    """spec D14."""
    response = secretary.post(reverse("timebook:new"), form(here))

    assert response["Location"].startswith(f"{reverse('timebook:week')}?dag=2026-11-24")
    assert newest().starts_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert newest().length == timedelta(minutes=30)


def test_the_length_is_the_types_unless_chosen(here: World, secretary: Client) -> None:
    kind = AppointmentTypeFactory(clinic=here.clinic, minutes=45)

    secretary.post(reverse("timebook:new"), form(here, type=kind.pk, minutes=""))

    assert newest().length == timedelta(minutes=45)


REFUSED = [
    ("date", "31.02.2027", "Datoen finnes ikke"),
    ("date", "20.11.2026", "Tidspunktet er passert"),
    ("time", "25:00", "Klokkeslettet finnes ikke"),
    ("date", "i morgen", "Datoen finnes ikke"),
    ("patient", "", "Velg en pasient"),
]


@pytest.mark.parametrize(("field", "value", "words"), REFUSED)
def test_a_refused_value_is_explained_and_kept(
    field: str, value: str, words: str, here: World, secretary: Client
) -> None:
    """spec D14: at the field, 422, and what was typed stays."""
    response = secretary.post(reverse("timebook:new"), form(here, remark="Husk prøvesvar", **{field: value}))

    text = response.content.decode()
    assert response.status_code == 422
    assert words in text
    assert "Husk prøvesvar" in text
    assert value in text
    assert Appointment.objects.count() == 1


def test_a_skipped_hour_does_not_exist(here: World, secretary: Client) -> None:
    """spec D14: 29 March 2026 02:30."""
    User.objects.update(sessions_valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    with time_machine.travel(datetime(2026, 3, 20, tzinfo=UTC)):
        response = secretary.post(reverse("timebook:new"), form(here, date="29.03.2026", time="02:30"))

    assert response.status_code == 422
    assert "Klokken stilles fram denne natten, så 02:30 finnes ikke" in response.content.decode()


@pytest.mark.parametrize(("which", "hour"), [("first", 0), ("second", 1)])
def test_a_doubled_hour_is_asked_about(which: str, hour: int, here: World, secretary: Client) -> None:
    """spec D14: 25 October 2026 02:30 comes twice."""
    User.objects.update(sessions_valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    with time_machine.travel(datetime(2026, 10, 20, tzinfo=UTC)):
        typed = form(here, date="25.10.2026", time="02:30")
        asked = secretary.post(reverse("timebook:new"), typed)
        secretary.post(reverse("timebook:new"), typed | {"which": which})

    assert asked.status_code == 422
    assert "Den andre (normaltid)" in asked.content.decode()
    assert newest().starts_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_a_patient_without_contact_may_be_set_up_knowingly(here: World, secretary: Client) -> None:
    """spec D12: warned, with a way out, and still possible."""
    patient = PatientFactory(clinic=here.clinic, email="", mobile="")
    text = secretary.get(f"{reverse('timebook:new')}?pasient={patient.pk}").content.decode()

    done = secretary.post(reverse("timebook:new"), form(here, patient=patient.pk))

    assert "Pasientvarsel ikke mulig" in text
    assert "Sett opp uten varsel" in text
    assert reverse("patients:contact", args=[patient.pk]) in text
    assert done.status_code == 302


def test_a_patient_without_consent_is_refused(here: World, secretary: Client) -> None:
    """spec B3: told at the moment they try, with a link to the card."""
    patient = PatientFactory(clinic=here.clinic, consent="")
    text = secretary.get(f"{reverse('timebook:new')}?pasient={patient.pk}").content.decode()

    refused = secretary.post(reverse("timebook:new"), form(here, patient=patient.pk))

    assert "Timen kan ikke settes opp" in text
    assert reverse("overview:card", args=[patient.pk]) in text
    assert refused.status_code == 422
    assert Appointment.objects.count() == 1


def test_a_double_booking_needs_a_tick(here: World, secretary: Client) -> None:
    """spec D14: staff may, knowingly."""
    secretary.post(reverse("timebook:new"), form(here))

    asked = secretary.post(reverse("timebook:new"), form(here, time="11:15"))
    done = secretary.post(reverse("timebook:new"), form(here, time="11:15", overlap_ok="on"))

    assert asked.status_code == 422
    assert "Behandleren har alt en time 11:00–11:30" in asked.content.decode()
    assert done.status_code == 302


def test_searching_for_a_patient_keeps_what_was_typed(here: World, secretary: Client) -> None:
    """Without JavaScript: find, then press a hit."""
    typed = form(here, patient="", patient_text="kanari", remark="Husk", time="13:45")

    found = secretary.post(reverse("timebook:new"), typed | {"find": "1"}).content.decode()
    picked = secretary.post(reverse("timebook:new"), typed | {"pick": here.patient.pk}).content.decode()

    assert f'value="{here.patient.pk}"' in found
    assert all('value="13:45"' in text and "Husk" in text for text in (found, picked))
    assert str(here.patient) in picked


def test_the_dialog_is_a_part_and_leaves_by_redirect(here: World, secretary: Client) -> None:
    htmx = {"HX-Request": "true"}

    part = secretary.get(reverse("timebook:new"), headers=htmx).content.decode()
    done = secretary.post(reverse("timebook:new"), form(here), headers=htmx)

    assert "<html" not in part
    assert done["HX-Redirect"].startswith(reverse("timebook:week"))


def changed(row: Appointment, **changes: Any) -> dict[str, Any]:
    """Return the change form as the page shows the appointment."""
    start = row.starts_at.astimezone(row.clinic.zone)
    parts = {"type": row.type_id, "practitioner": row.practitioner_id, "place": row.place_id, "version": row.version}
    return parts | {"date": f"{start:%d.%m.%Y}", "time": f"{start:%H:%M}", "minutes": "30", "remark": ""} | changes


def test_an_appointment_is_moved(here: World, secretary: Client) -> None:
    """spec D3."""
    url = reverse("timebook:change", args=[here.appointment.pk])

    response = secretary.post(url, changed(here.appointment, time="14:00"))

    here.appointment.refresh_from_db()
    assert response.status_code == 302
    assert here.appointment.starts_at.astimezone(here.clinic.zone).hour == 14


def test_the_second_of_two_editors_sees_both_versions(here: World, secretary: Client) -> None:
    """Threat 29: 409, nothing overwritten, nothing typed lost; sending again goes on top."""
    url = reverse("timebook:change", args=[here.appointment.pk])
    stale = changed(here.appointment, time="14:00", remark="Min")
    secretary.post(url, changed(here.appointment, remark="Kollegas"))

    conflict = secretary.post(url, stale)
    text = conflict.content.decode()
    again = secretary.post(url, stale | {"version": conflict.context["form"]["version"].value()})

    here.appointment.refresh_from_db()
    assert conflict.status_code == 409
    assert [row.stands for row in conflict.context["differences"] if row.label == "Merknad"] == ["Kollegas"]
    assert 'value="14:00"' in text
    assert again.status_code == 302
    assert here.appointment.remark == "Min"


def test_cancelling_is_asked_about_and_undone_from_the_toast(here: World, secretary: Client) -> None:
    """spec D4, D5."""
    url = reverse("timebook:cancel", args=[here.appointment.pk])
    question = secretary.get(url).content.decode()

    page = secretary.post(url, {"version": here.appointment.version}, follow=True).content.decode()
    here.appointment.refresh_from_db()
    was = here.appointment.status
    undo = reverse("timebook:restore", args=[here.appointment.pk])
    secretary.post(undo, {"version": here.appointment.version})

    here.appointment.refresh_from_db()
    assert "Avlyse timen?" in question
    assert f'action="{undo}"' in page
    assert "Angre" in page
    assert (was, here.appointment.status) == (Status.CANCELLED, Status.BOOKED)


@pytest.mark.parametrize(("version", "status"), [("", 409), ("7", 409), ("abc", 409)])
def test_cancelling_a_version_nobody_saw_is_refused(version: str, status: int, here: World, secretary: Client) -> None:
    response = secretary.post(reverse("timebook:cancel", args=[here.appointment.pk]), {"version": version})

    here.appointment.refresh_from_db()
    assert response.status_code == status
    assert here.appointment.is_booked


def test_an_appointment_that_is_over_cannot_be_cancelled(here: World, secretary: Client) -> None:
    row = AppointmentFactory(patient=here.patient, starts_at=MONDAY - timedelta(hours=2))

    response = secretary.post(reverse("timebook:cancel", args=[row.pk]), {"version": row.version})

    assert response.status_code == 422
    assert "Timen er over" in response.content.decode()


def at(here: World, day: int, hour: int, **fields: Any) -> Appointment:
    """Set an appointment in November 2026, clock time in Oslo."""
    start = datetime(2026, 11, day, hour, 0, tzinfo=here.clinic.zone)
    known = {"patient": here.patient, "practitioner": here.practitioner, "type": here.type, "place": here.place}
    return AppointmentFactory(**(known | fields), starts_at=start)


def test_the_week_shows_what_stands_outside_hours_and_at_weekends(here: World, secretary: Client) -> None:
    """spec D14: nothing that stands is hidden."""
    for day, hour in ((24, 6), (25, 20), (28, 11)):
        at(here, day, hour)

    grid = secretary.get(reverse("timebook:week"), {"dag": "2026-11-24"}).context["grid"]

    assert (grid.hours.first, grid.hours.last) == (6, 21)
    assert [column.count for column in grid.columns] == [0, 1, 1, 0, 0, 1]


def test_the_grid_marks_exceptions(here: World, secretary: Client) -> None:
    """ui guide: bell crossed = notices off, red triangle = not possible."""
    silent = AppointmentTypeFactory(clinic=here.clinic, notices=False)
    at(here, 24, 9)
    at(here, 24, 10, type=silent)
    at(here, 24, 11, patient=PatientFactory(clinic=here.clinic, email="", mobile=""))
    at(here, 24, 12, patient=PatientFactory(clinic=here.clinic, consent="withdrawn"))

    text = secretary.get(reverse("timebook:week"), {"dag": "2026-11-24"}).content.decode()

    assert text.count('aria-label="Varsling av"') == 1
    assert text.count('aria-label="Pasientvarsel ikke mulig"') == 2


@pytest.mark.parametrize("day", ["2026-13-45", "x", "0000-00-00", "9999-12-31", ""])
def test_a_day_that_cannot_be_read_is_today(day: str, here: World, secretary: Client) -> None:
    for name in ("timebook:week", "timebook:day"):
        assert secretary.get(reverse(name), {"dag": day}).context["on"] == MONDAY.date()


@pytest.mark.parametrize("days", [5, 6])
def test_the_weekend_shows_the_coming_week_unless_a_day_is_asked_for(days: int, here: World, user: User) -> None:
    """On Saturday and Sunday the week that ends is over; «I dag» still goes to it."""
    with time_machine.travel(MONDAY + timedelta(days=days), tick=False):
        client = logged_in(user)
        shown = client.get(reverse("timebook:week"))
        asked = client.get(reverse("timebook:week"), {"dag": (MONDAY + timedelta(days=days)).date()})
        day = client.get(reverse("timebook:day"))

    assert shown.context["number"] == 49
    assert asked.context["number"] == 48
    assert day.context["on"] == (MONDAY + timedelta(days=days)).date()


def test_looking_at_an_appointment_is_logged(here: World, secretary: Client) -> None:
    """Threat 34."""
    secretary.get(reverse("timebook:appointment", args=[here.appointment.pk]))

    assert AuditEvent.objects.get(action=AuditAction.READ).patient_id == here.patient.pk


def test_a_type_is_born_with_notices_off(here: World, manager: Client) -> None:
    """spec D1, whatever is posted."""
    manager.post(reverse("timebook:type_new"), {"name": "Ny", "minutes": "20", "colour": "2", "notices": "on"})

    assert AppointmentType.objects.get(name="Ny").notices is False


def test_the_notice_switch_explains_and_switches(here: World, manager: Client) -> None:
    """spec D8, D9."""
    url = reverse("timebook:type_notices", args=[here.type.pk])

    explained = manager.get(url).content.decode()
    manager.post(url, {"notices": "off"})

    here.type.refresh_from_db()
    assert "1 kommende avtale bruker timetypen" in explained
    assert here.type.notices is False
    assert "Avtaler som alt er satt opp, får ingen bekreftelse" in manager.get(url).content.decode()


def test_a_name_may_be_used_once(here: World, manager: Client) -> None:
    other = AppointmentTypeFactory(clinic=here.clinic)

    form = {"name": here.type.name, "minutes": "30", "colour": "1"}
    response = manager.post(reverse("timebook:type_edit", args=[other.pk]), form)

    assert response.status_code == 422
    assert "Klinikken har alt en timetype med dette navnet" in response.content.decode()


@pytest.mark.parametrize("name", ["timebook:week", "timebook:day", "overview:home"])
def test_the_number_of_queries_does_not_grow(
    name: str, here: World, secretary: Client, django_assert_max_num_queries: Any
) -> None:
    """spec I7: 5 rows or 50, the same work for the database."""
    url = reverse(name)
    secretary.get(url)  # the session writes once
    counts = []
    for number in (5, 45):
        for each in range(number):
            patient: Patient = PatientFactory(clinic=here.clinic)
            at(here, 23, 8 + each % 8, patient=patient)
        with django_assert_max_num_queries(40) as queries:
            secretary.get(url)
        counts.append(len(queries))

    assert counts[0] == counts[1]
