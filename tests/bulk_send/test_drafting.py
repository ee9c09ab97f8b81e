"""A draft: its text, and people moved between the lists (spec I1-I3)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bulk_send import drafting, eligibility, lists
from bulk_send.models import Bulk, Recipient, State, Type
from notifications.kinds import Reason
from patients.models import Patient
from selection.models import Origin
from selection.risk_models import FalsePositive, RiskAnalysis
from tests.bulk_send.conftest import portal_patient
from tests.factories import ClinicFactory, PatientFactory, PersonFactory, PractitionerFactory

pytestmark = pytest.mark.django_db


def names(rows):
    return [row.patient.given_name for row in rows]


WHY_NOT = [  # what is different about the patient, why no SMS, why no e-contact (spec I3, B3, B5, C3)
    ({}, "", ""),
    ({"consent": ""}, Reason.NO_CONSENT, Reason.NO_CONSENT),
    ({"consent": "withdrawn"}, Reason.CONSENT_WITHDRAWN, Reason.CONSENT_WITHDRAWN),
    ({"mobile": ""}, Reason.NO_MOBILE, ""),
    ({"mobile": "", "email": ""}, Reason.NO_MOBILE, Reason.NO_CONTACT),
    ({"mobile": "+4722000000", "is_landline": True}, Reason.LANDLINE, ""),
    ({"mobile": "+4722000000", "is_landline": True, "email": ""}, Reason.LANDLINE, Reason.NO_CONTACT),
    ({"mobile_dead": "not_in_service"}, Reason.MOBILE_DEAD, ""),
    ({"mobile_dead": "not_in_service", "email_dead": "hard_bounce"}, Reason.MOBILE_DEAD, Reason.NO_CONTACT),
    ({"email_dead": "hard_bounce"}, "", ""),
    ({"mobile": "+46701234567"}, Reason.FOREIGN_NUMBER, ""),
]


@pytest.mark.parametrize(("fields", "sms", "econtact"), WHY_NOT)
def test_who_cannot_be_sent_to_and_why(clinic, fields, sms, econtact):
    portal_patient(clinic, **fields)

    for kind, expected in ((Type.SMS, sms), (Type.ECONTACT, econtact)):
        assert Patient.objects.annotate(why=eligibility.why_not(kind, clinic)).get().why == expected


@pytest.mark.parametrize(
    ("has_account", "has_econtact", "why"),
    [(False, False, Reason.NOT_ELECTRONIC), (True, False, ""), (False, True, ""), (True, True, "")],
)
def test_eportal_or_ep_kontakt_is_enough(clinic, has_account, has_econtact, why):
    make = portal_patient if has_account else PatientFactory
    make(clinic=clinic, has_econtact=has_econtact)

    assert Patient.objects.annotate(why=eligibility.why_not(Type.ECONTACT, clinic)).get().why == why


def test_foreign_numbers_are_sent_to_where_support_has_allowed_it(clinic):
    clinic.foreign_numbers = True
    PatientFactory(clinic=clinic, mobile="+46701234567")

    assert Patient.objects.annotate(why=eligibility.why_not(Type.SMS, clinic)).get().why == ""


@pytest.mark.parametrize(
    ("grants", "closed"),
    [
        ({}, set()),
        ({"free_text_sms": False}, {Type.SMS}),
        ({"econtact_provider": ""}, {Type.ECONTACT}),
        ({"post_notices": False}, {Type.ECONTACT}),
        ({"free_text_sms": False, "econtact_provider": ""}, {Type.SMS, Type.ECONTACT}),
    ],
)
def test_what_the_clinic_lacks_is_unavailable_with_the_reason(clinic, grants, closed):
    """spec I1."""
    for name, value in grants.items():
        setattr(clinic, name, value)

    assert set(eligibility.unavailable(clinic)) == closed
    assert all(eligibility.unavailable(clinic).values())


def test_the_back_button_comes_to_the_same_draft(select, staff, manager):
    selection = select()

    assert drafting.start(selection, by=staff) == drafting.start(selection, by=staff)
    assert drafting.start(selection, by=manager) != drafting.start(selection, by=staff)


def test_a_draft_begins_with_a_type_the_clinic_has(clinic, select, staff):
    clinic.free_text_sms = False
    clinic.save()

    assert drafting.start(select(), by=staff).type == Type.ECONTACT


def test_people_are_moved_to_the_left_and_back(people, draft):
    bulk = draft()
    anne, bjorn, cato = people

    drafting.remove(bulk, [bjorn.pk])
    assert names(bulk.recipients.order_by("position")) == ["Anne", "Cato"]
    assert names(drafting.available(bulk)) == ["Bjørn"]

    drafting.remove_all(bulk)
    drafting.choose(bulk, [cato.pk, anne.pk])
    assert names(bulk.recipients.order_by("position")) == ["Anne", "Cato"]


def test_those_who_cannot_be_sent_to_are_not_moved(people, draft, clinic):
    without = PatientFactory(clinic=clinic, given_name="Dag", mobile="")
    bulk = draft()

    drafting.choose(bulk, [without.pk])

    assert names(bulk.recipients.order_by("position")) == ["Anne", "Bjørn", "Cato"]


def test_moving_someone_twice_moves_them_once(people, draft):
    bulk = draft()

    drafting.choose(bulk, [people[0].pk, people[0].pk])
    drafting.choose_all(bulk)

    assert bulk.recipients.count() == 3


@pytest.mark.parametrize("kind", list(Type))
def test_everyone_and_a_page_are_judged_alike(kind, people, draft, clinic):
    """spec I3: one rule, asked for by a join or row by row."""
    PatientFactory(clinic=clinic, given_name="Dag", person=None)
    PatientFactory(clinic=clinic, given_name="Eva", person=PersonFactory(), mobile="", email="")
    PatientFactory(clinic=clinic, given_name="Finn", person=None, has_econtact=True)
    bulk = draft(kind)
    drafting.remove_all(bulk)

    everyone = drafting.able(bulk, drafting.members(bulk)).order_by("position")

    assert names(everyone) == names(drafting.possible(bulk))
    assert 3 < everyone.count() < 6


def test_shared_numbers_are_counted_up_to_a_limit(people, draft):
    """A family is shown in the composer while it is quickly found, and always before it is sent to."""
    Patient.objects.filter(pk__in=[people[0].pk, people[1].pk]).update(mobile="+4742000099")
    bulk = draft()

    assert lists.sums(bulk).shared == 2
    assert lists.sums(bulk, most_shared=2).shared == 0


def test_moving_everyone_does_not_read_the_list_that_grows(people, draft):
    """spec I7: it would be read again for each row that it grows by, a hundred thousand times."""
    bulk = draft()

    with CaptureQueriesContext(connection) as seen:
        drafting.choose_all(bulk)

    [insert] = [query["sql"] for query in seen if "INSERT" in query["sql"]]
    assert insert.count("bulk_send_recipient") == 1, insert


def test_moving_everyone_back_reads_none_of_them(people, draft):
    """spec I7: a hundred thousand rows never sit in the web process."""
    bulk = draft()

    with CaptureQueriesContext(connection) as seen:
        drafting.remove_all(bulk)

    about = [query["sql"].split()[0] for query in seen if "bulk_send_recipient" in query["sql"]]
    assert about == ["DELETE"]


def test_only_those_of_the_selection_can_be_moved(people, draft, select, clinic):
    bulk = draft(selection=select(Patient.objects.filter(pk=people[0].pk)))
    stranger = PatientFactory(clinic=ClinicFactory())

    drafting.choose(bulk, [people[1].pk, stranger.pk])

    assert names(bulk.recipients.all()) == ["Anne"]


def test_all_possible_of_a_name_are_moved(people, draft):
    bulk = draft()
    drafting.remove_all(bulk)

    drafting.choose_all(bulk, "bjorn")

    assert names(bulk.recipients.all()) == ["Bjørn"]


def test_a_type_change_names_those_who_fall_out(people, draft, clinic, staff):
    """spec I2, I3."""
    PatientFactory(clinic=clinic, given_name="Dag", family_name="Dahl")
    bulk = draft()
    assert bulk.recipients.count() == 4

    bulk, fell_out = drafting.change(bulk, version=bulk.version, by=staff, type=Type.ECONTACT)

    assert (fell_out.count, fell_out.named) == (1, [("Dag Dahl", Reason.NOT_ELECTRONIC)])
    assert names(bulk.recipients.order_by("position")) == ["Anne", "Bjørn", "Cato"]


def test_false_positives_never_come_along(people, draft, select, clinic, staff):
    """spec H3."""
    analysis = RiskAnalysis.objects.create(
        clinic=clinic, programme="influenza", version="1", day="2026-11-01", asked_by=staff
    )
    FalsePositive.objects.create(clinic=clinic, patient=people[1], programme="influenza", by=staff, reason="other")
    selection = select(origin=Origin.RISK)
    type(selection).objects.update(origin_id=analysis.pk)
    selection.refresh_from_db()

    bulk = draft(selection=selection)

    assert names(bulk.recipients.order_by("position")) == ["Anne", "Cato"]


BAD = [
    ({"type": "fax"}, "type"),
    ({"subject": "x" * 81}, "subject"),
    ({"text": "x" * 4001}, "text"),
    ({"text": "Hei\u202e du"}, "text"),
    ({"text": "Hei\x00"}, "text"),
    ({"purpose": "fun"}, "purpose"),
]


@pytest.mark.parametrize(("fields", "at"), BAD)
def test_what_cannot_be_sent_is_refused_at_its_field(people, draft, staff, fields, at):
    bulk = draft()

    with pytest.raises(ValidationError) as refused:
        drafting.change(bulk, version=bulk.version, by=staff, **fields)

    assert list(refused.value.message_dict) == [at]


def test_a_subject_stays_on_one_line(people, draft, staff):
    bulk, _ = drafting.change(bulk := draft(), version=bulk.version, by=staff, subject="Time\r\nBcc: alle@example.com")

    assert bulk.subject == "Time Bcc: alle@example.com"


def test_another_clinics_practitioner_is_refused(people, draft, staff):
    bulk = draft()

    with pytest.raises(ValidationError):
        drafting.change(bulk, version=bulk.version, by=staff, practitioner=PractitionerFactory())


def test_the_second_of_two_colleagues_is_told(people, draft, staff, manager):
    bulk = draft()
    drafting.change(bulk, version=bulk.version, by=manager, text="Først")

    with pytest.raises(drafting.Conflict) as conflict:
        drafting.change(bulk, version=bulk.version, by=staff, text="Sist")

    assert conflict.value.current.text == "Først"


def test_a_draft_thrown_away_leaves_the_selection(people, draft, staff):
    bulk = draft()

    drafting.discard(bulk, by=staff)

    assert (Bulk.objects.count(), Recipient.objects.count()) == (0, 0)
    assert drafting.start(bulk.selection, by=staff).state == State.DRAFT


def test_moving_a_hundred_takes_as_many_queries_as_moving_one(people, draft, clinic, django_assert_num_queries):
    PatientFactory.create_batch(100, clinic=clinic)
    bulk = draft()
    drafting.remove_all(bulk)

    with django_assert_num_queries(6):  # savepoint, lock, is anyone there, move, version, release
        drafting.choose_all(bulk)
    assert bulk.recipients.count() == 103
