"""The warning and the green icon by a patient's name, wherever staff choose or meet them (spec B3, B4, D12, E3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Clinic
from notifications.reach import mark
from patients.models import Consent, Patient, PortalAccount
from tests.access.world import World
from tests.factories import DialogFactory, PatientFactory, PersonFactory

WARNING = 'data-color="warning"'
WAYS: dict[str, tuple[dict[str, Any], str]] = {
    "not asked": ({"consent": Consent.NOT_ASKED}, "Samtykke mangler"),
    "withdrawn": ({"consent": Consent.WITHDRAWN}, "Samtykke trukket"),
    "nothing registered": ({"email": "", "mobile": ""}, "Kan ikke varsles"),
    "dead address": ({"email_dead": "hard_bounce", "mobile": ""}, "Kan ikke varsles"),
    "landline": ({"email": "", "mobile": "+4722000000", "is_landline": True}, "Kan ikke varsles"),
    "foreign number": ({"email": "", "mobile": "+46701740605"}, "Kan ikke varsles"),
    "consent before contact": ({"consent": Consent.NOT_ASKED, "email": "", "mobile": ""}, "Samtykke mangler"),
}


def strange(here: World, **fields: Any) -> Patient:
    """Return a card with an unusual name, of a person who has logged in."""
    person = PersonFactory()
    PortalAccount.objects.create(person=person)
    values = {"consent": Consent.GIVEN, "email": "zakarias@example.com", "mobile": "+4742000099"} | fields
    card: Patient = PatientFactory(clinic=here.clinic, given_name="Zakarias", person=person, **values)
    return card


def found_by(name: str, field: str) -> Callable[[Client, Patient], str]:
    """Return a search for the card."""
    return lambda client, card: client.post(reverse(name), {field: "zakarias", "find": "1"}).content.decode()


def chosen_in(name: str) -> Callable[[Client, Patient], str]:
    """Return a form in which the card is chosen."""
    return lambda client, card: client.get(reverse(name), {"pasient": card.pk}).content.decode()


def of_card(name: str) -> Callable[[Client, Patient], str]:
    """Return a page of the card."""
    return lambda client, card: client.get(reverse(name, args=[card.pk])).content.decode()


def of_dialog(client: Client, card: Patient) -> str:
    """Return the page of a dialog with the patient."""
    return client.get(reverse("post:dialog", args=[DialogFactory(patient=card).pk])).content.decode()


def in_inbox(client: Client, card: Patient) -> str:
    """Return the row of the inbox."""
    DialogFactory(patient=card)
    page = client.get(reverse("post:inbox"), {"vis": "alle"}).content.decode()
    return page[page.index("Zakarias") : page.index("</td>", page.index("Zakarias"))]


PLACES: dict[str, Callable[[Client, Patient], str]] = {
    "quick search": found_by("patients:quick", "q"),
    "search page": found_by("patients:search", "q"),
    "hits in a form": found_by("patients:pick", "patient_text"),
    "found in the timebook": found_by("timebook:new", "patient_text"),
    "found in the post": found_by("post:new", "patient_text"),
    "found in the economy": found_by("economy:new", "patient_text"),
    "chosen in the economy": chosen_in("economy:new"),
    "card": of_card("overview:card"),
    "card's appointments": of_card("timebook:of_patient"),
    "card's dialogs": of_card("post:of_patient"),
    "dialog": of_dialog,
    "inbox": in_inbox,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_mark_says_what_is_missing(way: str, here: World) -> None:
    """spec B3, B5, C3: consent first, because it stops everything."""
    fields, word = WAYS[way]

    found = mark(strange(here, **fields))

    assert found
    assert found.word == word
    assert found.reason


@pytest.mark.parametrize("place", PLACES)
def test_missing_consent_is_marked_where_staff_work(place: str, here: World, secretary: Client) -> None:
    """spec B3, B4: in words and with an icon, never by colour alone."""
    card = strange(here, consent=Consent.WITHDRAWN)

    page = PLACES[place](secretary, card)

    assert "Samtykke trukket" in page
    assert WARNING in page
    assert "Aktiv bruker" in page


@pytest.mark.parametrize("place", PLACES)
def test_who_cannot_be_notified_is_marked_where_staff_work(place: str, here: World, secretary: Client) -> None:
    """spec D12, E3: seen before the appointment or the dialog is begun."""
    card = strange(here, email="", mobile="")

    assert "Kan ikke varsles" in PLACES[place](secretary, card)


@pytest.mark.parametrize("place", PLACES)
def test_who_can_be_notified_has_no_mark(place: str, here: World, secretary: Client) -> None:
    page = PLACES[place](secretary, strange(here))

    assert "Kan ikke varsles" not in page
    assert "Samtykke mangler" not in page


@pytest.mark.parametrize("name", ["timebook:appointment", "timebook:change", "timebook:cancel"])
def test_the_pages_of_an_appointment_warn_and_show_the_icon(name: str, here: World, secretary: Client) -> None:
    """spec B3, B4: what stands may be moved and cancelled, and staff are told that no notice goes."""
    person = PersonFactory()
    PortalAccount.objects.create(person=person)
    Patient.objects.filter(pk=here.patient.pk).update(consent=Consent.WITHDRAWN, person=person)

    page = secretary.get(reverse(name, args=[here.appointment.pk])).content.decode()

    assert "Ingen varsler." in page
    assert "Pasienten har trukket samtykket" in page
    assert "Aktiv bruker" in page


def test_a_mark_belongs_to_one_clinics_card(here: World, secretary: Client) -> None:
    """spec B3: the same person has consented at one clinic and not at the other."""
    card = strange(here)
    PatientFactory(given_name="Zakarias", person=card.person, consent=Consent.NOT_ASKED)

    page = PLACES["quick search"](secretary, card)

    assert page.count("Zakarias") == 1
    assert "Samtykke mangler" not in page


def test_a_clinic_that_sends_abroad_has_no_mark_by_a_foreign_number(here: World, secretary: Client) -> None:
    Clinic.objects.filter(pk=here.clinic.pk).update(foreign_numbers=True)
    card = strange(here, email="", mobile="+46701740605")

    assert "Kan ikke varsles" not in PLACES["quick search"](secretary, card)


@pytest.mark.parametrize(
    "place", ["quick search", "search page", "hits in a form", "found in the timebook", "found in the post", "inbox"]
)
def test_marks_take_no_query_a_row(
    place: str, here: World, secretary: Client, django_assert_max_num_queries: Any
) -> None:
    """spec I7: one hit or six, the same work for the database."""
    card = strange(here, email="", mobile="")
    PLACES[place](secretary, card)
    with django_assert_max_num_queries(60) as few:
        PLACES[place](secretary, card)
    for number in range(5):
        DialogFactory(patient=strange(here, consent=Consent.WITHDRAWN, mobile=f"+474200020{number}"))
    with django_assert_max_num_queries(60) as many:
        PLACES[place](secretary, card)

    assert len(many) == len(few)
