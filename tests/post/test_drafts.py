"""Drafts: one for each colleague and dialog, gone when sent (spec E3)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from post import drafts
from post.models import Draft


@pytest.fixture
def save(kari, staff, key):
    """Save a draft of a new dialog."""

    def make(**said):
        known = {"user": staff, "patient": kari, "dialog": None, "text": "Halvferdig", "key": key()}
        return drafts.save(now=timezone.now(), **(known | said))

    return make


def test_there_is_one_draft_and_the_latest_window_wins(save, kari, staff):
    save(text="Først")
    save(text="Sist", subject="Emne")

    found = drafts.find(staff, kari, None)
    assert (Draft.objects.count(), found.text, found.subject) == (1, "Sist", "Emne")


def test_an_answer_and_a_new_dialog_have_a_draft_each(save, ask, kari, staff, colleague):
    dialog = ask(kari).dialog
    save()
    save(dialog=dialog, text="Svar")
    save(user=colleague, dialog=dialog, text="Kollegaens")

    assert drafts.find(staff, kari, None).text == "Halvferdig"
    assert drafts.find(staff, kari, dialog).text == "Svar"
    assert drafts.find(colleague, kari, dialog).text == "Kollegaens"


def test_a_draft_that_came_in_after_sending_is_never_shown_and_goes(save, start, kari, staff, key):
    """The browser's last save may be committed just after Send; pressing Send again removes it."""
    sent = start(kari)
    Draft.objects.create(
        clinic=kari.clinic, user=staff, patient=kari, text="Ring oss.", key=sent.key, updated_at=timezone.now()
    )

    assert drafts.find(staff, kari, None) is None
    assert start(kari, key=sent.key) == sent
    assert Draft.objects.count() == 0


def test_the_form_moves_to_another_patient_with_what_was_typed(save, kari, staff, key):
    """One form has one key, so the first patient's draft is gone."""
    from tests.factories import PatientFactory

    other, same = PatientFactory(clinic=kari.clinic), key()
    save(key=same)
    save(key=same, patient=other)

    assert drafts.find(staff, kari, None) is None
    assert drafts.find(staff, other, None).text == "Halvferdig"
