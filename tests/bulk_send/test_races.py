"""Colleagues and workers at the same time, on PostgreSQL: threads with connections of their own (spec I6)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from bulk_send import confirming, drafting, planning, stopping
from bulk_send.confirming import CannotSend
from bulk_send.drafting import Conflict
from bulk_send.models import Bulk, Recipient, State, Type
from economy.models import BillingCard
from economy.tariff import Tariff
from notifications.models import Notification
from post.models import Dialog
from tests.bulk_send.conftest import portal_patient
from tests.engine.test_races import at_once  # noqa: F401 - a fixture
from tests.factories import TariffFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def told(act):
    """Return what the act gave, or the name of the refusal."""

    def run():
        try:
            return act()
        except (CannotSend, Conflict) as refused:
            return type(refused).__name__

    return run


@pytest.fixture
def crowd(clinic, doctor):
    """Twelve whom both types reach; a flushed database has no tariff."""
    if not Tariff.objects.filter(code="1be").exists():
        TariffFactory(code="1be", fee_ore=6_500, refund_ore=6_500, patient_ore=0)
    return [portal_patient(clinic, general_practitioner=doctor) for _ in range(12)]


def test_twenty_presses_at_once_make_one_bulk(crowd, draft, staff, clock, at_once):  # noqa: F811
    bulk = draft(Type.ECONTACT)
    said = {"version": bulk.version, "by": staff, "now": timezone.now(), "accepts_cards": True}

    answers = at_once(*[lambda: confirming.confirm(bulk, **said)] * 20)

    assert {answer.digest for answer in answers} == {Bulk.objects.get().digest}
    planning.run(timezone.now() + timedelta(seconds=30))
    assert (Dialog.objects.count(), BillingCard.objects.count(), Notification.objects.count()) == (12, 12, 12)


def test_two_bulks_cannot_pass_the_limit_together(crowd, draft, staff, clock, clinic, select, at_once):  # noqa: F811
    """Peers 4.5: a limit read, then counted."""
    type(clinic).objects.update(bulk_daily_limit=20)
    bulks = [draft(selection=select()) for _ in range(4)]

    acts = [told(lambda one=one: send(one, staff)) for one in bulks]

    assert Counter(map(str, at_once(*acts))) == {"countdown": 1, "CannotSend": 3}


def send(bulk, staff):
    """Press Send; returns where the bulk stands."""
    return confirming.confirm(bulk, version=bulk.version, by=staff, now=timezone.now()).state.value


def test_many_workers_make_each_recipient_once(crowd, draft, send, clock, at_once):  # noqa: F811
    """Without a lock held over its slice, a bulk would be made by all of them."""
    bulk = send(draft(Type.ECONTACT))
    due = timezone.now() + timedelta(seconds=30)

    def work():
        return sum(planning.make_slice(bulk.pk, due, 2) for _ in range(8))

    made = at_once(*[work] * 4)

    while planning.run(due, 2):
        pass
    bulk.refresh_from_db()
    assert sum(made) <= 12
    assert bulk.state == State.DONE
    assert sorted(BillingCard.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert Dialog.objects.count() == Notification.objects.count() == 12


def test_stop_and_the_worker_never_both_have_a_recipient(crowd, draft, send, clock, staff, at_once):  # noqa: F811
    bulk = send(draft(Type.ECONTACT))
    due = timezone.now() + timedelta(seconds=30)

    at_once(
        lambda: [planning.make_slice(bulk.pk, due, 2) for _ in range(6)],
        lambda: stopping.stop(bulk, by=staff, now=due),
    )

    planned = set(Recipient.objects.filter(state="planned").values_list("pk", flat=True))
    assert set(Dialog.objects.values_list("origin", flat=True)) == planned
    assert set(BillingCard.objects.values_list("origin", flat=True)) == planned
    assert Recipient.objects.filter(state__in=["planned", "stopped"]).count() == 12


def test_undo_and_the_worker_never_both_win(crowd, draft, send, clock, staff, at_once):  # noqa: F811
    bulk = send(draft(Type.ECONTACT))
    due = bulk.release_at

    at_once(
        lambda: planning.make_slice(bulk.pk, due),
        lambda: stopping.undo(bulk, by=staff, now=due - timedelta(microseconds=1)),
    )

    bulk.refresh_from_db()
    assert Dialog.objects.count() == (0 if bulk.is_draft else 12)


def test_colleagues_who_move_the_same_people_move_them_once(crowd, draft, clock, at_once):  # noqa: F811
    bulk = draft()
    drafting.remove_all(bulk)

    at_once(*[told(lambda: drafting.choose_all(bulk))] * 6)

    assert bulk.recipients.count() == 12


def test_a_tab_that_moves_after_send_changes_nothing(crowd, draft, send, clock, at_once, staff):  # noqa: F811
    bulk = draft()
    said = {"version": bulk.version, "by": staff, "now": timezone.now()}

    answers = at_once(
        told(lambda: confirming.confirm(bulk, **said).size), told(lambda: drafting.remove_all(bulk) or "removed")
    )

    bulk.refresh_from_db()
    assert answers in ([12, "Conflict"], ["CannotSend", "removed"])
    assert bulk.recipients.count() == (0 if bulk.is_draft else 12)
