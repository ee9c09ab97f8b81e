"""A dialog's page: answer, be refused, meet a colleague, take and close (spec C4, E1–E4)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import AuditAction, AuditEvent
from patients.models import Consent, Patient
from post import handling, patient_side, writing
from post.models import Dialog, DialogState, Draft, Message, MessageTemplate
from tests.access.people import colleague, logged_in
from tests.access.world import World
from tests.factories import MembershipFactory, PersonFactory
from tests.screens.conftest import MONDAY
from tests.screens.post_forms import HTMX, new, said, taken_by, text_of, to


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """It is Monday 23 November 2026, ten o'clock in Oslo."""
    with time_machine.travel(MONDAY, tick=False):
        yield


def test_an_answer_is_sent_and_shown(dialog: Dialog, secretary: Client) -> None:
    """spec E2, E4."""
    done = secretary.post(to("answer", dialog), said(dialog))

    text = text_of(secretary.get(done["Location"]))
    assert done["Location"] == to("dialog", dialog)
    assert "Kom på tirsdag." in text
    assert "Ikke lest av pasienten ennå" in text
    assert "Svaret er sendt" in text


def test_a_receipt_shows_when_the_patient_read_it(dialog: Dialog, secretary: Client) -> None:
    """spec E4: in the clinic's time."""
    secretary.post(to("answer", dialog), said(dialog))
    Message.objects.filter(party="staff").update(read_at=timezone.now() + timedelta(minutes=15))

    assert "Lest 23.11.2026 kl. 10.15" in text_of(secretary.get(to("dialog", dialog)))


@pytest.mark.parametrize("fields", [{"email": "", "mobile": ""}, {"consent": ""}])
def test_it_is_told_while_they_write_and_refused_at_send(fields: Any, dialog: Dialog, secretary: Client) -> None:
    """spec B3, E3: shown on the page, told while writing, refused at Send, and what was written is kept."""
    Patient.objects.filter(pk=dialog.patient_id).update(**fields)
    page = text_of(secretary.get(to("dialog", dialog)))
    told = text_of(secretary.post(to("draft", dialog), said(dialog), headers=HTMX))

    refused = secretary.post(to("answer", dialog), said(dialog, text="Dette skal bli stående"))

    for text in (page, told, text_of(refused)):
        assert "Pasientvarsel ikke mulig" in text
        assert f"/pasienter/{dialog.patient_id}/" in text
        assert "disabled" in text
    assert refused.status_code == 422
    assert "Dette skal bli stående" in text_of(refused)
    assert Draft.objects.get().text == "Dette skal bli stående"
    assert "Dette skal bli stående" in text_of(secretary.get(to("dialog", dialog)))
    assert Message.objects.filter(party="staff").count() == 0


def test_mended_on_the_card_it_can_be_sent(dialog: Dialog, secretary: Client) -> None:
    """spec E3: the draft waits."""
    Patient.objects.filter(pk=dialog.patient_id).update(email="", mobile="")
    secretary.post(to("answer", dialog), said(dialog))
    Patient.objects.filter(pk=dialog.patient_id).update(email="kari@example.com")

    told = text_of(secretary.post(to("draft", dialog), said(dialog), headers=HTMX))
    done = secretary.post(to("answer", dialog), said(dialog))

    assert "Pasientvarsel ikke mulig" not in told
    assert "disabled" not in told
    assert done.status_code == 302
    assert Draft.objects.count() == 0


def test_an_answer_to_what_a_colleague_has_closed_is_told_and_kept(dialog: Dialog, secretary: Client) -> None:
    """What was written waits for the dialog to be opened again."""
    secretary.post(to("close", dialog))
    refused = secretary.post(to("answer", dialog), said(dialog))
    secretary.post(to("reopen", dialog))

    assert refused.status_code == 422
    assert "Gjenåpne den før du svarer" in text_of(refused)
    assert "Kom på tirsdag." in text_of(secretary.get(to("dialog", dialog)))


def test_an_empty_answer_is_explained(dialog: Dialog, secretary: Client) -> None:
    for text in ("", "   ", "\u202e\u200b\x00"):
        refused = secretary.post(to("answer", dialog), said(dialog, text=text))
        assert refused.status_code == 422
        assert "Skriv en melding før du sender" in text_of(refused)


