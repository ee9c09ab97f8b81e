"""What an import does to the timebook (spec D11, D14)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.order import BATCH
from integrations.reasons import FileRefused
from notifications.models import Notification
from patients.models import Patient
from tests.factories import (
    AppointmentFactory,
    AppointmentTypeFactory,
    ClinicFactory,
    PatientFactory,
    PractitionerFactory,
)
from tests.integrations.conftest import NOW
from timebook.models import Appointment, AppointmentType

HEADER = "id;pasientnr;behandler;sted;timetype;start;slutt;varighet;status\n"


@pytest.fixture
def kari(clinic):
    return PatientFactory(clinic=clinic, local_number="A-1")


@pytest.fixture
def book(run, write, kari):
    """Import rows written as `start;slutt;varighet;status`, numbered from 1, all Kari's."""

    def booked(*rows, **options):
        lines = [f"T{number};A-1;Bjørn Haugen;Rom 1;Kontroll;{row}" for number, row in enumerate(rows, start=1)]
        return run(write(HEADER + "\n".join(lines), "timer.csv"), **options)

    return booked


def test_appointment_goes_to_the_default_type_without_notices(book, clinic):
    """Spec D11."""
    book("15.12.2026 10:00;15.12.2026 10:30;;")

    row = Appointment.objects.get()
    assert (row.source, row.type.name, row.type.notices) == ("import", "Importert time", False)
    assert (row.starts_at, row.ends_at - row.starts_at) == (
        datetime(2026, 12, 15, 9, 0, tzinfo=UTC),
        timedelta(minutes=30),
    )
    assert (row.practitioner.name, row.place.name, row.external_id) == ("Bjørn Haugen", "Rom 1", "T1")
    assert AppointmentType.objects.of(clinic).get(is_import_default=True) == row.type
    assert not Notification.objects.exists()


def test_mapped_type_with_notices_gives_reminders_and_no_confirmation(book, clinic):
    """Spec D11: 48 hours or more ahead as D6, 47 hours none."""
    kind = AppointmentTypeFactory(clinic=clinic, name="Årskontroll", notices=True)
    starts = [NOW + timedelta(hours=hours) for hours in (47, 48, 500)]

    book(*(f"{start.isoformat()};;30;avtalt" for start in starts), type_map={"kontroll": "årskontroll"})

    assert set(Appointment.objects.values_list("type", flat=True)) == {kind.pk}
    assert set(Notification.objects.values_list("kind", flat=True)) == {"appointment_reminder"}
    assert Notification.objects.count() == 2


def test_imported_within_48_hours_never_gets_a_reminder_at_that_start(book):
    """Spec D11; exactly 48 hours is not less."""
    starts = [NOW + timedelta(hours=hours) for hours in (-500, 47, 48)]

    book(*(f"{start.isoformat()};;30;" for start in starts))

    barred = [row.barred_start == row.starts_at for row in Appointment.objects.order_by("starts_at")]
    assert barred == [True, True, False]


def test_unknown_type_in_the_map_is_refused_before_anything_is_written(book):
    with pytest.raises(FileRefused, match="ingen timetype"):
        book("15.12.2026 10:00;;30;", type_map={"Kontroll": "Finnes ikke"})

    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("15.12.2026 10:00;15.12.2026 10:00;;", "refused.end_before_start"),
        ("15.12.2026 10:00;15.12.2026 09:00;;", "refused.end_before_start"),
        ("15.12.2026 10:00;10:45;;", None),
        ("15.12.2026 kl. 10.00;10.45;;", None),
        ("2026-12-15T10:00:00+01:00;2026-12-15T09:30:00Z;;", None),
        ("15.12.2026 10:00;17.12.2026 10:00;;", "refused.too_long"),
        ("15.12.2026 10:00;;;", "refused.no_end"),
        ("15.12.2026 10:00;;0;", "refused.end_before_start"),
        ("15.12.2026 10:00;;halvtime;", "refused.bad_time"),
        ("15.12.2026;;30;", "refused.bad_time"),
        ("31.02.2026 10:00;;30;", "refused.bad_time"),
        ("29.02.2027 10:00;;30;", "refused.bad_time"),
        ("15.12.2026 25:00;;30;", "refused.bad_time"),
        ("0001-01-01T00:00;;30;", "refused.bad_time"),
        (";;30;", "refused.bad_time"),
        ("28.03.2027 02:30;;30;", "refused.clock_gap"),
        ("25.10.2026 02:30;;30;", "note.two_hours"),
        ("15.12.2026 10:00;;30;venteliste", "refused.not_agreed"),
        ("15.12.2026 10:00;;30;proposed", "refused.not_agreed"),
        ("15.12.2026 10:00;;30;fulfilled", None),
    ],
)
def test_row_that_cannot_be_an_appointment_says_why(book, row, reason):
    """Spec D14."""
    report = book(row)

    problems = [name for name in report.counts if name.startswith(("refused.", "note."))]
    assert problems == ([reason] if reason else [])
    assert Appointment.objects.count() == (not report.refused)


def test_hour_that_comes_twice_is_the_first(book):
    """Spec D14: summer time is over at 03:00 on 25 October."""
    book("25.10.2026 02:30;;30;")

    assert Appointment.objects.get().starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "stored", "by"),
    [("avlyst", "cancelled", "staff"), ("avbestilt", "cancelled", "patient"), ("", "booked", "")],
)
def test_cancelled_row_is_history(book, status, stored, by):
    report = book(f"15.12.2026 10:00;;30;{status}")

    row = Appointment.objects.get()
    assert (row.status, row.cancelled_by) == (stored, by)
    assert report.counts["appointments.history"] == (stored == "cancelled")


