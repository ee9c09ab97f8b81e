"""Before you import: the reminders shown are the reminders made, at the boundary of the 48-hour rule (spec D11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from clinics.models import Clinic
from integrations.models import ImportRun, State
from notifications.kinds import Kind
from notifications.models import Notification
from tests.factories import AppointmentTypeFactory, PatientFactory, PractitionerFactory
from tests.integrations.test_page import _private_folder, commit, log_in, upload, worker  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=OSLO)
HEADER = "avtaleid;pasientnr;behandler;start;varighet;timetype\n"


def book(*moments: datetime) -> str:
    """Write a file with an appointment at each moment, of a type with notices and of one without."""
    lines = [
        f"{kind}{number};K-1;Vår Lege;{moment.astimezone(OSLO):%d.%m.%Y %H:%M};20;{kind}\n"
        for kind in ("Kontroll", "Stille")
        for number, moment in enumerate(moments)
    ]
    return HEADER + "".join(lines)


@pytest.fixture
def clock():
    """Noon on a Tuesday in Oslo."""
    with time_machine.travel(NOON.astimezone(UTC), tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def clinic(client, clock):
    """A clinic whose timebook notifies, with one type on and one off."""
    found = log_in(client).clinic
    Clinic.objects.filter(pk=found.pk).update(timebook_notices=True)
    PatientFactory(clinic=found, local_number="K-1")
    PractitionerFactory(clinic=found, name="Vår Lege")
    AppointmentTypeFactory(clinic=found, name="Kontroll", notices=True)
    AppointmentTypeFactory(clinic=found, name="Stille", notices=False)
    return found


@pytest.fixture
def checked_then_imported(client, clinic, clock, worker, commit):  # noqa: F811
    """Check a file, let time pass, import it."""

    def run_through(content: str, wait: timedelta = timedelta()) -> ImportRun:
        with commit():
            upload(client, content, "timer.csv", type_map="Kontroll = Kontroll\nStille = Stille")
        worker()
        run = ImportRun.objects.get()
        assert run.state == State.CHECKED, run.message
        assert not Notification.objects.exists()
        clock.shift(wait)
        with commit():
            client.post(reverse("integrations:import_start", args=[run.pk]))
        worker()
        return ImportRun.objects.get()

    return run_through


def made() -> int:
    """Return how many reminders stand."""
    return Notification.objects.filter(kind=Kind.APPOINTMENT_REMINDER).count()


def test_reminders_shown_are_reminders_made(client, checked_then_imported):
    """47:59, 48:00 and 48:01 ahead, and one long gone; types with and without notices."""
    boundary = NOON + timedelta(hours=48)
    moments = [boundary - timedelta(minutes=1), boundary, boundary + timedelta(minutes=1), NOON - timedelta(days=9)]

    run = checked_then_imported(book(*moments))

    shown = {name: count for name, count in run.foreseen.items() if name.startswith("reminders.")}
    assert shown == {"reminders.planned": 2, "reminders.none": 1, "reminders.type_off": 3}
    assert run.foreseen == run.counts
    assert made() == 2
    assert "Annet enn vist" not in client.get(reverse("integrations:import_run", args=[run.pk])).content.decode()


def test_time_that_passes_between_check_and_import_is_owned_up_to(client, checked_then_imported):
    """The rule goes by the moment of import; the page says where that differs from what was shown."""
    run = checked_then_imported(book(NOON + timedelta(hours=48)), timedelta(minutes=1))

    text = client.get(reverse("integrations:import_run", args=[run.pk])).content.decode()

    assert (run.foreseen["reminders.planned"], made()) == (1, 0)
    assert "Annet enn vist på forhånd" in text
    assert "Ingen påminnelse: timen er om mindre enn 48 timer" in text


def test_with_the_module_off_the_page_says_that_nothing_is_planned(checked_then_imported):
    """spec A3."""
    Clinic.objects.update(timebook_notices=False)

    run = checked_then_imported(book(NOON + timedelta(days=5)))

    assert (run.foreseen["reminders.module_off"], made()) == (2, 0)