def test_the_second_of_two_sees_the_first_and_keeps_the_text(here: World, dialog: Dialog, secretary: Client) -> None:
    """Threat 29: 409 with the new message; sending again goes on top of it."""
    mine, theirs = said(dialog, text="Mitt svar"), said(dialog, text="Kollegaens svar")
    logged_in(colleague(here.clinic)).post(to("answer", dialog), theirs)
    handling.assign(dialog, to=None, by=MembershipFactory(clinic=here.clinic).user, was=taken_by(dialog))

    refused = secretary.post(to("answer", dialog), mine)
    seen = re.search(r'name="seen" value="(\d+)"', refused.content.decode())
    done = secretary.post(to("answer", dialog), mine | {"seen": seen[1] if seen else ""})

    assert refused.status_code == 409
    assert "Noen har skrevet i dialogen mens du skrev" in text_of(refused)
    assert "Kollegaens svar" in text_of(refused)
    assert "Mitt svar" in text_of(refused)
    assert done.status_code == 302


def test_a_colleagues_dialog_is_answered_with_a_tick(here: World, dialog: Dialog, secretary: Client) -> None:
    """spec E4."""
    Dialog.objects.update(taken_by=MembershipFactory(clinic=here.clinic).user)

    asked = secretary.post(to("answer", dialog), said(dialog))
    done = secretary.post(to("answer", dialog), said(dialog, knowingly="on"))

    assert asked.status_code == 409
    assert "Svar likevel" in text_of(asked)
    assert "Kom på tirsdag." in text_of(asked)
    assert done.status_code == 302


def test_pressing_send_twice_sends_once_and_another_text_is_told(dialog: Dialog, secretary: Client) -> None:
    """Threat 28."""
    form = said(dialog)
    answers = [secretary.post(to("answer", dialog), form) for _ in range(2)]
    other = secretary.post(to("answer", dialog), form | {"text": "Noe annet"})

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Message.objects.filter(party="staff").count() == 1
    assert other.status_code == 409
    assert "Meldingen er alt sendt" in text_of(other)
    assert "Noe annet" in text_of(other)
    assert Draft.objects.count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ patient.person.national_number }}",
        "{0.__class__} %s ${x}",
        "=cmd|' /C calc'!A0",
    ],
)
def test_free_text_arrives_literally(text: str, here: World, dialog: Dialog, secretary: Client) -> None:
    """Threats 14, 16: in text, subject and template; stored as typed, and escaped on every page."""
    secretary.post(to("answer", dialog), said(dialog, text=text))
    secretary.post(reverse("post:new"), new(here, subject=text[:100], text=text))
    secretary.post(reverse("post:template_new"), {"name": text[:60], "subject": text, "text": text})

    made = Dialog.objects.latest("pk")
    pages = [to("dialog", dialog), to("dialog", made), reverse("post:inbox") + "?vis=alle", reverse("post:templates")]
    shown = [secretary.get(page).content.decode() for page in pages]
    assert set(Message.objects.filter(party="staff").values_list("text", flat=True)) == {text}
    assert (made.subject, MessageTemplate.objects.latest("pk").text) == (text[:100], text)
    for page in shown:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert all("{{ patient" in page for page in shown[:2]) or "{{" not in text


def test_subjects_are_one_line_without_tricks(here: World, dialog: Dialog, secretary: Client) -> None:
    """Threat 15."""
    secretary.post(reverse("post:new"), new(here, subject="Svar\r\nBcc: alle@example.com\u202e\x00"))

    assert Dialog.objects.latest("pk").subject == "Svar Bcc: alle@example.com"


def test_looking_marks_nothing_and_the_page_posts_that_it_was_read(dialog: Dialog, secretary: Client) -> None:
    """Threat 9: with script by itself, without by a button."""
    page = text_of(secretary.get(to("dialog", dialog)))
    assert Dialog.objects.get().is_unread
    assert 'hx-trigger="load, submit"' in page

    told = secretary.post(to("mark", dialog), {"read": "1"}, headers=HTMX)

    assert "Marker som ulest" in text_of(told)
    assert not Dialog.objects.get().is_unread
    assert secretary.post(to("mark", dialog), {"unread": "1"})["Location"] == reverse("post:inbox")
    assert Dialog.objects.get().is_unread


