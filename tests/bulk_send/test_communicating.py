"""The column Pasientkommunikasjon of the risk overview (spec H4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bulk_send import gateways
from bulk_send.models import Handover, Type
from notifications.kinds import Reason
from notifications.providers.base import Outcome
from patients.models import Patient
from selection import communication
from selection import criteria as c
from selection.compiling import matching
from selection.models import Origin, Selection
from tests.bulk_send.econtact_world import (
    BESOKLEGEN,
    HELSENORGE,
    ScriptedGateway,
    econtact_clinic,
    make_patients,
    tick,
)
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


@pytest.mark.parametrize("provider", [HELSENORGE, BESOKLEGEN])
def test_a_search_sees_everyone_who_was_told_in_whatever_way(
    provider, clinic, doctor, people, draft, send, work, select, sms, email, clock, monkeypatch
):
    """spec G2, I4: by SMS, by an e-contact in our portal, and by one the gateway has taken, whoever notifies of it."""
    econtact_clinic(clinic, provider)
    gateway = ScriptedGateway()
    monkeypatch.setattr(gateways, "MAKERS", {provider: lambda: gateway})
    taken, refused = known = make_patients(clinic, 2)
    Patient.objects.filter(person__in=[one.person for one in known]).update(general_practitioner=doctor)
    by_sms, by_portal = people[:2]
    gateway.answers = lambda letter: (
        gateway.take(letter)
        if Handover.objects.get(reference=letter.reference).recipient.patient == taken
        else Outcome.refused(Reason.UNKNOWN_ADDRESS)
    )

    def bulk(kind, *patients):
        send(draft(kind, selection=select(Patient.objects.filter(pk__in=[one.pk for one in patients]))))
        work()

    def found(**asked):
        return set(matching(c.Group(children=(c.Sent(**asked),)), clinic, timezone.localdate()))

    bulk(Type.SMS, by_sms)
    assert found() == {by_sms}

    sms.answers = email.answers = lambda message: Outcome.refused(Reason.INVALID_NUMBER)
    bulk(Type.ECONTACT, by_portal, taken, refused)
    assert found() == {by_sms, by_portal}  # the dialog is in our portal at once; the gateway has nothing yet

    tick(provider)
    work()
    assert found() == {by_sms, by_portal, taken}
    assert found(negated=True) == {people[2], refused}

    clock.shift(timedelta(days=10))
    assert not found(days=9)
    assert found(days=10) == {by_sms, by_portal, taken}
