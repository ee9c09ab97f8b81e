"""Contact values are cleaned on entry, and a change is logged (spec B1, B5)."""

import contextlib

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from clinics.models import AuditEvent
from patients.contact import change_contact, change_contact_as_person, clean_email, clean_phone
from patients.models import DeadContact
from tests.factories import ClinicFactory, PatientFactory, PersonFactory, UserFactory

NOW = timezone.now()


@pytest.mark.parametrize(
    ("text", "e164", "is_landline"),
    [
        ("41234567", "+4741234567", False),
        ("412 34 567", "+4741234567", False),
        ("+47 412 34 567", "+4741234567", False),
        ("0047 41234567", "+4741234567", False),
        ("4741234567", "+4741234567", False),
        ("\u00a0412\u00a034\u00a0567", "+4741234567", False),
        ("45012345", "+4745012345", False),
        ("91234567", "+4791234567", False),
        ("22 00 00 00", "+4722000000", True),
        ("75589889", "+4775589889", True),
        ("+46 70 123 45 67", "+46701234567", False),
        ("+44 7400 123456", "+447400123456", False),
        ("+1 202 555 0143", "+12025550143", False),
    ],
)
def test_phone_is_kept_in_e164_and_landlines_marked(text, e164, is_landline):
    phone = clean_phone(text, clinic=ClinicFactory.build(is_demo=False))

    assert (phone.e164, phone.is_landline) == (e164, is_landline)


@pytest.mark.parametrize(
    "text",
    ["", "1234", "4123456", "412345678", "4,79E+09", "4.79e+09", "02800", "820 12 345", "800 12 345", "12341234"]
    + [
        "ring kona",
        "41234567 lokal 5",
        "+47 41234567;ext=2",
        "555-637-6988",
        "41234567\x00",
        "+999 12345678",
        "-" * 30,
    ],
)
def test_what_is_no_patients_number_is_refused(text):
    with pytest.raises(ValidationError):
        clean_phone(text, clinic=ClinicFactory.build(is_demo=True))


@pytest.mark.parametrize("text", ["42 00 00 01", "+4743000001", "0047 44000001", "49000001"])
def test_fictional_number_belongs_to_a_demo_clinic_only(text):
    assert clean_phone(text, clinic=ClinicFactory.build(is_demo=True)).is_landline is False
    with pytest.raises(ValidationError, match="ikke delt ut"):
        clean_phone(text, clinic=ClinicFactory.build(is_demo=False))


def test_spreadsheet_number_is_explained():
    with pytest.raises(ValidationError, match="Gjør kolonnen til tekst"):
        clean_phone("4,79E+09", clinic=ClinicFactory.build())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("kari@example.com", "kari@example.com"),
        (" Kari.Holm@EXAMPLE.com ", "Kari.Holm@example.com"),
        ("a\u030ase@example.com", "åse@example.com"),
        ("kari+time@bø.no", "kari+time@bø.no"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_address_is_kept_in_its_usual_form(text, cleaned):
    assert clean_email(text) == cleaned


@pytest.mark.parametrize(
    "text",
    ["", "kari", "kari@", "@example.com", "kari@example", "a b@example.com", "kari@example.com, per@example.com"]
    + [
        "kari@example.com\nBcc: x@example.com",
        "kari\x00@example.com",
        "kari\u202e@example.com",
        "kari@exa\u200bmple.com",
    ]
    + ["Kari <kari@example.com>", "kari..holm@example.com", "x" * 65 + "@example.com", "k@" + "x" * 250 + ".no"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValidationError):
        clean_email(text)


@given(st.text(max_size=40))
def test_any_text_is_a_contact_value_or_a_refusal(text):
    clinic = ClinicFactory.build()
    for clean in (clean_email, lambda value: clean_phone(value, clinic=clinic)):
        with contextlib.suppress(ValidationError):
            assert clean(text)


@pytest.fixture
def card(db):
    return PatientFactory(email="gammel@example.com", email_dead=DeadContact.HARD_BOUNCE, mobile="+4742000001")


def test_edited_address_is_alive_again(card):
    change_contact(card, by=UserFactory(), now=NOW, email="ny@example.com")

    card.refresh_from_db()
    assert (card.email, card.email_dead, card.mobile) == ("ny@example.com", "", "+4742000001")


def test_same_address_stays_dead_and_is_not_logged(card):
    change_contact(card, by=UserFactory(), now=NOW, email=" gammel@example.com", mobile="42 00 00 01")

    card.refresh_from_db()
    assert card.email_dead == DeadContact.HARD_BOUNCE
    assert not AuditEvent.objects.exists()


def test_change_is_logged_by_field_name_without_value(card):
    user = UserFactory()

    change_contact(card, by=user, now=NOW, email="", mobile="43000001")

    line = AuditEvent.objects.get()
    assert (line.what, line.actor, line.patient_id, line.clinic) == ("email, mobile", user, card.pk, card.clinic)


def test_refused_value_leaves_both_as_they_were(card):
    with pytest.raises(ValidationError) as refused:
        change_contact(card, by=UserFactory(), now=NOW, email="ny@example.com", mobile="123")

    card.refresh_from_db()
    assert list(refused.value.message_dict) == ["mobile"]
    assert card.email == "gammel@example.com"


def test_landline_is_kept_and_makes_no_sms_possible(card):
    change_contact(card, by=UserFactory(), now=NOW, mobile="22 00 00 00")

    assert (card.mobile, card.is_landline, card.sms_possible) == ("+4722000000", True, False)


def test_person_changes_all_their_cards_and_a_clinic_its_own(db):
    """Spec B1."""
    person = PersonFactory()
    first, second = PatientFactory(person=person), PatientFactory(person=person)
    stranger = PatientFactory(email="annen@example.com")

    changed = change_contact_as_person(person, now=NOW, email="min@example.com")
    change_contact(first, by=UserFactory(), now=NOW, email="klinikk@example.com")

    for card in (first, second, stranger):
        card.refresh_from_db()
    assert changed == 2
    assert [first.email, second.email, stranger.email] == [
        "klinikk@example.com",
        "min@example.com",
        "annen@example.com",
    ]
    assert AuditEvent.objects.filter(source="portal", actor=None).count() == 2
