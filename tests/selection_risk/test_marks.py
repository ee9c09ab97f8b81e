"""Marked *falsk positiv*: it survives, and is raised again on new evidence (spec H2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from clinics.models import AuditEvent
from patients.models import EntryType, JournalEntry
from selection import false_positives
from selection.risk_models import FalsePositive, FalseReason, RiskPerson
from tests.factories import UserFactory
from tests.selection_risk.conftest import MONDAY


@pytest.fixture
def set_mark(staff):
    """Mark a person of an analysis."""

    def make(analysis, patient, by=staff):
        person = RiskPerson.objects.get(analysis=analysis, patient=patient)
        return false_positives.mark(person, reason=FalseReason.MILD, text="", by=by, now=timezone.now())[0]

    return make


def is_raised(mark):
    """Return whether the mark is raised now."""
    mark.refresh_from_db()
    return mark.raised_at is not None


def test_a_mark_says_who_when_and_why(analyse, enter, kari, set_mark, staff):
    enter(kari, "R95")

    mark = set_mark(analyse(), kari)

    assert (mark.by, mark.at, mark.reason) == (staff, timezone.now(), "mild")
    assert list(mark.known.values_list("key", flat=True)) == ["lung-icpc2|R95"]
    line = AuditEvent.objects.get(what="false positive influenza set")
    assert (line.patient_id, line.actor) == (kari.pk, staff)


def test_a_mark_survives_the_next_analysis(analyse, enter, kari, set_mark):
    enter(kari, "R95")
    mark = set_mark(analyse(), kari)
    enter(kari, "R95", starts_on=MONDAY)

    second = analyse()

    assert not is_raised(mark)
    assert list(false_positives.standing(second)) == [mark]


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("T90", {}),
        ("R96", {}),
        ("R03AC02", {"type": EntryType.MEDICINE, "system": "atc"}),
        ("BMI", {"type": EntryType.OBSERVATION, "system": "other", "value": Decimal(40)}),
    ],
)
def test_new_evidence_raises_it_again(analyse, enter, kari, set_mark, code, fields):
    enter(kari, "R95")
    mark = set_mark(analyse(), kari)
    enter(kari, code, **fields)

    analysis = analyse()

    assert is_raised(mark)
    assert false_positives.raised(analysis) == 1


def test_less_evidence_does_not_raise_it(analyse, enter, kari, set_mark):
    enter(kari, "R95")
    enter(kari, "T90")
    mark = set_mark(analyse(), kari)
    JournalEntry.objects.filter(code="T90").delete()

    analyse()

    assert not is_raised(mark)


def test_evidence_for_another_programme_does_not_raise_it(analyse, enter, clinic, kari, set_mark):
    enter(kari, "R95")
    mark = set_mark(analyse("covid19"), kari)
    enter(kari, "W78", starts_on=MONDAY)

    analyse()

    assert not is_raised(mark)


def test_a_mark_that_is_upheld_knows_the_new_evidence(analyse, enter, kari, set_mark, staff):
    enter(kari, "R95")
    mark = set_mark(analyse(), kari)
    enter(kari, "T90")
    person = RiskPerson.objects.get(analysis=analyse(), patient=kari)

    assert false_positives.uphold(mark, person, by=staff)
    assert not false_positives.uphold(mark, person, by=staff)
    analyse()

    assert not is_raised(mark)


def test_a_colleagues_mark_stands_and_is_seen(analyse, enter, kari, set_mark):
    enter(kari, "R95")
    analysis, other = analyse(), UserFactory(first_name="Per")
    first = set_mark(analysis, kari)

    assert set_mark(analysis, kari, by=other) == first
    assert FalsePositive.objects.get().by == first.by


def test_a_mark_is_taken_back_once_and_can_be_put_back(analyse, enter, kari, set_mark, staff):
    enter(kari, "R95")
    analysis = analyse()
    mark = set_mark(analysis, kari)

    assert false_positives.withdraw(mark, by=staff, now=timezone.now())
    assert not false_positives.withdraw(mark, by=staff, now=timezone.now())
    assert not false_positives.standing(analysis).exists()
    assert false_positives.restore(mark, by=staff)
    assert list(false_positives.standing(analysis)) == [mark]


def test_a_mark_is_not_put_back_beside_a_newer_one(analyse, enter, kari, set_mark, staff):
    enter(kari, "R95")
    analysis = analyse()
    old = set_mark(analysis, kari)
    false_positives.withdraw(old, by=staff, now=timezone.now())
    new = set_mark(analysis, kari)

    assert not false_positives.restore(old, by=staff)
    assert list(false_positives.standing(analysis)) == [new]


def test_a_mark_holds_in_the_next_season(analyse, enter, kari, set_mark, clock):
    enter(kari, "R95")
    mark = set_mark(analyse(), kari)
    clock.move_to(date(2027, 11, 23).isoformat())

    assert list(false_positives.standing(analyse())) == [mark]
