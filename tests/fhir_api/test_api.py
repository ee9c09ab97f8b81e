"""The FHIR API as a system of the clinic's meets it: token, read, search, pages, errors, and what it must not see."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinics.models import AuditEvent, Role
from fhir_api import parameters
from fhir_api.models import AccessToken, ApiSecret
from fhir_api.outcomes import Problem
from patients.models import Patient
from tests.access.people import colleague, logged_in
from tests.factories import AppointmentFactory, ClinicFactory, PatientFactory, PersonFactory
from tests.fhir_api.conftest import System
from tests.fhir_api.validators import validated
from timebook.models import Appointment

FNR, D_NUMBER, FH = "20914695016", "47908702367", "81234567055"
OID = "urn:oid:2.16.578.1.12.4.1.4."
OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("text", "prefix", "first", "after"),
    [
        ("2026", "eq", datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("lt2028-02", "lt", datetime(2028, 1, 31, 23, tzinfo=UTC), datetime(2028, 2, 29, 23, tzinfo=UTC)),
        ("2026-03-29", "eq", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("2026-10-25", "eq", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("ge2026-11-23T08:00", "ge", datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 23, 7, 1, tzinfo=UTC)),
        (
            "gt2026-11-23T08:00:00.5-02:00",
            "gt",
            datetime(2026, 11, 23, 10, 0, 0, 500_000, tzinfo=UTC),
            datetime(2026, 11, 23, 10, 0, 0, 600_000, tzinfo=UTC),
        ),
        (
            "2026-11-23T08:00:00 01:00",  # a plus that was not encoded
            "eq",
            datetime(2026, 11, 23, 7, tzinfo=UTC),
            datetime(2026, 11, 23, 7, 0, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_date_stands_for_as_much_as_it_says(text, prefix, first, after):
    """FHIR R4 search, and both changes of the clock (spec D14)."""
    assert parameters.span(text, OSLO) == (prefix, first, after)


@pytest.mark.parametrize(
    "text", ["", "i går", "2026-13", "2026-02-30", "ap2026", "0000", "9999", "2026-11-23T24:00", "2026-11-23T08"]
)
def test_a_date_that_is_none_is_refused(text):
    with pytest.raises(Problem):
        parameters.span(text, OSLO)


def test_the_manager_lets_a_system_in_and_out(clinic):
    """spec A7: a secret is shown once, two are taken while rotating; revoked, its tokens die at once."""
    manager, anyone = logged_in(colleague(clinic, Role.MANAGER)), System(clinic)
    assert manager.post("/integrasjoner-fhir/ny/", {"name": "", "scopes": []}).status_code == 422
    made = manager.post("/integrasjoner-fhir/ny/", {"name": "Kjernen", "scopes": ["system/Patient.read"]})
    row, first = made.context["client"], made.context["secret"]
    assert first in made.content.decode()
    assert not ApiSecret.objects.filter(secret_hash=first).exists()
    anyone.row = row

    rotate = f"/integrasjoner-fhir/{row.pk}/hemmelighet/"
    second = manager.post(rotate, {"seen": 1}).context["secret"]
    assert "vises bare én gang" in manager.post(rotate, {"seen": 1}, follow=True).content.decode()
    assert [anyone.ask_token(secret).status_code for secret in (first, second, "feil")] == [200, 200, 401]
    third = manager.post(rotate, {"seen": 2}).context["secret"]
    assert [anyone.ask_token(secret).status_code for secret in (first, second, third)] == [401, 200, 200]
    assert "Kjernen" in manager.get("/integrasjoner-fhir/").content.decode()

    token = anyone.ask_token(third).json()
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 600, "system/Patient.read")
    assert not AccessToken.objects.filter(token_hash=token["access_token"]).exists()
    anyone.token = token["access_token"]
    assert anyone.get("Patient").status_code == 200
    assert anyone.get("Appointment").status_code == 403  # a scope it was not given
    assert anyone.ask_token(third, scope="system/Appointment.read").json()["error"] == "invalid_scope"
    assert anyone.ask_token("", grant_type="password").status_code == 400
    assert manager.post(f"/integrasjoner-fhir/{row.pk}/trekk/").status_code == 302
    refused = anyone.get("Patient")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert anyone.ask_token(third).status_code == 401
    lines = AuditEvent.objects.filter(what__startswith=f"fhir client {row.pk}").values_list("what", flat=True)
    assert [line.split()[-1] for line in lines.order_by("pk")] == ["made", "rotated", "rotated", "revoked"]


def test_tokens_end_and_secrets_cannot_be_tried_out(system, settings):
    """A stolen token lasts minutes, its owner can end it, guessing is stopped, and no secret is in an address."""
    assert system.get("Patient").status_code == 200
    assert system.http.post("/fhir/oauth/token?client_secret=x", secure=True).status_code == 400
    assert system.http.post("/fhir/oauth/token", {}).json()["error_description"] == "Only over TLS"
    given = {"client_id": system.row.client_id, "client_secret": system.secret, "token": system.token}
    assert system.http.post("/fhir/oauth/revoke", given, secure=True).status_code == 200
    assert system.get("Patient").status_code == 401
    system.token = ""
    assert system.get("Patient").status_code == 200
    AccessToken.objects.update(expires_at=timezone.now())
    assert system.get("Patient").status_code == 401
    settings.FHIR_CALLS_PER_MINUTE = 2
    system.token = ""
    with time_machine.travel(datetime(2030, 1, 1, 8, 30, 5, tzinfo=UTC), tick=False):
        answers = [system.get("Patient") for _number in range(3)]
    assert ([one.status_code for one in answers], answers[2]["Retry-After"]) == ([200, 200, 429], "60")
    answers = [system.ask_token("feil").status_code for _number in range(60)]
    assert (set(answers), answers[-1]) == ({401, 429}, 429)


def test_patients_and_appointments_are_valid_and_the_clinics_own(system, clinic, django_assert_num_queries):
    """spec A7, C4: numbers under their registers; no type's name, no remark; nothing of another clinic."""
    numbers = {FNR: "1", D_NUMBER: "2", FH: "3"}
    people = [PatientFactory(clinic=clinic, person=PersonFactory(national_number=number)) for number in numbers]
    bare = PatientFactory(clinic=clinic, email="", mobile="", local_number="H-77", sex="male", postal_code="0152")
    booked = AppointmentFactory(patient=people[0], type__name="Hemmelig", remark="Hemmelig")
    off = AppointmentFactory(patient=people[1], status="cancelled", cancelled_by="patient", place=None)
    foreign = AppointmentFactory(patient=PatientFactory(clinic=ClinicFactory(), family_name="Fremmed"))
    system.headers({})

    with django_assert_num_queries(6):  # token, count, first of minute, rows, proxies, audit
        patients = validated(system.get("Patient").content)
    with django_assert_num_queries(4):
        appointments = validated(system.get("Appointment").content)

    told = [entry["resource"] for entry in patients["entry"]]
    assert [(one["identifier"][0]["system"], one["identifier"][0]["value"]) for one in told[:3]] == [
        (f"{OID}{register}", number) for number, register in numbers.items()
    ]
    assert (told[3]["identifier"][0]["value"], told[3]["gender"]) == ("H-77", "male")
    assert [entry["resource"]["status"] for entry in appointments["entry"]] == ["booked", "cancelled"]
    assert appointments["entry"][1]["resource"]["cancelationReason"]["coding"][0]["code"] == "pat"
    assert "Hemmelig" not in json.dumps(appointments)
    assert "Fremmed" not in json.dumps([patients, appointments])
    for path in (f"Patient/{foreign.patient_id}", f"Appointment/{foreign.pk}", "Patient/x", "Patient/999999999"):
        missing = system.get(path)
        assert (missing.status_code, validated(missing.content)["issue"][0]["code"]) == (404, "not-found")
    lines = AuditEvent.objects.filter(source="fhir").values_list("actor", "patient_id")
    assert set(lines) == {(system.row.user_id, patient.pk) for patient in [*people, bare]}
    day = f"{timezone.localtime(booked.starts_at, clinic.zone):%Y-%m-%d}"
    searches = {
        f"Appointment?date={day}&status=booked": [booked],
        f"Appointment?patient=Patient/{people[1].pk}": [off],
        f"Appointment?status=http://hl7.org/fhir/appointmentstatus|cancelled&date=le{day}": [off],
        f"Appointment?identifier=urn:uuid:{booked.uid}": [booked],
        f"Appointment?_id={booked.pk},{off.pk},{foreign.pk}": [booked, off],
        f"Appointment?date=lt{day}": [],
        "Appointment?status=noshow": [],
    }
    for path, rows in searches.items():
        bundle = validated(system.get(path).content)
        assert [one["resource"]["id"] for one in bundle.get("entry", [])] == [str(row.pk) for row in rows], path

    # A person's number is looked for by POST alone, and stands in no address.
    refused = system.get(f"Patient?identifier={FNR}")
    assert (refused.status_code, FNR in refused.content.decode()) == (400, False)
    for value, rows in {f"{OID}1|{FNR}": people[:1], FNR: people[:1], f"{OID}2|{FNR}": [], "H-77": [bare]}.items():
        found = validated(system.post("Patient/_search", {"identifier": value}).content)
        assert [one["resource"]["id"] for one in found.get("entry", [])] == [str(row.pk) for row in rows]
        assert value not in json.dumps(found["link"])


