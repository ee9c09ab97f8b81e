"""The column Pasientkommunikasjon of the risk overview (spec H4)."""

from __future__ import annotations

import pytest

from bulk_send.models import Type
from notifications.kinds import Reason
from notifications.providers.base import Outcome
from selection import communication
from selection.models import Origin, Selection
from tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def column(clinic, people):
    return communication.about(clinic, Selection.objects.all(), [person.pk for person in people])


@pytest.mark.parametrize("kind", Type)
def test_those_notified_are_said_to_be(people, draft, send, work, sms, email, clinic, select, kind):
    send(draft(kind, selection=select(origin=Origin.RISK)))
    work()

    assert {found.told for found in column(clinic, people).values()} == {True}
    assert set(communication.told(clinic, Selection.objects.all())) == {person.pk for person in people}


def test_those_who_were_not_are_not(people, draft, send, work, sms, clinic):
    sms.answers = lambda message: Outcome.refused(Reason.INVALID_NUMBER)
    send(draft())
    work()

    found = column(clinic, people)
    assert {one.told for one in found.values()} == {False}
    assert {one.label for one in found.values()} == {"Feilet: Operatøren kjenner ikke nummeret"}
    assert not communication.told(clinic, Selection.objects.all())


def test_an_e_contact_that_waits_for_the_gateway_is_not_told_yet(clinic, doctor, draft, send, work, email):
    patient = PatientFactory(clinic=clinic, has_econtact=True, general_practitioner=doctor)
    send(draft(Type.ECONTACT))
    work()

    assert not column(clinic, [patient])[patient.pk].told


def test_a_draft_and_an_undone_bulk_say_nothing(people, draft, send, staff, clinic, clock):
    draft()

    assert not column(clinic, people)


def test_the_column_takes_a_constant_number_of_queries(
    people, draft, send, work, sms, clinic, django_assert_num_queries
):
    PatientFactory.create_batch(20, clinic=clinic)
    send(draft())
    work()

    with django_assert_num_queries(6):
        column(clinic, people)
