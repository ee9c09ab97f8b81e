"""Rows of another clinic named in a form or a query are as unknown as those in an address (threats 1, 27)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinics.models import Role
from patients.models import Patient
from tests.access.people import colleague, logged_in
from tests.access.world import FAMILY_NAME, World
from timebook.models import Appointment

PARTS = ["patient", "practitioner", "place", "type"]


def form(world: World) -> dict[str, object]:
    """Return a valid «Ny time» for the world's rows."""
    at = timezone.now().astimezone(world.clinic.zone) + timedelta(days=30)
    parts = {name: getattr(world, name).pk for name in PARTS}
    return parts | {"date": f"{at:%d.%m.%Y}", "time": "11:00", "minutes": "30"}


def test_the_form_is_valid_with_ones_own(here: World) -> None:
    response = logged_in(colleague(here.clinic)).post(reverse("timebook:new"), form(here))

    assert response.status_code == 302
    assert Appointment.objects.of(here.clinic).count() == 2


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_another_clinic_is_refused(part: str, here: World, elsewhere: World) -> None:
    posted = form(here) | {part: getattr(elsewhere, part).pk}

    response = logged_in(colleague(here.clinic)).post(reverse("timebook:new"), posted)

    assert response.status_code == 422
    assert Appointment.objects.count() == 2


@pytest.mark.parametrize("name", ["timebook:week", "timebook:day"])
def test_another_clinics_book_does_not_exist(name: str, here: World, elsewhere: World) -> None:
    url = f"{reverse(name)}?behandler={elsewhere.practitioner.pk}"

    assert logged_in(colleague(here.clinic)).get(url).status_code == 404


def test_another_clinics_patient_cannot_be_picked(here: World, elsewhere: World) -> None:
    Patient.objects.filter(pk=here.patient.pk).update(family_name="Vår")
    client = logged_in(colleague(here.clinic))

    by_address = client.get(f"{reverse('timebook:new')}?pasient={elsewhere.patient.pk}")
    by_form = client.post(reverse("timebook:new"), {"pick": elsewhere.patient.pk})

    assert FAMILY_NAME not in by_address.content.decode()
    assert by_form.status_code == 404


def test_search_finds_ones_own_only(here: World, elsewhere: World) -> None:
    client = logged_in(colleague(here.clinic))

    for name, field in (("patients:search", "q"), ("patients:quick", "q"), ("patients:pick", "patient_text")):
        text = client.post(reverse(name), {field: FAMILY_NAME.lower()}).content.decode()
        assert (str(here.patient) in text, text.count(FAMILY_NAME)) == (True, 1)


def test_fields_that_are_not_in_the_form_are_never_written(here: World, elsewhere: World) -> None:
    """Threat 27: mass assignment."""
    client = logged_in(colleague(here.clinic, Role.MANAGER))
    smuggled = {"clinic": elsewhere.clinic.pk, "notices": "on", "is_import_default": "on", "pk": 1}
    good = {"name": "Ny type", "minutes": "30", "colour": "1", "is_active": "on"}

    client.post(reverse("timebook:type_edit", args=[here.type.pk]), good | smuggled | {"notices": ""})

    here.type.refresh_from_db()
    assert (here.type.name, here.type.clinic, here.type.notices) == ("Ny type", here.clinic, True)
    assert here.type.is_import_default is False