def test_pages_conditions_and_errors_are_as_fhir_lays_down(system, clinic):
    """Next links walk everything once; 304, 400, 401, 404, 405, 406 and 415 say why in an OperationOutcome."""
    made = [str(PatientFactory(clinic=clinic).pk) for _number in range(5)]
    walked, path = [], "Patient?_count=2&_total=accurate"
    while path:
        bundle = validated(system.get(path).content)
        walked.append([entry["resource"]["id"] for entry in bundle["entry"]])
        path = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert (walked, bundle["total"]) == ([made[:2], made[2:4], made[4:]], 5)

    first = system.get(f"Patient/{made[0]}")
    assert system.get(f"Patient/{made[0]}", if_none_match=first["ETag"]).status_code == 304
    Patient.objects.filter(pk=made[0]).update(email="ny@example.com")  # past save: the database itself keeps the time
    changed = system.get(f"Patient/{made[0]}", if_none_match=first["ETag"])
    assert (changed.status_code, changed.json()["meta"]["lastUpdated"] > first.json()["meta"]["lastUpdated"]) == (
        200,
        True,
    )
    since = changed.json()["meta"]["lastUpdated"]
    bundle = system.get(f"Patient?_lastUpdated=ge{since}&_lastUpdated=lt2100&_elements=id").json()
    assert [(one["search"]["mode"], one["resource"].get("id")) for one in bundle["entry"]] == [
        ("match", made[0]),
        ("outcome", None),
    ]
    booked = AppointmentFactory(patient__clinic=clinic)
    Appointment.objects.filter(pk=booked.pk).update(status="cancelled")
    updated = system.get(f"Appointment?_lastUpdated=gt{booked.updated_at.isoformat().replace('+00:00', 'Z')}").json()
    assert [entry["resource"]["status"] for entry in updated["entry"]] == ["cancelled"]

    json_too = system.get("metadata", accept="application/json;q=0.9, text/html")
    statement = validated(json_too.content)
    assert {one["type"] for one in statement["rest"][0]["resource"]} == {
        "Patient",
        "Appointment",
        "Communication",
        "CodeSystem",
    }
    smart = Client().get("/fhir/r4/.well-known/smart-configuration", secure=True).json()
    assert smart["token_endpoint"].endswith("/fhir/oauth/token")
    versioned = "application/fhir+json; fhirVersion="
    answers = {
        400: [system.get(path) for path in ("Patient?_count=x", "Appointment?status=tull", "Appointment?date=i+går")],
        401: [Client().get("/fhir/r4/Patient", secure=True)],
        404: [system.get(path) for path in ("Observation", "Patient/1/_history", "CodeSystem/x", "Patient/")],
        405: [system.http.put("/fhir/r4/Patient/1", secure=True), system.post("Patient", {})],
        406: [system.get("Patient", accept=accept) for accept in ("application/fhir+xml", f"{versioned}5.0")],
        415: [system.http.post("/fhir/r4/Patient/_search", "{}", "application/json", headers=system.headers({}))],
    }
    answers[400].append(system.get("Patient?patien=1", prefer="handling=strict"))
    answers[406].append(system.get("Patient?_format=xml"))
    for status, responses in answers.items():
        for response in responses:
            assert (response.status_code, response["Content-Type"]) == (status, "application/fhir+json; charset=utf-8")
            assert validated(response.content)["resourceType"] == "OperationOutcome"
    assert system.get("Patient?_format=json", accept="text/html").status_code == 200
    assert system.get("Patient", accept=f"{versioned}4.0").status_code == 200
