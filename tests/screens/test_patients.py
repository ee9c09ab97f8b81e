"""The patient's pages: search, registration, card, contact, method and consent (spec B)."""

from __future__ import annotations

from html import escape

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditAction, AuditEvent, User
from patients.models import Consent, ConsentChange, Patient, PortalAccount, PreferredMethod
from tests.access.world import World
from tests.factories import PatientFactory, PersonFactory

CARD_PAGES = ["overview:card", "timebook:of_patient", "notifications:card", "patients:personal", "patients:contact"]
CARD_PAGES += ["patients:journal"]
LABELS = [  # spec B2, these very labels
    "E-post (SMS sendes dersom e-post ikke er mulig)",
    "SMS (E-post sendes dersom SMS ikke er mulig)",
    "E-post og SMS",
]


def lines(action: str) -> int:
    """Count the audit lines of one action."""
    return AuditEvent.objects.filter(action=action).count()


@pytest.mark.parametrize("name", CARD_PAGES)
def test_a_card_page_writes_one_read_line(name: str, here: World, secretary: Client, user: User) -> None:
    """Threat 34: who looked at whom."""
    assert secretary.get(reverse(name, args=[here.patient.pk])).status_code == 200

    line = AuditEvent.objects.get(action=AuditAction.READ)
    assert (line.patient_id, line.actor, line.clinic) == (here.patient.pk, user, here.clinic)


@pytest.mark.parametrize(
    ("name", "field"), [("patients:search", "q"), ("patients:quick", "q"), ("patients:pick", "patient_text")]
)
def test_a_search_logs_every_patient_it_shows(name: str, field: str, here: World, secretary: Client) -> None:
    """Threat 34, spec B4: hits are logged, and the green icon stands by active users."""
    person = PersonFactory()
    PortalAccount.objects.create(person=person)
    PatientFactory(clinic=here.clinic, family_name="Kanari", person=person)

    text = secretary.post(reverse(name), {field: "kanari"}).content.decode()

    assert text.count('aria-label="Aktiv bruker') == 1
    assert lines(AuditAction.SEARCH) == 2


def test_what_is_searched_for_never_stands_in_an_address(secretary: Client) -> None:
    """Threat 8: names and numbers are posted."""
    text = secretary.get(reverse("patients:search")).content.decode()

    assert text.count('method="get"') == 0
    assert secretary.get(reverse("patients:search"), {"q": "kanarifugl"}).context.get("hits") is None


def registered(**changes: str) -> dict[str, str]:
    """Return a complete form."""
    form = {"national_number": "", "local_number": "N-17", "birth_date": "01.11.2026", "given_name": "Ada"}
    form |= {"family_name": "Ås", "sex": "", "language": "se", "email": "", "mobile": "", "general_practitioner": ""}
    return form | changes


def test_a_new_card_is_opened(here: World, secretary: Client) -> None:
    response = secretary.post(reverse("patients:register"), registered(email="ada@example.com"))

    patient = Patient.objects.get(local_number="N-17")
    assert response["Location"] == reverse("notifications:card", args=[patient.pk])
    assert (patient.clinic, patient.name, patient.consent) == (here.clinic, "Ada Ås", Consent.NOT_ASKED)
    assert patient.language == "se"


