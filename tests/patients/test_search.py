"""Quick search (spec G1)."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients.models import PortalAccount
from patients.search import quick
from tests.factories import ClinicFactory, PatientFactory, PersonFactory, PractitionerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    clinic = ClinicFactory()
    rows = [
        ("Åse Marie", "Bjørnstad", date(1946, 11, 20), "+4742000001", "20914695016", "A-1"),
        ("Máret", "Sárá", date(1955, 11, 10), "+4722000000", "10915596784", ""),
        ("José", "Nuñez", date(2004, 3, 12), "+4743000002", None, "NF-7"),
        ("Bjørn", "Aasen", date(1904, 3, 12), "+46701234567", None, "10020"),
    ]
    for given, family, born, mobile, number, local in rows:
        person = PersonFactory(national_number=number) if number else None
        PatientFactory(
            clinic=clinic,
            given_name=given,
            family_name=family,
            birth_date=born,
            mobile=mobile,
            person=person,
            local_number=local,
        )
    return clinic


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("åse", ["Bjørn", "Åse Marie"]),
        ("ase", ["Bjørn", "Åse Marie"]),
        ("AASE M", ["Åse Marie"]),
        ("bjor mar", ["Åse Marie"]),
        ("Bjørnstad, Åse", ["Åse Marie"]),
        ("bjørn", ["Åse Marie", "Bjørn"]),
        ("stad", []),
        ("maret", ["Máret"]),
        ("sara ma", ["Máret"]),
        ("nunez", ["José"]),
        ("å", []),
        ("  ", []),
        ("%%", []),
        ("a\x00se", []),
        ("20.11.1946", ["Åse Marie"]),
        ("1946-11-20", ["Åse Marie"]),
        ("201146", ["Åse Marie"]),
        ("20111946", ["Åse Marie"]),
        ("120304", ["Bjørn", "José"]),
        ("12.03.04", ["Bjørn", "José"]),
        ("31.02.2004", []),
        ("jos 12.03.2004", ["José"]),
        ("jos 20.11.1946", []),
        ("20914695016", ["Åse Marie"]),
        ("209146 95016", ["Åse Marie"]),
        ("42000001", ["Åse Marie"]),
        ("42 00 00 01", ["Åse Marie"]),
        ("+47 420 00 001", ["Åse Marie"]),
        ("0047 42000001", ["Åse Marie"]),
        ("+46 70 123 45 67", ["Bjørn"]),
        ("22 00 00 00", ["Máret"]),
        ("NF-7", ["José"]),
        ("10020", ["Bjørn"]),
    ],
)
def test_search_finds_by_whatever_is_typed(clinic, text, found):
    assert sorted(card.given_name for card in quick(clinic, text)) == sorted(found)


def test_other_clinics_patients_are_not_found(clinic):
    assert quick(ClinicFactory(), "bjørn") == []
    assert quick(ClinicFactory(), "20914695016") == []


def test_hits_know_active_users_and_practitioner_in_two_queries(clinic):
    """Spec B4."""
    card = quick(clinic, "maret")[0]
    PortalAccount.objects.create(person=card.person)
    card.general_practitioner = PractitionerFactory(clinic=clinic)
    card.save(update_fields=["general_practitioner"])

    with CaptureQueriesContext(
        connection,
    ) as queries:
        facts = [(hit.is_active_user, hit.general_practitioner.name) for hit in quick(clinic, "maret")]

    assert facts == [(True, "Bjørn Haugen")]
    assert len(queries) == 2


def test_no_more_than_the_limit_comes_back(clinic):
    assert len(quick(clinic, "bj", limit=1)) == 1


def test_very_long_text_is_cut(clinic):
    with CaptureQueriesContext(connection) as long:
        found = quick(clinic, "bjørn " * 10_000)
    with CaptureQueriesContext(connection) as short:
        assert found == quick(clinic, "bjørn " * 20)

    assert [query["sql"] for query in long] == [query["sql"] for query in short]
