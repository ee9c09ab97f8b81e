"""What a reviewer with fresh eyes found, each once (spec C4, H4, I4-I7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from bulk_send import drafting, guard, planning, progress, resending, stopping, summary
from bulk_send.confirming import CannotSend
from bulk_send.models import Bulk, State, Type
from notifications import reconcile
from notifications.kinds import Reason
from notifications.providers.base import Outcome
from patients.models import Patient
from selection import communication
from selection.models import Selection
from tests.factories import PatientFactory, TariffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def refusing(sms):
    """Let the provider refuse these numbers."""
    numbers: set[str] = set()
    sms.answers = lambda message: (
        Outcome.refused(Reason.BLOCKED) if message.recipient in numbers else Outcome.accepted("id")
    )
    return numbers


def test_sending_again_twice_begins_one_bulk(people, draft, send, work, refusing, staff, manager):
    refusing.update(person.mobile for person in people)
    bulk = send(draft())
    work()

    first, second = resending.begin(bulk, by=staff), resending.begin(bulk, by=manager)

    assert first == second
    assert Bulk.objects.filter(resend_of=bulk).count() == 1


def test_those_told_by_the_second_bulk_are_left_in_peace(people, draft, send, work, refusing, sms, staff):
    refusing.update(person.mobile for person in people)
    bulk = send(draft())
    work()
    refusing.clear()
    refusing.add(people[0].mobile)
    send(resending.begin(bulk, by=staff))
    work()
    bulk.refresh_from_db()

    assert [row.patient for row in resending.untold(bulk)] == [people[0]]
    assert resending.can_resend(bulk)


def test_one_whose_sms_may_have_gone_is_not_sent_to_again(people, draft, send, work, sms, staff, clock):
    sms.answers = lambda message: Outcome.unknown(Reason.NO_ANSWER)
    bulk = send(draft())
    work()
    clock.shift(timedelta(hours=1))
    reconcile.clear_unknown(timezone.now())
    bulk.refresh_from_db()

    assert progress.of(bulk).uncertain == 3
    assert resending.begin(bulk, by=staff) is None


def test_the_cap_counts_bulks_that_wait(people, draft, send, select):
    """Confirmed within the same thirty seconds."""
    for _ in range(3):
        send(draft(selection=select()))

    with pytest.raises(CannotSend):
        send(draft(selection=select()))


def test_an_sms_too_long_for_the_provider_is_refused_for_the_longest_name(people, draft, send, clinic):
    PatientFactory(clinic=clinic, given_name="N" * 100)

    with pytest.raises(ValidationError, match="1600"):
        send(draft(text="x" * 1_550 + "{fornavn}"))
    assert send(draft(text="x" * 1_500 + "{fornavn}")).size == 4


def test_a_bulk_that_raises_holds_up_no_other(people, draft, send, select, clock, monkeypatch):
    broken, whole = send(draft()), send(draft(selection=select()))
    make = planning.make_slice

    def breaks(pk, *rest):
        if pk == broken.pk:
            raise RuntimeError("broken")
        return make(pk, *rest)

    monkeypatch.setattr(planning, "make_slice", breaks)
    planning.run(timezone.now() + timedelta(seconds=30))

    assert whole.recipients.filter(state="planned").count() == 3


def test_a_bulk_held_up_for_a_day_is_not_made(people, draft, send, work, sms):
    bulk = send(draft())
    work(seconds=24 * 3600)

    assert not sms.sent
    assert set(bulk.recipients.values_list("reason", flat=True)) == {Reason.TOO_LATE}


def test_a_subject_takes_no_placeholders(people, draft, send):
    with pytest.raises(ValidationError) as refused:
        send(draft(Type.ECONTACT, subject="Time hos {klinikk}"))

    assert list(refused.value.message_dict) == ["subject"]


def test_a_tariff_to_come_is_not_shown_yet(people, draft, send, clinic, clock):
    TariffFactory(
        code="1be",
        valid_from=timezone.now().date() + timedelta(days=30),
        fee_ore=11_500,
        refund_ore=11_500,
        patient_ore=0,
    )

    assert summary.takst(clinic).fee_ore == 6_500
    assert str(send(draft(Type.ECONTACT)).tariff_on) == "2020-07-01"


def test_an_undone_bulk_is_settled(people, draft, send, staff, clock):
    bulk = send(draft())
    Bulk.objects.create(clinic=bulk.clinic, selection=bulk.selection, created_by=staff)
    stopping.undo(bulk, by=staff, now=timezone.now())
    bulk.refresh_from_db()

    found = progress.of(bulk)
    assert (bulk.state, found.is_settled, found.on_the_way, found.told) == (State.UNDONE, True, 0, 0)


def test_the_column_remembers_that_someone_was_told(people, draft, send, work, sms, select, clinic):
    send(draft())
    work()
    again = draft(selection=select())
    Patient.objects.filter(pk=people[0].pk).update(consent="withdrawn")
    send(again)
    work()

    column = communication.about(clinic, Selection.objects.all(), [people[0].pk])
    assert column[people[0].pk].told


def test_moving_everyone_back_is_one_statement(people, draft, clinic, django_assert_num_queries):
    PatientFactory.create_batch(30, clinic=clinic)
    bulk = draft()

    with django_assert_num_queries(5):  # savepoint, lock, delete, version, release
        drafting.remove_all(bulk)


@pytest.mark.parametrize("word", ["lungekreft", "brystkreft-screening", "type2-diabetes", "langtidsinsulin"])
def test_compounds_are_seen_by_the_guard(word):
    """spec C4."""
    assert guard.warnings(f"Time for {word} er ledig")


def test_what_word_processors_leave_behind_is_tidied(people, draft, staff):
    bulk, _ = drafting.change(bulk := draft(), version=bulk.version, by=staff, text="Sams\u00adpill\u2028her 👩\u200d⚕️")

    assert bulk.text == "Samspill her 👩\u200d⚕️"


def test_those_being_notified_now_are_known(people, draft, send, work, sms, clock, clinic):
    """So that the risk overview can leave them out before the provider has answered."""
    bulk = send(draft())
    everyone = {person.pk for person in people}

    assert set(communication.addressed(clinic, Selection.objects.all())) == everyone
    clock.shift(timedelta(seconds=30))
    planning.run(timezone.now())
    assert set(communication.addressed(clinic, Selection.objects.all())) == everyone
    work(seconds=0)
    assert not communication.addressed(clinic, Selection.objects.all())
    assert bulk.recipients.count() == 3
