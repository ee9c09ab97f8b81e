"""Take, hand over, read, close and reopen (spec E4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinics.models import AuditAction, AuditEvent, Membership
from post import handling
from post.models import Dialog, DialogKind, DialogState
from tests.factories import UserFactory


def test_take_hand_over_and_release(kari, staff, colleague, ask):
    """spec E4: each step once, and logged."""
    dialog = ask(kari).dialog

    done = [
        handling.assign(dialog, to=staff, by=staff, was=None),
        handling.assign(dialog, to=staff, by=staff, was=None),
        handling.assign(dialog, to=colleague, by=staff, was=staff.pk),
        handling.assign(dialog, to=None, by=colleague, was=colleague.pk),
    ]

    assert done == [True, False, True, True]
    lines = AuditEvent.objects.filter(action=AuditAction.DIALOG, what__startswith="taken").order_by("pk")
    assert [line.what for line in lines] == [
        f"taken by {staff.pk} {dialog.pk}",
        f"taken by {colleague.pk} {dialog.pk}",
        f"taken by nobody {dialog.pk}",
    ]


def test_the_second_to_take_is_told_who_was_first(kari, staff, colleague, ask):
    """Threat 29."""
    dialog = ask(kari).dialog
    handling.assign(dialog, to=colleague, by=colleague, was=None)

    with pytest.raises(ValidationError, match="tatt av Kari Holm"):
        handling.assign(dialog, to=staff, by=staff, was=None)

    assert Dialog.objects.get().taken_by == colleague


def test_only_colleagues_are_handed_anything(kari, staff, colleague, ask):
    """spec A7."""
    dialog = ask(kari).dialog
    Membership.objects.filter(user=colleague).update(is_active=False)

    for outsider in (UserFactory(), colleague):
        with pytest.raises(ValidationError, match="arbeider ikke"):
            handling.assign(dialog, to=outsider, by=staff, was=None)


def test_reading_is_noted_for_every_message(kari, staff, ask, reply):
    """spec E4."""
    first = ask(kari)
    reply(first)

    assert [handling.read_by_staff(first.dialog, by=staff) for _ in range(2)] == [2, 0]
    assert not Dialog.objects.get().is_unread


def test_a_dialog_is_put_back_among_the_unread(kari, staff, ask, start):
    """spec E4: for a colleague to see; not one in which the patient has never written."""
    asked, told = ask(kari).dialog, start(kari).dialog
    handling.read_by_staff(asked, by=staff)

    assert handling.mark_unread(asked, by=staff)
    assert not handling.mark_unread(told, by=staff)
    assert list(Dialog.objects.unread()) == [asked]


def test_closing_and_reopening_ends_where_it_stood(kari, staff, ask, reply, answer, start, clock):
    """spec E4: the messages say where it stands, the deadline included."""
    first = ask(kari, DialogKind.E_CONSULTATION)
    waiting, deadline = first.dialog, timezone.now() + timedelta(days=5)
    clock.shift(timedelta(hours=1))
    reply(first)
    asked = ask(kari)
    answer(asked)
    sent = start(kari).dialog
    states = {waiting: DialogState.WAITING, asked.dialog: DialogState.ANSWERED, sent: DialogState.SENT}

    for dialog, state in states.items():
        assert [handling.close(dialog, by=staff) for _ in range(2)] == [True, False]
        dialog.refresh_from_db()
        assert (dialog.state, dialog.is_unread, dialog.answer_by) == (DialogState.CLOSED, False, None)
        clock.shift(timedelta(hours=1))
        assert [handling.reopen(dialog, by=staff) for _ in range(2)] == [True, False]
        dialog.refresh_from_db()
        assert dialog.state == state

    waiting.refresh_from_db()
    assert waiting.answer_by == deadline
