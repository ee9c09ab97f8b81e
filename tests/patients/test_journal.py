"""The card's tab Journal: by type, newest first, page by page (spec G2)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from clinics.models import AuditAction, AuditEvent
from patients.journal import JournalEntry
from patients.journal_views import FEW, PAGE
from tests.access.people import colleague, logged_in
from tests.factories import ClinicFactory, PatientFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture
def card(clinic):
    return PatientFactory(clinic=clinic)


@pytest.fixture
def clinic():
    return ClinicFactory()


@pytest.fixture
def staff(clinic, settings):
    settings.WHITENOISE_AUTOREFRESH = True
    return logged_in(colleague(clinic))


def enter(card, code, count=1, **fields):
    """Write entries a day apart, the newest today; each says its number in the text."""
    known = {"type": "diagnosis", "system": "icpc2", "code": code}
    JournalEntry.objects.bulk_create(
        JournalEntry(
            clinic=card.clinic, patient=card, text=f"nr {n}", starts_on=TODAY - timedelta(days=n), **known | fields
        )
        for n in range(count)
    )


def shown(staff, card, query=""):
    response = staff.get(reverse("patients:journal", args=[card.pk]) + query)
    assert response.status_code == 200
    return response


def test_entries_stand_by_type_and_newest_first(staff, card):
    enter(card, "T90", 3)
    enter(card, "A10BA02", 1, type="medicine", system="atc")

    sections = shown(staff, card).context["sections"]

    assert [section.kind.value for section in sections] == ["diagnosis", "medicine"]
    assert [row.text for row in sections[0].rows] == ["nr 0", "nr 1", "nr 2"]


def test_many_of_a_type_are_cut_and_have_pages_of_their_own(staff, card):
    enter(card, "NPU27300", PAGE + 1, type="observation", system="npu")

    few = shown(staff, card)
    first, second = shown(staff, card, "?type=observation"), shown(staff, card, "?type=observation&side=2")

    assert [len(response.context["sections"][0].rows) for response in (few, first, second)] == [FEW, PAGE, 1]
    assert f"Vis alle {PAGE + 1}" in few.content.decode()
    assert "type=observation&amp;side=2" in first.content.decode()


@pytest.mark.parametrize(
    "query", ["?type=tull", "?type=&side=x", "?type=vaccine&side=9999999999999999999999", "?side=-1"]
)
def test_address_that_makes_no_sense_shows_what_there_is(staff, card, query):
    enter(card, "T90")

    shown(staff, card, query)


def test_empty_journal_says_how_it_is_filled(staff, card):
    assert "Ingen journalinnslag om pasienten ennå" in shown(staff, card).content.decode()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, '20.11.2026 <span class="muted">pågår</span>'),
        ({"ends_on": date(2026, 11, 30)}, "20.11.2026–30.11.2026"),
        ({"ends_on": TODAY}, "20.11.2026</td>"),
        ({"type": "contact"}, "20.11.2026</td>"),
        ({"type": "observation", "value": Decimal("48.5"), "unit": "mmol/mol"}, "48,5 mmol/mol"),
        ({"type": "observation", "value": Decimal(100), "unit": "mL/min/1.73"}, "100 mL/min/1.73"),
        ({"text": "<b>fet</b>"}, "&lt;b&gt;fet&lt;/b&gt;"),
    ],
)
def test_entry_is_shown_with_its_period_and_value(staff, card, fields, text):
    known = {"type": "diagnosis", "code": "T90", "starts_on": TODAY}
    JournalEntry.objects.create(clinic=card.clinic, patient=card, **known | fields)

    assert text in shown(staff, card).content.decode()


def test_journal_of_another_card_is_not_shown(staff, card, clinic):
    enter(PatientFactory(clinic=clinic), "T90")
    elsewhere = PatientFactory(clinic=ClinicFactory())
    enter(elsewhere, "K86")

    assert shown(staff, card).context["sections"] == []
    assert staff.get(reverse("patients:journal", args=[elsewhere.pk])).status_code == 404


def test_reading_leaves_one_line(staff, card):
    """Threat 34."""
    shown(staff, card)

    line = AuditEvent.objects.get(action=AuditAction.READ)
    assert (line.patient_id, line.what) == (card.pk, "patients:journal")


def test_queries_do_not_grow_with_the_journal(staff, card, django_assert_max_num_queries):
    for kind in ("diagnosis", "medicine", "observation", "contact", "vaccine"):
        enter(card, "X", 30, type=kind)

    with django_assert_max_num_queries(21):
        shown(staff, card)
