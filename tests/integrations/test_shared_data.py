"""The FHIR files that the project ships are imported with exactly this report (../shared/data/fhir)."""

from pathlib import Path

import pytest

from clinics.models import Practitioner
from patients.models import Patient
from tests.factories import ClinicFactory, PractitionerFactory
from timebook.models import Appointment

DATA = Path(__file__).parents[2] / "../shared/data/fhir"
FILES = sorted(path for path in DATA.rglob("*.json"))
READ = {
    "read.Patient": 12,
    "read.Practitioner": 15,
    "read.Organization": 15,
    "read.Appointment": 1,
    "read.Condition": 65,
    "read.Encounter": 142,
    "read.Immunization": 96,
    "read.MedicationRequest": 48,
    "read.Observation": 767,
    "other.AllergyIntolerance": 8,
    "other.AppointmentResponse": 1,
    "other.CarePlan": 20,
    "other.Claim": 190,
    "other.DiagnosticReport": 47,
    "other.ExplanationOfBenefit": 142,
    "other.Goal": 13,
    "other.ImagingStudy": 5,
    "other.Procedure": 61,
}
ENTRIES = 65 + 142 + 96 + 48 + 767 + 2 * 68  # 68 blood pressures have two components each
WRITTEN = {
    "practitioners.created": 15,
    "patients.created": 12,
    "left_out.bad_phone": 9,  # 555-…: not in the Norwegian plan; the tenth belongs to someone dead
    "left_out.wrong_world": 1,  # 13031353453 is a real person's kind of number: refused at a demo clinic
    "note.no_birth_date": 2,
    "note.dead": 1,
    "refused.no_practitioner": 1,
    "patients.no_consent": 12,  # FHIR says nothing of consent
    "entries.created": ENTRIES,
    "patients.unreachable": 12,  # 555-numbers only
}


def test_report_is_exact(run):
    report = run(*FILES)

    assert dict(report.counts) == READ | WRITTEN
    assert len(report.kept) == 14


def test_dry_run_says_the_same_and_writes_nothing(run):
    report = run(*FILES, dry_run=True)

    assert dict(report.counts) == READ | WRITTEN
    assert not Patient.objects.exists()
    assert not Practitioner.objects.exists()


def test_same_files_twice_change_nothing(run):
    run(*FILES)
    before = list(Patient.objects.order_by("pk").values())

    report = run(*FILES)

    assert dict(report.counts) == READ | {
        "practitioners.unchanged": 15,
        "patients.unchanged": 12,
        "entries.unchanged": ENTRIES,
        "refused.no_practitioner": 1,
    }
    assert list(Patient.objects.order_by("pk").values()) == before


def test_appointment_without_practitioner_goes_to_the_chosen_one(run, clinic):
    chosen = PractitionerFactory(clinic=clinic)

    report = run(*FILES, practitioner=chosen)

    assert report.refused == 0
    row = Appointment.objects.get()
    assert (row.practitioner, row.patient.family_name, row.external_id) == (chosen, "Chalmers", "AppointmentExample")


def test_real_clinic_takes_the_number_of_a_real_person(run):
    clinic = ClinicFactory(is_demo=False)

    run(*FILES, to=clinic)

    rita = Patient.objects.of(clinic).get(given_name="Rita")
    assert rita.person is not None or rita.local_number == "Pasient-1"


def test_names_keep_their_letters_and_the_dead_get_no_contact_values(run):
    run(*FILES)

    assert Patient.objects.get(family_name="Razo").given_name == "María Luisa"
    michele = Patient.objects.get(given_name="Michele")
    assert (michele.mobile, michele.consent, michele.family_name) == ("", "", "Wolf")


@pytest.mark.parametrize("name", ["HPR", "us-npi"])
def test_practitioners_are_known_by_their_identifier(run, name):
    run(*FILES)

    systems = {"HPR": "urn:oid:2.16.578.1.12.4.1.4.4|9144889", "us-npi": "http://hl7.org/fhir/sid/us-npi|200"}
    assert Practitioner.objects.filter(external_id=systems[name]).exists()