REFUSED = [
    ("mobile", "9123 45"),
    ("email", "ada@@example"),
    ("national_number", "12345678901"),
    ("birth_date", "31.02.2026"),
    ("given_name", ""),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_refused_value_is_explained_and_nothing_typed_is_lost(field: str, value: str, secretary: Client) -> None:
    """spec B5: 422, a summary that links to the field, and every value as typed."""
    typed = registered(email="ada@example.com", mobile="42 00 00 01") | {field: value}

    response = secretary.post(reverse("patients:register"), typed)

    text = response.content.decode()
    assert response.status_code == 422
    assert response.context["form"][field].errors
    assert f'href="#id_{field}"' in text
    assert all(
        f'value="{escape(kept)}"' in text for name, kept in typed.items() if kept and name not in {"sex", "language"}
    )
    assert '<option value="se" selected>' in text
    assert not Patient.objects.filter(local_number="N-17").exists()


def test_contact_values_are_changed_on_the_card(here: World, secretary: Client) -> None:
    """spec B1, B5."""
    url = reverse("patients:contact", args=[here.patient.pk])

    refused = secretary.post(url, {"email": "ny@example.com", "mobile": "abc"})
    saved = secretary.post(url, {"email": "ny@example.com", "mobile": ""})

    here.patient.refresh_from_db()
    assert (refused.status_code, saved.status_code) == (422, 302)
    assert 'value="abc"' in refused.content.decode()
    assert (here.patient.email, here.patient.mobile) == ("ny@example.com", "")
    assert lines(AuditAction.CONTACT) == 1


def test_contact_values_are_edited_in_place_with_htmx(here: World, secretary: Client) -> None:
    url = reverse("patients:contact", args=[here.patient.pk])

    form = secretary.get(url, headers={"HX-Request": "true"}).content.decode()
    saved = secretary.post(url, {"email": "", "mobile": ""}, headers={"HX-Request": "true"})

    assert form.lstrip().startswith("<form")
    assert saved["HX-Redirect"] == reverse("notifications:card", args=[here.patient.pk])


def test_the_methods_have_the_labels_of_b2(here: World, secretary: Client) -> None:
    text = secretary.get(reverse("notifications:card", args=[here.patient.pk])).content.decode()

    assert all(f">{label}</option>" in text for label in LABELS)


def test_the_method_is_saved_at_once_and_for_this_clinic(here: World, secretary: Client, user: User) -> None:
    """spec B2."""
    url = reverse("patients:method", args=[here.patient.pk])

    secretary.post(url, {"method": "both"})
    secretary.post(url, {"method": "brevdue"})

    here.patient.refresh_from_db()
    assert here.patient.preferred_method == PreferredMethod.BOTH
    assert here.patient.preferred_by == user
    assert lines(AuditAction.PREFERENCE) == 1


def test_consent_is_recorded_on_the_patients_behalf(here: World, secretary: Client, user: User) -> None:
    """spec B3: who, when, how; withdrawing is asked about first."""
    card = reverse("overview:card", args=[here.patient.pk])
    question = secretary.get(reverse("patients:withdraw", args=[here.patient.pk])).content.decode()
    secretary.post(reverse("patients:consent", args=[here.patient.pk]), {"consent": "withdrawn", "next": card})

    change = ConsentChange.objects.get()
    text = secretary.get(card).content.decode()
    assert "Varsler som venter, sendes ikke" in question
    assert (change.consent, change.how, change.by) == (Consent.WITHDRAWN, ConsentChange.How.STAFF, user)
    assert "Samtykke trukket av klinikken på vegne av pasienten" in text


def test_personalia_are_changed_and_logged_by_field_name(here: World, secretary: Client) -> None:
    url = reverse("patients:personal", args=[here.patient.pk])
    form = {"given_name": "Åse", "family_name": "Ny", "sex": "female", "language": "nn"}
    form |= {"general_practitioner": here.practitioner.pk}

    secretary.post(url, form)
    secretary.post(url, form)

    here.patient.refresh_from_db()
    line = AuditEvent.objects.get(action=AuditAction.PERSONAL)
    assert (here.patient.name, here.patient.search_name) == ("Åse Ny", "ase ny")
    assert here.patient.language == "nn"
    assert line.what == "given_name, family_name, sex, language, general_practitioner"


def test_a_script_in_a_name_stays_text(here: World, secretary: Client) -> None:
    """Threat 16."""
    Patient.objects.filter(pk=here.patient.pk).update(given_name="<script>alert(1)</script>")

    for name in CARD_PAGES:
        assert "<script>alert" not in secretary.get(reverse(name, args=[here.patient.pk])).content.decode()
