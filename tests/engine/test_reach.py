"""Which channels are possible for a patient, and what staff are told of it (spec A5, B2, B5, J3)."""

from __future__ import annotations

import pytest

from notifications import reach, rules
from notifications.kinds import Channel, Kind, Reason
from patients.models import Patient, PreferredMethod, PushSubscription
from tests.factories import PatientFactory, PersonFactory


@pytest.fixture
def with_push(kari):
    """Kari, who has allowed push."""
    kari.person = PersonFactory()
    kari.save()
    PushSubscription.objects.create(person=kari.person, endpoint="https://push.example/1", p256dh="k", auth="a")
    return kari


def test_the_labels_of_the_preferred_methods_are_the_sources_own():
    """spec B2: these very labels."""
    assert [str(label) for value, label in PreferredMethod.choices if value] == [
        "E-post (SMS sendes dersom e-post ikke er mulig)",
        "SMS (E-post sendes dersom SMS ikke er mulig)",
        "E-post og SMS",
    ]


def test_no_field_exempts_a_single_patient():
    """spec A5: the ways out are contact information and consent."""
    flags = {field.name for field in Patient._meta.get_fields() if field.get_internal_type() == "BooleanField"}

    assert flags == {"is_landline", "has_econtact"}  # the second says what the e-contact provider knows


@pytest.mark.parametrize(
    ("mobile", "foreign_numbers", "problem"),
    [
        ("+4742000001", False, None),
        ("+46701234567", False, Reason.FOREIGN_NUMBER),
        ("+46701234567", True, None),
        ("+4791234567", False, None),
        ("", False, Reason.NO_MOBILE),
    ],
)
def test_sms_is_possible_or_says_why_not(mobile, foreign_numbers, problem, clinic):
    """spec B5, C3."""
    clinic.foreign_numbers = foreign_numbers

    assert reach.sms_problem(PatientFactory.build(clinic=clinic, mobile=mobile), clinic) == problem


def test_what_the_card_shows_is_what_goes_out(with_push):
    """spec J3: «Slik varsles pasienten nå» follows the same table."""
    found = reach.reach(with_push, with_push.clinic, {with_push.pk})
    used = rules.channels("", Kind.APPOINTMENT_REMINDER, found.possible)

    assert reach.route_now(with_push)[0].text == "E-post og push i appen"
    assert used == (Channel.EMAIL, Channel.PUSH)