def written_meanwhile(dialog: Dialog) -> Message:
    """The patient writes after the page was shown."""
    person = PersonFactory()
    Patient.objects.filter(pk=dialog.patient_id).update(person=person, consent=Consent.GIVEN)
    patient_side.answer_by_patient(dialog, person=person, text="Det haster: smerter i brystet.", key=uuid.uuid4())
    return Message.objects.latest("pk")


def test_what_came_after_the_page_was_shown_stays_unread(dialog: Dialog, secretary: Client) -> None:
    """spec E4: the page says what it showed, and only that is read."""
    page = text_of(secretary.get(to("dialog", dialog)))
    seen = writing.newest(dialog)
    later = written_meanwhile(dialog)

    told = text_of(secretary.post(to("mark", dialog), {"read": "1", "seen": seen}, headers=HTMX))

    assert page.count(f'name="seen" value="{seen}"') == 3  # read, close and answer
    assert Dialog.objects.get().is_unread
    assert Message.objects.get(pk=seen).read_at
    assert Message.objects.get(pk=later.pk).read_at is None
    assert "Vis ny melding" in told
    assert "hx-trigger" not in told


def test_a_dialog_is_not_closed_over_what_nobody_has_read(dialog: Dialog, secretary: Client) -> None:
    """spec E4: what the patient wrote meanwhile is shown first."""
    seen = writing.newest(dialog)
    later = written_meanwhile(dialog)

    done = secretary.post(to("close", dialog), {"seen": seen}, follow=True)

    assert "Ikke avsluttet: noen har skrevet i mellomtiden" in text_of(done)
    assert "smerter i brystet" in text_of(done)
    assert Dialog.objects.get().state == DialogState.WAITING
    assert Message.objects.get(pk=later.pk).read_at is None


def test_opening_a_dialog_is_logged(dialog: Dialog, secretary: Client) -> None:
    """Threat 34."""
    secretary.get(to("dialog", dialog))

    line = AuditEvent.objects.get(action=AuditAction.DIALOG)
    assert (line.what, line.patient_id) == (f"read {dialog.pk}", dialog.patient_id)


def test_take_hand_over_and_let_go(here: World, user: Any, dialog: Dialog, secretary: Client) -> None:
    """spec E4."""
    other = MembershipFactory(clinic=here.clinic).user
    steps = [(user.pk, ""), (other.pk, user.pk), ("", other.pk)]
    owners = []
    for wanted, was in steps:
        secretary.post(to("assign", dialog), {"to": wanted, "was": was})
        owners.append(taken_by(dialog))
    secretary.post(to("assign", dialog), {"to": other.pk, "was": other.pk})

    assert owners == [user.pk, other.pk, None]
    assert "i mellomtiden tatt av ingen" in text_of(secretary.get(to("dialog", dialog)))
    assert secretary.post(to("assign", dialog), {"to": MembershipFactory().user.pk}).status_code == 404


def test_closing_can_be_undone(dialog: Dialog, secretary: Client) -> None:
    secretary.post(to("close", dialog))
    page = text_of(secretary.get(to("dialog", dialog)))
    secretary.post(to("reopen", dialog), {"version": 0})

    assert to("reopen", dialog) in page
    assert "Gjenåpne den for å svare" in page
    assert Dialog.objects.get().state == DialogState.WAITING


def test_a_deadline_and_that_it_is_over_are_shown(dialog: Dialog, secretary: Client) -> None:
    Dialog.objects.update(kind="e_consultation", answer_by=timezone.now() + timedelta(hours=1))
    before = text_of(secretary.get(to("dialog", dialog)))
    Dialog.objects.update(answer_by=timezone.now() - timedelta(hours=1))
    after = text_of(secretary.get(to("dialog", dialog)))
    box = text_of(secretary.get(reverse("post:inbox")))

    assert "mandag 23. november kl. 11.00" in before
    assert "23.11.2026 kl. 09.00, oversittet" in after
    assert "Svarfristen var 23.11. 09:00" in box
