"""Consent, preferred method and registration (spec B1, B2, B3)."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinics.models import AuditAction, AuditEvent
from patients import consent, preference
from patients.models import Consent, ConsentChange, Patient, Person, PreferredMethod
from patients.names import clean_name
from patients.registration import register
from tests.factories import ClinicFactory, PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOW = ConsentChange.How
SYNTHETIC = "20914695016"


def test_consent_is_written_on_card_log_and_audit():
    card, user = PatientFactory(consent=""), UserFactory()

    assert consent.record(card, Consent.GIVEN, how=HOW.STAFF, by=user, now=NOW)

    card.refresh_from_db()
    line = ConsentChange.objects.get()
    assert (card.consent, card.consent_at) == (Consent.GIVEN, NOW)
    assert (line.patient, line.consent, line.how, line.by, line.at) == (card, "given", "staff", user, NOW)
    assert AuditEvent.objects.get().action == AuditAction.CONSENT


def test_unchanged_consent_leaves_no_line():
    card = PatientFactory(consent=Consent.GIVEN)

    assert not consent.record(card, Consent.GIVEN, how=HOW.PORTAL, by=None, now=NOW)

    assert not ConsentChange.objects.exists()
    assert not AuditEvent.objects.exists()


def test_consent_cannot_be_made_unasked():
    with pytest.raises(ValidationError):
        consent.record(PatientFactory(), Consent.NOT_ASKED, how=HOW.STAFF, by=UserFactory(), now=NOW)


def test_preferred_method_is_written_with_who_and_when():
    card, user = PatientFactory(), UserFactory()

    assert preference.choose(card, PreferredMethod.SMS, by=user, now=NOW)
    assert not preference.choose(card, PreferredMethod.SMS, by=UserFactory(), now=NOW)

    card.refresh_from_db()
    assert (card.preferred_method, card.preferred_by, card.preferred_at) == ("sms", user, NOW)
    assert AuditEvent.objects.count() == 1


def test_unknown_method_is_refused():
    with pytest.raises(ValidationError):
        preference.choose(PatientFactory(), "fax", by=UserFactory(), now=NOW)


def open_card(clinic, **fields):
    names = {"given_name": "Åse", "family_name": "Bjørnstad"}
    return register(clinic, **{**names, "by": None, "now": NOW, **fields})


def test_card_takes_birth_date_and_sex_from_a_classic_number():
    card = open_card(ClinicFactory(), national_number="209146 95016", mobile="42 00 00 01")

    assert (card.birth_date, card.sex, card.mobile) == (date(1946, 11, 20), "female", "+4742000001")
    assert (card.person.national_number, card.search_name) == (SYNTHETIC, "ase bjornstad")


def test_person_has_one_card_at_each_clinic():
    first = open_card(ClinicFactory(), national_number=SYNTHETIC)
    second = open_card(ClinicFactory(), national_number=SYNTHETIC)

    assert first.person == second.person
    assert Person.objects.count() == 1


def test_second_card_at_the_clinic_points_to_the_first():
    clinic = ClinicFactory()
    open_card(clinic, national_number=SYNTHETIC)

    with pytest.raises(ValidationError, match="allerede et pasientkort"):
        open_card(clinic, national_number=SYNTHETIC)

    assert Patient.objects.count() == 1


def test_newborn_is_known_by_local_number_and_birth_date():
    """Spec B1."""
    card = open_card(ClinicFactory(), local_number="NF-7", birth_date=date(2026, 1, 2))

    assert card.person is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "national_number"),
        ({"local_number": "NF-7"}, "national_number"),
        ({"birth_date": date(2000, 1, 1)}, "national_number"),
        ({"national_number": "13097248022"}, "national_number"),
        ({"national_number": SYNTHETIC, "birth_date": date(2999, 1, 1)}, "birth_date"),
        ({"national_number": SYNTHETIC, "given_name": " \u202e "}, "given_name"),
        ({"national_number": SYNTHETIC, "family_name": "x" * 151}, "family_name"),
        ({"national_number": SYNTHETIC, "email": "kari"}, "email"),
        ({"national_number": SYNTHETIC, "mobile": "12"}, "mobile"),
        ({"national_number": SYNTHETIC, "sex": "x"}, "sex"),
    ],
)
def test_refused_card_says_at_which_field(fields, field):
    with pytest.raises(ValidationError) as refused:
        open_card(ClinicFactory(), **fields)

    assert list(refused.value.message_dict) == [field]
    assert not Patient.objects.exists()


def test_number_of_2032_needs_the_birth_date_too():
    """Its check digits let four times as many typing errors through (research: domain.md §2.1)."""
    clinic = ClinicFactory(is_demo=False)

    with pytest.raises(ValidationError) as refused:
        open_card(clinic, national_number="30108299939")

    assert list(refused.value.message_dict) == ["birth_date"]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Kari\u00a0 Anne ", "Kari Anne"),
        ("Ka\u202eri\u200b", "Kari"),
        ("A\u030ase", "Åse"),
        ("Máret-Ánne", "Máret-Ánne"),
        ("Kari\r\nBcc: x", "Kari Bcc: x"),
        ("O\x00la", "Ola"),
    ],
)
def test_name_is_kept_without_invisible_characters(text, cleaned):
    assert clean_name(text) == cleaned
