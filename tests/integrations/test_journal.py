"""What an import makes of journal entries: five FHIR types and one CSV file (spec G2)."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clinics.models import AuditAction, AuditEvent
from integrations import csv_columns, csv_fields, fhir, fhir_journal, journal_cleaning
from integrations.code_systems import system_of
from integrations.reasons import Refused
from integrations.records import RawEntry, Spool
from integrations.report import Report, Where
from notifications.models import Notification
from patients.journal import CODE_MAX, TEXT_MAX, CodeSystem, EntryType, JournalEntry
from patients.models import Patient
from tests.factories import ClinicFactory, PatientFactory

ICPC, ATC, NPU = "urn:oid:2.16.578.1.12.4.1.1.7170", "http://www.whocc.no/atc", "urn:oid:2.16.578.1.12.4.1.1.7280"
LOINC = "http://loinc.org"
PERSON = {"reference": "Patient/K-1"}
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HEADER = "Pasientnr;Type;Kodeverk;Kode;Tekst;Fra;Til;Verdi;Enhet;Id\n"


def concept(system, code, words=""):
    return {"coding": [{"system": system, "code": code, "display": words}]}


def condition(**fields):
    known = {"resourceType": "Condition", "id": "c1", "subject": PERSON, "onsetDateTime": "2020-03-01"}
    return known | {"code": concept(ICPC, "T90", "Diabetes type 2")} | fields


def observation(**fields):
    known = {"resourceType": "Observation", "id": "o1", "status": "final", "subject": PERSON}
    known |= {"effectiveDateTime": "2026-01-10", "code": concept(NPU, "NPU27300", "HbA1c")}
    return known | {"valueQuantity": {"value": 48, "unit": "mmol/mol"}} | fields


def medicine(kind="MedicationStatement", **fields):
    known = {"resourceType": kind, "id": "m1", "status": "active", "subject": PERSON}
    known |= {"medicationCodeableConcept": concept(ATC, "A10BA02", "Metformin")}
    day = {"MedicationStatement": "effectiveDateTime", "MedicationRequest": "authoredOn"}[kind]
    return known | {day: "2024-05-02"} | fields


def vaccine(**fields):
    known = {"resourceType": "Immunization", "id": "v1", "status": "completed", "patient": PERSON}
    return known | {"vaccineCode": concept(ATC, "J07BB02", "Influensa"), "occurrenceDateTime": "2025-10-14"} | fields


def contact(**fields):
    known = {"resourceType": "Encounter", "id": "e1", "status": "finished", "subject": PERSON}
    return known | {"period": {"start": "2026-02-03T10:00:00+01:00", "end": "2026-02-03T10:20:00+01:00"}} | fields


@pytest.fixture
def kari(clinic):
    return PatientFactory(clinic=clinic, local_number="K-1")


@pytest.fixture
def take(run, write, kari):
    """Import resources and return the report."""

    def taken(*resources, **options):
        lines = "".join(json.dumps(resource) + "\n" for resource in (*resources, {"resourceType": "Organization"}))
        return run(write(lines, "journal.ndjson"), **options)

    return taken


def problems(report):
    return {name: count for name, count in report.counts.items() if name.startswith(("refused.", "left_out.", "note."))}


# --- What a resource becomes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "row"),
    [
        (condition(), ("diagnosis", "icpc2", "T90", "Diabetes type 2", date(2020, 3, 1), None)),
        (medicine(), ("medicine", "atc", "A10BA02", "Metformin", date(2024, 5, 2), None)),
        (medicine("MedicationRequest"), ("medicine", "atc", "A10BA02", "Metformin", date(2024, 5, 2), None)),
        (observation(), ("observation", "npu", "NPU27300", "HbA1c", date(2026, 1, 10), None)),
        (contact(), ("contact", "other", "", "", date(2026, 2, 3), date(2026, 2, 3))),
        (vaccine(), ("vaccine", "atc", "J07BB02", "Influensa", date(2025, 10, 14), None)),
    ],
)
def test_each_type_becomes_an_entry_of_its_patient(take, kari, resource, row):
    report = take(resource)

    entry = JournalEntry.objects.get()
    assert (entry.type, entry.system, entry.code, entry.text, entry.starts_on, entry.ends_on) == row
    assert (entry.patient, entry.clinic) == (kari, kari.clinic)
    assert problems(report) == {}


@pytest.mark.parametrize(
    ("said", "system"),
    [
        (ICPC, CodeSystem.ICPC2),
        ("http://hl7.org/fhir/sid/icpc-2", CodeSystem.ICPC2),
        ("urn:oid:2.16.840.1.113883.6.139", CodeSystem.ICPC2),
        ("urn:oid:2.16.578.1.12.4.1.1.7110", CodeSystem.ICD10),
        ("http://hl7.org/fhir/sid/icd-10/", CodeSystem.ICD10),
        (ATC, CodeSystem.ATC),
        ("HTTPS://www.whocc.no/ATC", CodeSystem.ATC),
        ("2.16.578.1.12.4.1.1.7180", CodeSystem.ATC),
        (NPU, CodeSystem.NPU),
        ("https://example.com/fhir/sysvak-koder", CodeSystem.SYSVAK),
        ("ICPC-2", CodeSystem.ICPC2),
        ("icd 10", CodeSystem.ICD10),
        ("Sysvak", CodeSystem.SYSVAK),
        ("http://snomed.info/sct", CodeSystem.OTHER),
        ("http://hl7.org/fhir/sid/icd-10-cm", CodeSystem.OTHER),
        ("", CodeSystem.OTHER),
    ],
)
def test_code_systems_are_known_by_address_number_and_name(said, system):
    assert system_of(said) == system


def test_unmapped_code_is_kept_in_upper_case_without_blanks(take):
    take(condition(code=concept("http://example.com/lokalt", " dia 2b ", "Sukkersyke")))

    entry = JournalEntry.objects.get()
    assert (entry.system, entry.code, entry.text) == ("other", "DIA2B", "Sukkersyke")


def test_of_several_codings_the_one_that_searches_go_by_is_kept(take):
    codings = [("http://snomed.info/sct", "44054006"), ("urn:oid:2.16.578.1.12.4.1.1.7110", "E11"), (ICPC, "T90")]
    take(condition(code={"coding": [{"system": system, "code": code} for system, code in codings], "text": "Type 2"}))

    entry = JournalEntry.objects.get()
    assert (entry.system, entry.code, entry.text) == ("icpc2", "T90", "Type 2")


@pytest.mark.parametrize(
    ("fields", "ends_on"),
    [
        ({"abatementDateTime": "2021-06"}, date(2021, 6, 30)),
        ({"abatementPeriod": {"end": "2021-06-02"}}, date(2021, 6, 2)),
        ({"abatementString": "i fjor sommer"}, date(2020, 3, 1)),
        ({"clinicalStatus": concept("x", "resolved")}, date(2020, 3, 1)),
        ({"clinicalStatus": concept("x", "inactive"), "abatementDateTime": "2022"}, date(2022, 12, 31)),
        ({"clinicalStatus": concept("x", "active")}, None),
    ],
)
def test_illness_that_is_over_has_an_end(take, fields, ends_on):
    take(condition(**fields))

    assert JournalEntry.objects.get().ends_on == ends_on


@pytest.mark.parametrize(
    ("resource", "ends_on"),
    [
        (
            medicine(effectivePeriod={"start": "2024-01-01", "end": "2024-02-01"}, effectiveDateTime=""),
            date(2024, 2, 1),
        ),
        (medicine(status="stopped"), date(2024, 5, 2)),
        (medicine("MedicationRequest", status="completed"), date(2024, 5, 2)),
        (
            medicine("MedicationRequest", dispenseRequest={"validityPeriod": {"end": "2027-05-02"}}),
            date(2027, 5, 2),
        ),
        (medicine(status="on-hold"), None),
    ],
)
def test_medicine_ends_with_its_period(take, resource, ends_on):
    take(resource)

    assert JournalEntry.objects.get().ends_on == ends_on


def test_medicine_by_reference_is_found_inside_and_elsewhere_in_the_files(take):
    inside = {"contained": [{"resourceType": "Medication", "id": "x", "code": concept(ATC, "B01AF01", "Rivaroksaban")}]}
    bare = medicine(**inside, medicationReference={"reference": "#x"})
    elsewhere = medicine(id="m2", medicationReference={"reference": "Medication/w", "display": "Warfarin"})
    unknown = medicine(id="m3", medicationReference={"reference": "Medication/u", "display": "Ukjent salve"})
    for resource in (bare, elsewhere, unknown):
        resource.pop("medicationCodeableConcept")

    take(bare, elsewhere, unknown, {"resourceType": "Medication", "id": "w", "code": concept(ATC, "B01AA03")})

    rows = JournalEntry.objects.order_by("external_id").values_list("code", "text")
    assert list(rows) == [("B01AF01", "Rivaroksaban"), ("B01AA03", "Warfarin"), ("", "Ukjent salve")]


def test_blood_pressure_is_one_entry_and_one_for_each_component(take):
    pressure = observation(
        code=concept(LOINC, "85354-9", "Blodtrykk"),
        component=[
            {"code": concept(LOINC, "8480-6", "Systolisk"), "valueQuantity": {"value": 142.5, "unit": "mm[Hg]"}},
            {"code": concept(LOINC, "8462-4", "Diastolisk"), "valueQuantity": {"value": 88, "unit": "mm[Hg]"}},
        ],
    )
    del pressure["valueQuantity"]

    take(pressure)

    rows = JournalEntry.objects.order_by("external_id").values_list("external_id", "code", "value", "unit")
    assert list(rows) == [
        ("Observation/o1", "85354-9", None, ""),
        ("Observation/o1#1", "8480-6", Decimal("142.5"), "mm[Hg]"),
        ("Observation/o1#2", "8462-4", Decimal(88), "mm[Hg]"),
    ]


@pytest.mark.parametrize(
    ("answer", "value", "unit", "text"),
    [
        ({"valueQuantity": {"value": 5.45678, "unit": "mmol/L"}}, "5.4568", "mmol/L", "HbA1c"),
        ({"valueQuantity": {"value": 90, "comparator": ">", "code": "mL"}}, "90", "mL", "HbA1c: >90"),
        ({"valueInteger": 3}, "3", "", "HbA1c"),
        ({"valueString": "ikke påvist"}, None, "", "HbA1c: ikke påvist"),
        ({"valueBoolean": True}, None, "", "HbA1c: ja"),
        ({"valueCodeableConcept": {"text": "Aldri røykt"}}, None, "", "HbA1c: Aldri røykt"),
        ({"valueRange": {"low": {"value": 1, "unit": "cm"}, "high": {"value": 2}}}, None, "", "HbA1c: 1–2 cm"),
        ({}, None, "", "HbA1c"),
    ],
)
def test_value_is_a_number_with_a_unit_or_words_in_the_text(take, answer, value, unit, text):
    resource = observation()
    del resource["valueQuantity"]

    take(resource | answer)

    entry = JournalEntry.objects.get()
    assert (entry.value, entry.unit, entry.text) == (value and Decimal(value), unit, text)


@pytest.mark.parametrize("quantity", [{"value": 1e12}, {"value": 5, "unit": "x" * 21}])
def test_value_that_the_row_cannot_hold_is_told_and_kept_as_words(take, quantity):
    report = take(observation(valueQuantity=quantity))

    entry = JournalEntry.objects.get()
    assert problems(report) == {"left_out.bad_value": 1}
    assert (entry.value, entry.unit) == (None, "")
    assert str(quantity["value"]) in entry.text


def test_days_are_the_clinics_own(take):
    """Half past eleven at night in UTC is the next day in Norway."""
    take(contact(period={"start": "2026-01-31T23:30:00Z"}))

    assert JournalEntry.objects.get().starts_on == date(2026, 2, 1)


def test_long_code_is_cut_with_a_line(take):
    report = take(condition(code=concept("x", "A" * 41, "Sammensatt")))

    assert problems(report) == {"left_out.long_code": 1}
    assert JournalEntry.objects.get().code == "A" * CODE_MAX


# --- What is not imported, and why ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (condition(verificationStatus=concept("x", "entered-in-error")), "withdrawn"),
        (condition(verificationStatus=concept("x", "refuted")), "withdrawn"),
        (observation(status="entered-in-error"), "withdrawn"),
        (medicine(status="entered-in-error"), "withdrawn"),
        (vaccine(status="not-done"), "not_done"),
        (medicine(status="not-taken"), "not_done"),
        (medicine("MedicationRequest", intent="proposal"), "not_done"),
        (medicine("MedicationRequest", doNotPerform=True), "not_done"),
        (contact(status="cancelled"), "not_done"),
        (contact(status="planned"), "not_done"),
        (observation(status="registered"), "not_done"),
        (observation(valueQuantity=None, dataAbsentReason=concept("x", "not-performed")), "not_done"),
        (condition(code={}), "no_code"),
        (condition(onsetDateTime="våren 2020"), "bad_day"),
        (condition(onsetDateTime=""), "bad_day"),
        (condition(onsetDateTime="2062-01-01"), "bad_day"),
        (condition(onsetDateTime="1749-01-01"), "bad_day"),
        (condition(abatementDateTime="2019-01-01"), "end_before_day"),
        (condition(abatementDateTime="snart"), "end_before_day"),
        (condition(subject={"reference": "Patient/ukjent"}), "unknown_patient"),
        (condition(subject={"reference": "Group/K-1"}), "unknown_patient"),
        (observation(subject={"reference": "Location/K-1"}), "unknown_patient"),
        (condition(subject=None), "unknown_patient"),
        (condition(code="T90", subject=PERSON), "no_code"),
        (condition(code={"coding": {"code": 1}}), "no_code"),
        (condition(subject="Patient/K-1"), "unknown_patient"),
    ],
)
def test_what_is_not_imported_has_a_line_with_its_reason(take, resource, reason):
    report = take(resource)

    assert problems(report) == {f"refused.{reason}": 1}
    assert not JournalEntry.objects.exists()


def test_patient_of_another_clinic_is_unknown_here(take, kari):
    PatientFactory(clinic=ClinicFactory(), local_number="B-9")

    report = take(condition(subject={"reference": "Patient/B-9"}))

    assert problems(report) == {"refused.unknown_patient": 1}
    assert not JournalEntry.objects.exists()


def test_identity_number_goes_before_a_reference(take, run, write, clinic):
    run(write("fnr;fornavn;etternavn;pasientnr\n20914695016;Åse;Bjørnstad;A-1\n", "p.csv"))
    number = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "20914695016"}

    take(condition(subject={"reference": "Patient/K-1", "identifier": number}))

    assert JournalEntry.objects.get().patient.local_number == "A-1"


# --- Again ----------------------------------------------------------------------------------------------------------


def test_same_file_twice_gives_the_same_rows(take):
    resources = [condition(), medicine(), observation(), contact(), vaccine()]
    first = take(*resources)
    before = list(JournalEntry.objects.order_by("pk").values())

    second = take(*resources)

    assert (first.counts["entries.created"], second.counts["entries.unchanged"]) == (5, 5)
    assert second.counts["entries.created"] == second.counts["entries.changed"] == 0
    assert list(JournalEntry.objects.order_by("pk").values()) == before


def test_changed_entry_is_changed(take):
    take(condition())
    pk = JournalEntry.objects.get().pk

    report = take(condition(abatementDateTime="2025-01-31", code=concept(ICPC, "T89", "Diabetes type 1")))

    entry = JournalEntry.objects.get()
    assert (entry.pk, entry.code, entry.ends_on) == (pk, "T89", date(2025, 1, 31))
    assert report.counts["entries.changed"] == 1


@pytest.mark.parametrize("status", ["entered-in-error", "not-taken"])
def test_entry_that_the_sender_withdraws_is_removed(take, status):
    take(medicine(), condition())

    report = take(medicine(status=status))

    assert JournalEntry.objects.get().type == EntryType.DIAGNOSIS
    assert report.counts["entries.removed"] == 1


def test_id_of_another_patients_entry_is_never_moved(take, kari, clinic):
    """Two old systems that count from one must not write each other's patients."""
    PatientFactory(clinic=clinic, local_number="K-2")
    take(condition())

    other = {"reference": "Patient/K-2"}
    report = take(condition(subject=other))
    removal = take(condition(subject=other, verificationStatus=concept("x", "refuted")))

    assert problems(report) == {"refused.other_patient": 1}
    assert removal.counts["entries.removed"] == 0
    assert JournalEntry.objects.get().patient == kari


