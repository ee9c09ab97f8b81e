"""A search finds exactly those for whom it holds, on both databases (spec G2)."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from clinics.models import Clinic
from patients.journal import JournalEntry
from patients.models import Patient
from selection import criteria as c
from selection import ordering, result
from selection.compiling import matching
from selection.reading import packed, read
from tests.factories import ClinicFactory, PatientFactory
from tests.selection.crowd import TODAY, crowd
from tests.selection.draws import edges, searches, with_doctors
from tests.selection.judging import Known, holds

BUSY = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def clinic(db: None) -> Clinic:
    """A clinic of forty; a neighbour of five has the same codes."""
    crowd(ClinicFactory(), size=5, seed=2)
    return ClinicFactory()


@pytest.fixture
def people(clinic: Clinic) -> dict[int, Known]:
    """What is known of the clinic's patients."""
    return crowd(clinic)


@BUSY
@given(root=searches)
@example(root=c.Group(children=(c.Group(mode="any", negated=True),)))
@example(root=c.Group(mode="any", children=(c.Group(), c.SexIs(sex="male"))))
def test_a_search_finds_those_for_whom_it_holds(root: c.Group, clinic: Clinic, people: dict[int, Known]) -> None:
    """spec G2: the query and a plain reading of the criteria agree, and no other clinic's patient is found."""
    assert_agree(root, clinic, people)


def test_every_edge_is_where_it_should_be(clinic: Clinic, people: dict[int, Known]) -> None:
    """spec G2: alone, no other criterion hides what is wrong at the end of a period, a value or a birthday."""
    for leaf in edges():
        assert_agree(c.Group(children=(leaf,)), clinic, people)
        if isinstance(leaf, c.Entry) and leaf.latest:  # a newest value beside another entry is asked for otherwise
            for negated in (False, True):
                assert_agree(c.Group(children=(leaf, c.Entry(type="contact")), negated=negated), clinic, people)


def test_pages_walk_on_until_they_are_full(clinic: Clinic, people: dict[int, Known], monkeypatch: Any) -> None:
    """spec G4: many, few or none among the next cards; in every order the pages together are all that is found."""
    monkeypatch.setattr(result, "PAGE", 3)
    monkeypatch.setattr(result, "WALKS", (4, 8))
    places = dict(Patient.objects.of(clinic).values_list("pk", "search_name"))
    by_name = sorted(people, key=lambda pk: (places[pk], pk))
    by_age = sorted(people, key=lambda pk: (people[pk].card["birth_date"] or date.max, pk), reverse=True)
    orders = {"navn": by_name, "-navn": by_name[::-1], "alder": by_age, "-alder": by_age[::-1], "ukjent": by_name}
    for root, (key, expected) in product((c.Group(), c.Group(children=(c.SexIs(sex="male"),))), orders.items()):
        found = matching(root, clinic, TODAY)
        pages: list[int] = []
        while len(keys := result.keys_of(found, clinic, pages[-1] if pages else None, ordering.read(key))) > 3:
            pages += keys[:3]

        assert pages + keys == [pk for pk in expected if holds(root, people[pk], TODAY)]
        assert len(pages) > 3


def assert_agree(root: c.Group, clinic: Clinic, people: dict[int, Known]) -> None:
    """Ask both the database and the plain reading."""
    doctors = sorted({known.card["general_practitioner_id"] for known in people.values()} - {None})
    root = with_doctors(root, doctors)

    found = list(matching(root, clinic, TODAY).values_list("pk", flat=True))

    assert sorted(found) == sorted(pk for pk, known in people.items() if holds(root, known, TODAY))


@BUSY
@given(root=searches)
def test_a_search_is_the_same_after_it_has_been_stored(root: c.Group) -> None:
    """spec G3: written to JSON and read back, nothing is lost."""
    assert read(packed(root)) == root


def test_a_search_is_one_query(clinic: Clinic, people: dict[int, Known], django_assert_num_queries: Any) -> None:
    root = c.Group(
        children=(
            c.Entry(type="diagnosis", codes=("T90",)),
            c.Group(mode="any", children=(c.Visit(negated=True), c.Sent(), c.Electronic())),
        )
    )

    with django_assert_num_queries(1):
        list(matching(root, clinic, TODAY))


HOSTILE = ["%", "_", "T90%", "'", "';DROP TABLE x;--", '"', "\\", "T90' OR '1'='1", "%s", "%(x)s", "{0}", "$1", "\x00"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_never_more_than_text(text: str, clinic: Clinic) -> None:
    """Past the reader too, a code is compared letter by letter: no sign of LIKE's or SQL's has a meaning."""
    mine, other = PatientFactory(clinic=clinic), PatientFactory(clinic=clinic)
    shown = text.replace("\x00", "")
    days = {"clinic": clinic, "type": "diagnosis", "starts_on": TODAY}
    JournalEntry.objects.create(patient=mine, code=shown, **days)
    JournalEntry.objects.create(patient=other, code="T90" if "T90" not in text else "X90", **days)
    root = c.Group(children=(c.Entry(type="diagnosis", codes=(shown,)),))

    assert list(matching(root, clinic, TODAY)) == ([mine] if shown else [mine, other])


def test_an_entry_of_another_clinic_never_counts(clinic: Clinic) -> None:
    """spec A7: even one that names our patient."""
    patient = PatientFactory(clinic=clinic)
    JournalEntry.objects.create(clinic=ClinicFactory(), patient=patient, type="diagnosis", code="T90", starts_on=TODAY)

    assert not matching(c.Group(children=(c.Entry(type="diagnosis", codes=("T90",)),)), clinic, TODAY).exists()
