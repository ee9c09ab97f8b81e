"""Who is marked now, as every check before a send asks (spec H3)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from selection.false_positives import among
from selection.models import Origin
from tests.factories import ClinicFactory, PatientFactory


def test_a_mark_for_the_programme_is_among(finished, marked, selection_from, kari, ola):
    marked(kari)

    assert list(among(selection_from(finished()))) == [kari.pk]


def test_a_mark_set_after_the_selection_was_frozen_counts(finished, marked, selection_from, kari):
    selection = selection_from(finished())

    marked(kari)

    assert list(among(selection)) == [kari.pk]


def test_a_mark_raised_again_still_keeps_the_person_out(finished, marked, selection_from, kari):
    marked(kari, raised_at=timezone.now())

    assert list(among(selection_from(finished()))) == [kari.pk]


def test_a_withdrawn_mark_does_not_count(finished, marked, selection_from, kari):
    marked(kari, withdrawn_at=timezone.now())

    assert list(among(selection_from(finished()))) == []


def test_a_mark_for_another_programme_does_not_count(finished, marked, selection_from, kari):
    marked(kari, programme="covid19")

    assert list(among(selection_from(finished()))) == []


def test_another_clinics_mark_does_not_count(finished, marked, selection_from):
    marked(PatientFactory(clinic=ClinicFactory()))

    assert list(among(selection_from(finished()))) == []


def test_another_clinics_analysis_gives_nothing(finished, marked, selection_from, clinic, kari):
    marked(kari)
    foreign = finished(of=ClinicFactory())
    selection = selection_from(finished(), origin_id=foreign.pk)

    assert list(among(selection)) == []


@pytest.mark.parametrize("origin", [Origin.JOURNAL, Origin.RESEND])
def test_a_selection_from_elsewhere_knows_no_marks(finished, marked, selection_from, kari, origin):
    marked(kari)

    assert list(among(selection_from(finished(), origin=origin))) == []