def test_repeat_in_one_file_is_noted(take):
    report = take(condition(), condition())

    assert problems(report) == {"note.twice": 1}
    assert JournalEntry.objects.count() == 1


def test_dry_run_says_the_same_and_writes_nothing(take):
    resources = [condition(), condition(id="c2", code={}), medicine(), observation(), contact(), vaccine()]

    foreseen = take(*resources, dry_run=True)
    assert not JournalEntry.objects.exists()
    assert not AuditEvent.objects.exists()

    assert foreseen.counts == take(*resources).counts


def test_import_makes_no_notices_and_one_audit_line_a_card(take, kari):
    take(condition(), medicine(), observation())

    assert not Notification.objects.exists()
    line = AuditEvent.objects.get(patient_id=kari.pk)
    assert (line.action, line.what, line.source) == (AuditAction.IMPORT, "journal", "import")


def test_queries_do_not_grow_with_the_file(take):
    def queries(count, start):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            take(*(observation(id=f"{start}-{number}") for number in range(count)))
        return len(captured)

    assert queries(200, "b") == queries(3, "a")


# --- CSV ------------------------------------------------------------------------------------------------------------


def test_csv_rows_become_entries(run, write, kari):
    report = run(
        write(
            HEADER
            + "K-1;Diagnose;ICPC-2;t 90;Diabetes type 2;01.03.2020;;;;1\n"
            + "K-1;Legemiddel;ATC;A10BA02;Metformin;2024-05-02;31.12.2025;;;2\n"
            + "K-1;Måling;NPU;NPU27300;HbA1c;10.01.2026;;48,5;mmol/mol;3\n"
            + "K-1;Kontakt;;;;03.02.2026;;;;4\n"
            + "K-1;Vaksine;SYSVAK;flu;Influensa;14.10.2025;;;;5\n"
            + "K-1;prøve;lokalt;bt;Blodtrykk;14.10.2025 08:30;;140/90;mmHg;6\n",
            "journal.csv",
        )
    )

    rows = JournalEntry.objects.order_by("external_id").values_list(
        "type", "system", "code", "text", "starts_on", "ends_on", "value", "unit"
    )
    assert problems(report) == {}
    assert list(rows) == [
        ("diagnosis", "icpc2", "T90", "Diabetes type 2", date(2020, 3, 1), None, None, ""),
        ("medicine", "atc", "A10BA02", "Metformin", date(2024, 5, 2), date(2025, 12, 31), None, ""),
        ("observation", "npu", "NPU27300", "HbA1c", date(2026, 1, 10), None, Decimal("48.5"), "mmol/mol"),
        ("contact", "other", "", "", date(2026, 2, 3), None, None, ""),
        ("vaccine", "sysvak", "FLU", "Influensa", date(2025, 10, 14), None, None, ""),
        ("observation", "other", "BT", "Blodtrykk: 140/90 mmHg", date(2025, 10, 14), None, None, ""),
    ]


