"""Colleagues and patients at the same time, on PostgreSQL: threads with connections of their own, no sleeps."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from notifications.models import Notification
from patients.models import Consent, ConsentChange
from post import drafts, handling, writing
from post.models import Dialog, DialogState, Draft, Message
from tests.engine.test_races import at_once  # noqa: F401 - fixture

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def together(at_once):  # noqa: F811
    """Run functions at once; a colleague who came second is an answer, not an error."""

    def wrapped(act):
        def run():
            try:
                return act()
            except (writing.Newer, writing.Taken, writing.AlreadySent) as second:
                return second

        return run

    return lambda *acts: at_once(*[wrapped(act) for act in acts])


def kinds_of(outcomes):
    """Return the outcomes' types by name, sorted."""
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_pressing_send_in_many_windows_opens_one_dialog(kari, start, together):
    """Threat 28: the card's lock and the form's key."""
    key = uuid.uuid4()

    outcomes = together(*[lambda: start(kari, key=key)] * 8)

    assert len({message.pk for message in outcomes}) == 1
    assert (Dialog.objects.count(), Message.objects.count(), Notification.objects.count()) == (1, 1, 1)


def test_pressing_send_in_many_windows_answers_once(kari, ask, answer, together):
    """Threat 28."""
    first, key = ask(kari), uuid.uuid4()

    outcomes = together(*[lambda: answer(first, key=key, seen=first.pk)] * 8)

    assert len({message.pk for message in outcomes}) == 1
    assert Notification.objects.count() == 1


def test_of_two_colleagues_one_answers_and_the_other_is_told(kari, staff, colleague, ask, answer, together):
    """Threat 29."""
    first = ask(kari)
    keys = [uuid.uuid4(), uuid.uuid4()]

    outcomes = together(
        lambda: answer(first, by=staff, key=keys[0], seen=first.pk),
        lambda: answer(first, by=colleague, key=keys[1], seen=first.pk),
    )

    assert kinds_of(outcomes) == ["Message", "Newer"]
    assert first.dialog.messages.count() == 2


def test_an_answer_and_the_patients_message_never_lose_each_other(kari, ask, answer, reply, together):
    """The dialog's flags say what its messages say, whoever was first."""
    for _ in range(5):
        first = ask(kari, key=uuid.uuid4())
        outcomes = together(
            lambda first=first: answer(first, key=uuid.uuid4(), seen=first.pk),
            lambda first=first: reply(first, key=uuid.uuid4()),
        )
        row = Dialog.objects.get(pk=first.dialog_id)
        last = row.messages.order_by("-pk")[0]

        assert "Message" in kinds_of(outcomes)
        assert row.state == DialogState.WAITING
        assert row.is_unread
        assert last.party == "patient"


def test_consent_withdrawn_at_the_same_time_is_respected_or_came_after(kari, start, together):
    """spec B3: the card's lock decides; a message that went has its notice judged again when it is sent."""
    from patients import consent

    how, now = ConsentChange.How.PORTAL, timezone.now()
    outcomes = together(
        lambda: start(kari, key=uuid.uuid4()),
        lambda: consent.record(kari, Consent.WITHDRAWN, how=how, by=None, now=now),
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, ValidationError)]
    assert Message.objects.count() == 1 - len(refused)


def test_two_who_take_are_one_who_has_it(kari, staff, colleague, ask, together):
    """spec E4."""
    dialog = ask(kari).dialog

    outcomes = together(*[lambda by=by: handling.assign(dialog, to=by, by=by, was=None) for by in (staff, colleague)])

    assert kinds_of(outcomes) == ["ValidationError", "bool"]


def test_saves_of_one_draft_in_many_windows_leave_one(kari, staff, together):
    """The latest window wins; none fails."""

    def save(number):
        said = {"text": f"Nr. {number}", "key": uuid.uuid4(), "now": timezone.now() + timedelta(seconds=number)}
        return lambda: drafts.save(user=staff, patient=kari, dialog=None, **said)

    outcomes = together(*[save(number) for number in range(6)])

    assert kinds_of(outcomes) == ["Draft"] * 6
    assert Draft.objects.count() == 1