def test_overlap_is_imported_with_a_line(book, clinic):
    """Spec D14: with rows of the file, and with the clinic's own."""
    bjorn = PractitionerFactory(clinic=clinic, name="Bjørn Haugen")
    start = datetime(2026, 12, 15, 9, 0, tzinfo=UTC)
    AppointmentFactory(
        patient=Patient.objects.get(), practitioner=bjorn, starts_at=start, ends_at=start + timedelta(minutes=30)
    )

    report = book(
        "15.12.2026 10:15;;30;", "15.12.2026 10:30;;30;", "15.12.2026 11:00;;30;", "15.12.2026 10:20;;5;avlyst"
    )

    assert report.counts["note.overlap"] == 2
    assert report.counts["appointments.created"] == 4


def test_second_import_changes_nothing_and_differences_are_told(book):
    book("15.12.2026 10:00;;30;", "16.12.2026 10:00;;30;")
    Appointment.objects.filter(external_id="T1").update(starts_at=datetime(2026, 12, 15, 8, 0, tzinfo=UTC))
    before = list(Appointment.objects.order_by("pk").values())

    report = book("15.12.2026 10:00;;30;", "16.12.2026 10:00;;30;")

    assert list(Appointment.objects.order_by("pk").values()) == before
    assert (report.counts["appointments.unchanged"], report.counts["note.differs"]) == (2, 1)


def test_file_without_ids_is_the_same_file_the_second_time(run, write, kari):
    path = write("pasientnr;behandler;dato;kl;varighet\nA-1;Bjørn Haugen;15.12.2026;10:00;30\n")
    run(path)

    report = run(path)

    assert Appointment.objects.count() == 1
    assert report.counts["appointments.unchanged"] == 1


def test_unknown_patient_and_other_clinics_patient_are_the_same(run, write, clinic):
    """Spec A7."""
    PatientFactory(clinic=ClinicFactory(), local_number="A-1")

    report = run(write(HEADER + "T1;A-1;Bjørn;;;15.12.2026 10:00;;30;\n"))

    assert report.counts["refused.unknown_patient"] == 1
    assert not Appointment.objects.exists()


def test_appointments_may_come_before_their_patients(run, write):
    appointments = write(HEADER + "T1;A-9;Bjørn;;;15.12.2026 10:00;;30;\n", "a-timer.csv")
    patients = write("pasientnr;fornavn;etternavn\nA-9;Kari;Holm\n", "b-pasienter.csv")

    dry = run(appointments, patients, dry_run=True)
    report = run(appointments, patients)

    assert dry.counts == report.counts
    assert Appointment.objects.get().patient.local_number == "A-9"


def test_queries_do_not_grow_with_the_batch(book):
    def queries(number):
        start = datetime(2027, 1, 1, 8, 0, tzinfo=UTC)
        rows = [f"{(start + timedelta(hours=number * hour)).isoformat()};;30;" for hour in range(number)]
        with CaptureQueriesContext(connection) as captured:
            book(*rows)
        Appointment.objects.all().delete()
        return len([query for query in captured if 'INTO "timebook_appointment" ' not in query["sql"]])

    queries(1)
    assert queries(10) == queries(BATCH)


def test_fhir_participants_are_found_by_any_reference(run, write):
    def reference(value):
        return {"actor": {"reference": value}, "status": "accepted"}

    def appointment(number, *participants):
        fields = {"start": f"2026-12-1{number}T09:00:00Z", "end": f"2026-12-1{number}T09:30:00Z", "status": "booked"}
        return {"resourceType": "Appointment", "id": f"a{number}", **fields, "participant": list(participants)}

    entries = [
        {"resource": appointment(1, reference("Patient/p1"), reference("Practitioner/d1"))},
        {"resource": appointment(2, reference("urn:uuid:u-p"), reference("urn:uuid:u-d"))},
        {
            "resource": appointment(
                3, reference("https://ehr.example/fhir/Patient/p1/_history/2"), reference("Practitioner/d1")
            )
        },
        {
            "resource": appointment(
                4,
                {"actor": {"identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "20914695016"}}},
                {"actor": {"type": "PractitionerRole", "display": "Ny Lege"}},
            )
        },
        {"resource": appointment(5, reference("Patient/ukjent"), reference("Practitioner/d1"))},
        {
            "fullUrl": "urn:uuid:u-p",
            "resource": {
                "resourceType": "Patient",
                "id": "p1",
                "name": [{"family": "Dahl", "given": ["Per"]}],
                "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "20914695016"}],
            },
        },
        {
            "fullUrl": "urn:uuid:u-d",
            "resource": {"resourceType": "Practitioner", "id": "d1", "name": [{"text": "Dr. Li"}]},
        },
    ]

    report = run(write(json.dumps({"resourceType": "Bundle", "entry": entries}), "b.json"))

    rows = Appointment.objects.order_by("starts_at").values_list("patient__family_name", "practitioner__name")
    assert list(rows) == [("Dahl", "Dr. Li")] * 3 + [("Dahl", "Ny Lege")]
    assert report.counts["refused.unknown_patient"] == 1