def test_csv_without_ids_is_the_same_the_second_time(run, write, kari):
    content = HEADER + "K-1;Diagnose;ICPC-2;T90;;01.03.2020;;;;\nK-1;Diagnose;ICPC-2;T90;;01.03.2021;;;;\n"

    run(write(content))
    report = run(write(content))

    assert report.counts["entries.unchanged"] == JournalEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("K-9;Diagnose;ICPC-2;T90;;01.03.2020;;;;", "unknown_patient"),
        (";Diagnose;ICPC-2;T90;;01.03.2020;;;;", "unknown_patient"),
        ("K-1;Notat;ICPC-2;T90;;01.03.2020;;;;", "bad_entry_type"),
        ("K-1;Diagnose;ICPC-2;;;01.03.2020;;;;", "no_code"),
        ("K-1;Diagnose;ICPC-2;T90;;i fjor;;;;", "bad_day"),
        ("K-1;Diagnose;ICPC-2;T90;;;;;;", "bad_day"),
        ("K-1;Diagnose;ICPC-2;T90;;01.03.2020;01.03.2019;;;", "end_before_day"),
        ("K-1;Diagnose;ICPC-2;T90;;01.03.2020;", "unreadable"),
    ],
)
def test_csv_row_that_cannot_be_used_has_a_line(run, write, kari, row, reason):
    report = run(write(HEADER + row + "\n"))

    assert problems(report) == {f"refused.{reason}": 1}


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("fnr;type;kode;fra", "journal"),
        ("Pasientnr;Type;Kodeverk;Kode;Tekst;Fra;Til;Verdi;Enhet;Id", "journal"),
        ("Pasientnr;Type;Start;Behandler", "appointments"),
        ("Pasientnr;Type;Fra;Til;Behandler", "appointments"),
    ],
)
def test_header_tells_a_journal_from_a_timebook(header, kind):
    assert csv_columns.kind_of(header.split(";")) == kind


