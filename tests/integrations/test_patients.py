"""What an import does to patient cards (spec B1, B3)."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import AuditAction, AuditEvent
from integrations.order import BATCH
from integrations.reasons import FileRefused
from patients.models import Consent, ConsentChange, Patient, Person
from tests.factories import ClinicFactory, PatientFactory, PersonFactory, UserFactory

HEADER = "fnr;pasientnr;fornavn;etternavn;født;e-post;mobil;samtykke\n"
PEOPLE = (
    "20914695016;A-1;Åse;Bjørnstad;20.11.1946;ase@example.com;42000001;ja\n"
    ";A-2;Per;Dahl;01.02.1980;;;nei\n"
    ";A-3;Ida;Moen;;;;\n"
)


@pytest.fixture
def people(write):
    return write(HEADER + PEOPLE, "pasienter.csv")


def test_consent_is_that_of_the_file_and_else_not_asked(run, people):
    run(people)

    cards = Patient.objects.order_by("local_number")
    assert [card.consent for card in cards] == [Consent.GIVEN, Consent.WITHDRAWN, Consent.NOT_ASKED]
    assert set(ConsentChange.objects.values_list("how", flat=True)) == {"file"}


def test_managers_choice_holds_for_those_the_file_says_nothing_about(run, people):
    """Spec B3: an explicit, logged choice."""
    manager = UserFactory()

    run(people, consent_collected=True, by=manager)

    lines = ConsentChange.objects.order_by("patient__local_number").values_list("consent", "how", "by")
    assert list(lines) == [
        ("given", "file", manager.pk),
        ("withdrawn", "file", manager.pk),
        ("given", "batch", manager.pk),
    ]
    log = AuditEvent.objects.get(action=AuditAction.IMPORT)
    assert (log.actor, "samtykke" in log.what) == (manager, True)


def test_choice_for_all_needs_someone_who_stands_for_it(run, people):
    with pytest.raises(ValueError, match="someone's choice"):
        run(people, consent_collected=True)


@pytest.mark.parametrize(("before", "after"), [("given", "given"), ("withdrawn", "withdrawn"), ("", "given")])
def test_answer_that_stands_is_never_overruled(run, people, clinic, before, after):
    PatientFactory(clinic=clinic, local_number="A-3", consent=before)

    report = run(people, consent_collected=True, by=UserFactory())

    card = Patient.objects.get(local_number="A-3")
    assert card.consent == after
    assert card.consent_log.count() == (before != after)
    assert report.counts["consents.recorded"] == 2 + (before != after)


def test_every_new_card_leaves_an_audit_line(run, people):
    """Threat 34."""
    run(people, by=UserFactory())

    created = AuditEvent.objects.filter(action=AuditAction.CREATE, source="import")
    assert set(created.values_list("patient_id", flat=True)) == set(Patient.objects.values_list("pk", flat=True))


def test_value_that_staff_removed_does_not_come_back(run, people):
    """Spec A5: removing contact information is a way out."""
    run(people)
    Patient.objects.filter(local_number="A-1").update(mobile="", email="")

    report = run(people)

    card = Patient.objects.get(local_number="A-1")
    assert (card.mobile, card.email) == ("", "")
    assert report.counts["note.differs"] == 1


def test_second_import_changes_nothing(run, people):
    run(people)
    tables = [Patient, Person, ConsentChange]
    before = [list(table.objects.order_by("pk").values()) for table in tables]

    report = run(people)

    assert [list(table.objects.order_by("pk").values()) for table in tables] == before
    assert report.counts["patients.unchanged"] == 3
    assert report.counts["patients.created"] == 0


def test_other_clinics_card_is_untouched_and_shares_the_person(run, people):
    other = PatientFactory(
        clinic=ClinicFactory(),
        person=PersonFactory(national_number="20914695016"),
        local_number="A-2",
        email="x@example.com",
    )
    before = Patient.objects.filter(pk=other.pk).values().get()

    run(people)

    assert Patient.objects.filter(pk=other.pk).values().get() == before
    assert Patient.objects.exclude(pk=other.pk).count() == 3
    assert Person.objects.count() == 1


def test_local_number_of_someone_else_is_not_taken_over(run, write, clinic):
    PatientFactory(clinic=clinic, local_number="A-1", birth_date="1990-01-01", given_name="Kari")

    known = run(write(HEADER + "20914695016;A-1;Åse;Bjørnstad;20.11.1946;;;\n"))
    unknown = run(write(HEADER + ";A-1;Åse;Bjørnstad;20.11.1946;;;\n"))

    assert known.counts["left_out.taken_number"] == 1
    assert Patient.objects.get(person__national_number="20914695016").local_number == ""
    assert unknown.counts["refused.conflict"] == 1


def test_same_person_twice_in_the_file_is_one_card(run, write):
    row = "20914695016;A-1;Åse;Bjørnstad;20.11.1946;;;\n"

    report = run(write(HEADER + row + row))

    assert Patient.objects.count() == 1
    assert report.counts["note.twice"] == 1


def test_queries_do_not_grow_with_the_batch(run, write):
    def queries(first, last):
        rows = "".join(f";N{number};Kari;Holm;01.02.1980;;;ja\n" for number in range(first, last))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            run(write(HEADER + rows))
        return len([query for query in captured if 'INSERT INTO "patients_patient"' not in query["sql"]])

    assert queries(0, 10) == queries(1000, 1000 + BATCH)


def bundle(*entries, kind="transaction"):
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": [{"resource": entry} for entry in entries]})


def patient(**fields):
    return {"resourceType": "Patient", "id": "p1", "name": [{"family": "Dahl", "given": ["Per"]}], **fields}


def identifier(number, value):
    return {"system": f"urn:oid:2.16.578.1.12.4.1.4.{number}", "value": value}


@pytest.mark.parametrize(
    ("identifiers", "national", "local"),
    [
        ([identifier(1, "20914695016")], "20914695016", "p1"),
        ([identifier(1, "47908702367")], "47908702367", "p1"),  # a D-number under the system of fødselsnummer
        ([identifier(2, "47908702367"), {"system": "urn:local", "value": "J-7"}], "47908702367", "J-7"),
        ([{"system": "urn:local", "value": "20914695016"}], None, "20914695016"),  # the system says it is local
        ([identifier(5, "201234567890")], None, "p1"),
        ([{"system": "x", "value": "S9", "type": {"coding": [{"code": "DL"}]}}], None, "p1"),
        (
            [{"system": "x", "value": "S9"}, {"system": "y", "value": "M1", "type": {"coding": [{"code": "MR"}]}}],
            None,
            "M1",
        ),
    ],
)
def test_fhir_patient_is_known_by_system_and_content(run, write, identifiers, national, local):
    """Research: domain.md §5."""
    run(write(bundle(patient(identifier=identifiers)), "b.json"))

    card = Patient.objects.get()
    assert (card.person and card.person.national_number, card.local_number) == (national, local)


def test_h_number_names_a_card_but_no_person(run, write):
    """An H-number is unique at one institution only."""
    clinic = ClinicFactory(is_demo=False)

    report = run(write(bundle(patient(identifier=[identifier(1, "13527248013")])), "b.json"), to=clinic)

    assert Patient.objects.get().person is None
    assert report.counts["left_out.local_number"] == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": []}, "refused.no_name"),
        ({"name": "Per"}, "refused.no_name"),
        ({"name": [{"text": "Per Dahl"}]}, None),
        ({"birthDate": "1980-02-30"}, "refused.bad_birth_date"),
        ({"birthDate": "1980"}, "note.no_birth_date"),
        ({"active": False}, "refused.not_in_use"),
        ({"deceasedBoolean": True, "birthDate": "1980-02-01"}, "note.dead"),
        ({"telecom": [{"system": "phone", "value": "42000001", "use": "old"}]}, None),
        ({"telecom": {"system": "phone"}}, None),
        ({"name": [{"family": "Dahl", "given": "Per"}], "id": 7}, None),
        ({"name": [{"family": "Da\ud800hl\u0000", "given": ["Per"]}]}, None),
    ],
)
def test_fhir_patient_of_any_shape_is_a_card_or_a_line(run, write, fields, reason):
    report = run(write(bundle(patient(**fields)), "b.json"))

    problems = [name for name in report.counts if name.startswith(("refused.", "note.", "left_out."))]
    assert (reason in problems) if reason else not report.refused
    assert Patient.objects.count() == (not report.refused)


@pytest.mark.parametrize(
    "content",
    [
        bundle(patient(), kind="searchset"),
        bundle(patient(), kind="collection"),
        json.dumps(patient()),
        json.dumps(patient(), indent=2),
        "\ufeff" + json.dumps(patient()),
        json.dumps(patient()) + "\n" + json.dumps(patient(id="p2")) + "\n",
    ],
)
def test_bundles_single_resources_and_lines_are_read(run, write, content):
    run(write(content, "b.json"))

    assert Patient.objects.filter(local_number="p1").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        (bundle(patient())[:-5], "JSON"),
        ("[]", "ingen FHIR"),
        ('{"resourceType": "Bundle"}', "ingen FHIR"),
        (b'{"resourceType": "Patient", "id": "\xff"}', "UTF-8|JSON"),
        ("[" * 100_000, "for stor"),
        ('{"entry": [{"resource": ' + '{"a": [' * 1_000_000, "for stor"),
    ],
)
def test_file_that_is_no_fhir_is_refused_whole(run, write, content, message):
    with pytest.raises(FileRefused, match=message):
        run(write(content, "b.json"))

    assert not Patient.objects.exists()