# --- The card's new values ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "values", "found"),
    [
        ("9008;5501;ja", ("9008", "5501", True), {}),
        ("150;301;nei", ("0150", "0301", False), {}),
        (";;", ("", "", False), {}),
        ("N-9008;Tromsø;kanskje", ("", "", False), {"bad_postal_code", "bad_municipality", "bad_econtact"}),
    ],
)
def test_csv_gives_the_card_its_address_and_e_contact(run, write, clinic, cells, values, found):
    header = "pasientnr;fornavn;etternavn;fødselsdato;Postnummer;Kommune;EP-kontakt\n"

    report = run(write(f"{header}A-1;Åse;Bjørnstad;20.11.1946;{cells}\n"))

    card = Patient.objects.get()
    assert (card.postal_code, card.municipality, card.has_econtact) == values
    assert problems(report) == {f"left_out.{name}": 1 for name in found}


@pytest.mark.parametrize(
    ("addresses", "values"),
    [
        ([{"use": "old", "postalCode": "0150"}, {"use": "home", "postalCode": "9008"}], ("9008", "5501")),
        ([{"postalCode": "90210", "country": "US"}], ("", "")),
        ([], ("", "")),
    ],
)
def test_fhir_address_gives_postal_code_and_municipality(run, write, clinic, addresses, values):
    coding = {"system": "urn:oid:2.16.578.1.12.4.1.1.3402", "code": "5501"}
    for address in addresses:
        address["_district"] = {"extension": [{"url": "x", "valueCoding": coding}]}
    person = {"resourceType": "Patient", "id": "p", "name": [{"given": ["Åse"], "family": "Moen"}]}

    run(write(json.dumps(person | {"birthDate": "1980-01-01", "address": addresses}), "p.json"))

    card = Patient.objects.get()
    assert (card.postal_code, card.municipality) == values


# --- Whatever comes -------------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=60)
    | st.sampled_from(["2020-01-01", "active"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "value", "start", "end", "text", "reference", "extension"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
VALID = [condition(), observation(), medicine(), medicine("MedicationRequest"), vaccine(), contact()]
NAMES = sorted({name for resource in VALID for name in resource if name != "resourceType"})
MORE = ["component", "contained", "medicationReference", "dispenseRequest", "abatementPeriod", "valueString", "type"]
WHERE = Where("fil", 1, "innslag")


def is_fit(entry):
    """Whether the row can hold the entry."""
    return (
        len(entry.code) <= CODE_MAX
        and len(entry.text) <= TEXT_MAX
        and len(entry.unit) <= 20
        and len(entry.external_id) <= 200
        and (entry.value is None or (entry.value.is_finite() and abs(entry.value) < 10**10))
        and (entry.ends_on is None or entry.ends_on >= entry.starts_on)
        and not {"\0"} & set(entry.code + entry.text + entry.unit + entry.external_id)
        and (entry.code + entry.text + entry.unit + entry.external_id).encode()
    )


def follow(rows):
    """Send rows through the spool and the judgement: every one is an entry that fits, or is refused with a reason."""
    spool = Spool()
    for row in rows:
        spool.add(row)
    for batch in spool.batches(RawEntry, 10):
        for raw in batch:
            found = dict.fromkeys(raw.patient, 1)
            with suppress(Refused):  # the writer makes a line of it; nothing else may be raised
                assert is_fit(journal_cleaning.clean(raw, found, now=NOW, zone=ZoneInfo("Europe/Oslo")))
    spool.close()


@given(st.sampled_from(VALID), st.dictionaries(st.sampled_from([*NAMES, *MORE]), anything, max_size=5))
def test_no_resource_is_lost_without_a_reason(resource, broken):
    report = Report()

    rows = fhir.rows_of("urn:uuid:1", resource | broken, WHERE, report)

    assert rows or report.refused == 1
    follow(rows)


@given(st.dictionaries(st.sampled_from(sorted(csv_columns.JOURNAL)), st.text(max_size=80)))
def test_no_row_is_lost_without_a_reason(cells):
    cells = {name: cell.encode("utf-8", "ignore").decode().replace("\0", "") for name, cell in cells.items()}

    follow([csv_fields.entry({"type": "diagnose", "starts": "01.01.2020", "local_number": "K-1"} | cells, WHERE)])


def test_row_may_name_its_patient_by_identity_number_alone():
    values = {"national_number": "209146 95016", "type": "Diagnose", "starts": "01.03.2020"}

    assert csv_fields.entry(values, WHERE).patient == ["nin:20914695016"]


def test_every_mapping_is_of_a_type_that_is_counted():
    from integrations.words import READ

    assert {f"read.{name}" for name in fhir_journal.MAPPINGS} <= READ.keys()
