"""A new dialog, drafts, templates, files and kinds (spec A7, E1–E3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinics.models import AuditAction, AuditEvent, Clinic, Role
from patients.models import Patient
from post.models import Attachment, Dialog, Draft, KindSwitch, Message, MessageTemplate
from tests.access.people import colleague, logged_in
from tests.access.world import World
from tests.factories import MembershipFactory, PatientFactory
from tests.post import files
from tests.screens.conftest import MONDAY
from tests.screens.post_forms import HTMX, new, said, text_of, to


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """It is Monday 23 November 2026, ten o'clock in Oslo."""
    with time_machine.travel(MONDAY, tick=False):
        yield


def test_a_new_dialog_opens(here: World, dialog: Dialog, secretary: Client) -> None:
    """spec E2."""
    done = secretary.post(reverse("post:new"), new(here))

    made = Dialog.objects.latest("pk")
    assert done["Location"] == to("dialog", made)
    assert (made.subject, made.patient, made.taken_by_id is None) == ("Prøvesvar", here.patient, False)


@pytest.mark.parametrize(
    ("field", "words"), [("patient", "Velg en pasient"), ("subject", "Skriv et emne"), ("text", "Skriv en melding")]
)
def test_what_is_missing_is_explained_and_the_rest_kept(
    field: str,
    words: str,
    here: World,
    dialog: Dialog,
    secretary: Client,
) -> None:
    refused = secretary.post(reverse("post:new"), new(here) | {field: ""})

    text = text_of(refused)
    assert refused.status_code == 422
    assert words in text
    assert ("Alt er fint." in text) == (field != "text")
    assert ("Prøvesvar" in text) == (field != "subject")


def test_a_patient_is_found_and_everything_typed_stays(here: World, dialog: Dialog, secretary: Client) -> None:
    """Works without script; the search is logged."""
    typed = new(here, patient="", patient_text="kanari")
    hits = secretary.post(reverse("post:new"), typed | {"find": "1"})
    picked = secretary.post(reverse("post:new"), typed | {"pick": here.patient.pk})

    for page in (text_of(hits), text_of(picked)):
        assert "Alt er fint." in page
        assert "Prøvesvar" in page
    assert f'name="pick" value="{here.patient.pk}"' in text_of(hits)
    assert "Velg en annen" in text_of(picked)
    assert AuditEvent.objects.filter(action=AuditAction.SEARCH, patient_id=here.patient.pk).exists()


def test_a_new_dialog_to_an_unreachable_patient_is_refused_and_kept(
    here: World,
    dialog: Dialog,
    secretary: Client,
) -> None:
    """spec E3."""
    patient = PatientFactory(clinic=here.clinic, email="", mobile="")
    page = text_of(secretary.get(f"{reverse('post:new')}?pasient={patient.pk}"))
    refused = secretary.post(reverse("post:new"), new(here, patient=patient.pk))
    back = text_of(secretary.get(f"{reverse('post:new')}?pasient={patient.pk}"))

    assert "Pasientvarsel ikke mulig" in page
    assert reverse("patients:contact", args=[patient.pk]) in page
    assert refused.status_code == 422
    assert "Alt er fint." in back
    assert "Prøvesvar" in back
    assert Dialog.objects.count() == 1


def test_a_kind_that_is_not_used_is_told(here: World, secretary: Client, manager: Client) -> None:
    """spec E1: with the way out for those who may."""
    refused = secretary.post(reverse("post:new"), new(here))

    assert "Klinikken bruker ikke e-dialog" in text_of(secretary.get(reverse("post:new")))
    assert refused.status_code == 422
    assert reverse("post:kinds") in text_of(manager.get(reverse("post:new")))


def test_while_the_module_is_off_it_is_said_that_no_notice_goes(dialog: Dialog, secretary: Client) -> None:
    """spec A3."""
    Clinic.objects.update(post_notices=False)

    assert "Varsler er av for modulen Post" in text_of(secretary.get(to("dialog", dialog)))


def test_the_draft_is_ones_own_and_comes_back(here: World, dialog: Dialog, secretary: Client) -> None:
    """spec E3."""
    told = secretary.post(to("draft", dialog), said(dialog, text="Halvferdig"), headers=HTMX)

    assert "Kladd lagret 23.11. kl. 10.00" in text_of(told)
    assert "Halvferdig" in text_of(secretary.get(to("dialog", dialog)))
    assert "Halvferdig" not in text_of(logged_in(colleague(here.clinic)).get(to("dialog", dialog)))


def test_saving_the_draft_leaves_the_send_button_alone_until_it_changes(dialog: Dialog, secretary: Client) -> None:
    """spec E3: a button that is replaced between a press and its release sends nothing."""

    def told(was_blocked: str) -> str:
        answer = secretary.post(to("draft", dialog), said(dialog, was_blocked=was_blocked), headers=HTMX)
        return text_of(answer)

    unchanged, mended = told(""), told("1")
    Patient.objects.filter(pk=dialog.patient_id).update(email="", mobile="")
    gone, still_gone = told(""), told("1")

    assert ["#send-button" in page for page in (unchanged, mended, gone, still_gone)] == [False, True, True, False]
    assert "disabled" in gone
    assert "disabled" not in mended


def test_a_draft_saved_just_after_send_is_no_draft(dialog: Dialog, secretary: Client) -> None:
    """The browser's last save may come in late."""
    form = said(dialog)
    secretary.post(to("answer", dialog), form)
    secretary.post(to("draft", dialog), form, headers=HTMX)

    assert Draft.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x", "00000000-0000-0000-0000-00000000000g"])
def test_a_form_without_its_key_is_refused(key: str, dialog: Dialog, secretary: Client) -> None:
    refused = secretary.post(to("answer", dialog), said(dialog, key=key))

    assert refused.status_code == 422
    assert "Kom på tirsdag." in text_of(refused)


def test_a_template_is_put_after_what_is_written(here: World, dialog: Dialog, secretary: Client) -> None:
    """Without script as with; only the fixed words are filled in."""
    row = MessageTemplate.objects.create(
        clinic=here.clinic, name="Hilsen", text="Hei [fornavn]. {{ x }} {0} [ukjent] Hilsen [klinikk]"
    )
    done = secretary.post(to("answer", dialog), said(dialog, text="Først.", insert="1", template=row.pk))

    assert done["Location"] == f"{to('dialog', dialog)}#id_text"
    assert Draft.objects.get().text == f"Først.\n\nHei Lillian. {{{{ x }}}} {{0}} [ukjent] Hilsen {here.clinic.name}"
    assert Message.objects.filter(party="staff").count() == 0


def test_a_template_of_a_colleague_is_unknown(here: World, dialog: Dialog, secretary: Client) -> None:
    """Private means private (spec A7)."""
    owner = MembershipFactory(clinic=here.clinic).user
    row = MessageTemplate.objects.create(clinic=here.clinic, owner=owner, name="Privat mal", text="Hemmelig")

    for response in (
        secretary.get(reverse("post:template_edit", args=[row.pk])),
        secretary.post(reverse("post:template_delete", args=[row.pk])),
        secretary.post(to("answer", dialog), said(dialog, insert="1", template=row.pk)),
    ):
        assert response.status_code == 404
    assert "Privat mal" not in text_of(secretary.get(reverse("post:templates")))
    assert "Privat mal" not in text_of(secretary.get(to("dialog", dialog)))


def test_common_templates_are_the_managers(here: World, secretary: Client, manager: Client) -> None:
    """spec A7."""
    form = {"name": "Ny mal", "subject": "", "text": "Hei"}

    assert secretary.post(reverse("post:common_new"), form).status_code == 403
    assert secretary.post(reverse("post:template_edit", args=[here.template.pk]), form).status_code == 404
    assert manager.post(reverse("post:common_new"), form).status_code == 302
    again = manager.post(reverse("post:common_new"), form)
    assert "Det finnes alt en mal med dette navnet" in text_of(again)
    assert secretary.post(reverse("post:template_new"), form).status_code == 302  # one's own may share the name
    assert manager.post(reverse("post:template_delete", args=[here.template.pk])).status_code == 302
    assert MessageTemplate.objects.filter(pk=here.template.pk).count() == 0


def test_files_are_kept_with_the_draft_and_sent(dialog: Dialog, secretary: Client) -> None:
    """Attached, removed, and sent with the message."""
    one, two = (SimpleUploadedFile(name, b"Hei") for name in ("en.txt", "to.txt"))
    secretary.post(to("answer", dialog), said(dialog, attach="1", uploads=[one, two]))
    kept = list(Attachment.objects.filter(draft__isnull=False))
    secretary.post(to("answer", dialog), said(dialog, remove=kept[0].pk))
    secretary.post(to("answer", dialog), said(dialog, uploads=[SimpleUploadedFile("tre.png", files.png())]))

    sent = Message.objects.get(party="staff")
    assert [file.name for file in sent.attachments.all()] == ["to.txt", "tre.png"]
    assert Draft.objects.count() == 0


def test_a_refused_file_is_explained_at_its_field_and_the_text_kept(dialog: Dialog, secretary: Client) -> None:
    """Nothing is sent, and what was typed stays."""
    refused = secretary.post(
        to("answer", dialog), said(dialog, uploads=[SimpleUploadedFile("bilder.zip", files.archive())])
    )

    text = text_of(refused)
    assert refused.status_code == 422
    assert 'id="id_uploads_error"' in text
    assert "bilder.zip: Arkiver" in text
    assert "Kom på tirsdag." in text
    assert Message.objects.filter(party="staff").count() == 0
    assert Attachment.objects.filter(draft__isnull=False).count() == 0


def test_a_file_is_saved_and_never_shown(here: World, dialog: Dialog, secretary: Client) -> None:
    """Threats 1, 20: attachment, nosniff, sandbox, no-store; logged."""
    response = secretary.get(reverse("post:attachment", args=[here.attachment.pk]))

    assert b"".join(response.streaming_content) == b"Hei"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    assert AuditEvent.objects.filter(what=f"attachment {here.attachment.pk}", patient_id=dialog.patient_id).exists()


def test_a_drafts_file_is_its_writers_alone(here: World, dialog: Dialog, secretary: Client) -> None:
    secretary.post(to("answer", dialog), said(dialog, attach="1", uploads=[SimpleUploadedFile("en.txt", b"Hei")]))
    url = reverse("post:attachment", args=[Attachment.objects.get(draft__isnull=False).pk])

    assert secretary.get(url).status_code == 200
    assert logged_in(colleague(here.clinic, Role.MANAGER)).get(url).status_code == 404


def test_another_drafts_file_cannot_be_removed(here: World, dialog: Dialog, secretary: Client) -> None:
    """Threat 1: nor one that has been sent."""
    other = logged_in(colleague(here.clinic))
    other.post(to("answer", dialog), said(dialog, attach="1", uploads=[SimpleUploadedFile("en.txt", b"Hei")]))
    theirs = Attachment.objects.get(draft__isnull=False)

    for file in (theirs, here.attachment):
        assert secretary.post(to("answer", dialog), said(dialog, remove=file.pk)).status_code == 404
    assert Attachment.objects.count() == 2


def test_attaching_the_same_file_twice_attaches_it_once(dialog: Dialog, secretary: Client) -> None:
    for content in (b"Hei", b"Hei", b"Noe annet"):
        file = SimpleUploadedFile("en.txt", content)
        secretary.post(to("answer", dialog), said(dialog, attach="1", uploads=[file]))

    assert Attachment.objects.filter(draft__isnull=False).count() == 2


def test_files_are_counted_over_the_whole_draft(dialog: Dialog, secretary: Client, settings: Any) -> None:
    settings.ATTACHMENT_MAX_COUNT = 2
    answers = [
        secretary.post(to("answer", dialog), said(dialog, attach="1", uploads=[SimpleUploadedFile(name, b"Hei")]))
        for name in ("en.txt", "to.txt", "tre.txt")
    ]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "høyst 2 vedlegg" in text_of(answers[2])
    assert "to.txt" in text_of(answers[2])


def test_a_draft_is_thrown_away(dialog: Dialog, secretary: Client) -> None:
    secretary.post(to("draft", dialog), said(dialog), headers=HTMX)
    secretary.post(to("answer", dialog), said(dialog, discard="1"))

    assert Draft.objects.count() == 0


def test_the_manager_switches_kinds(here: World, manager: Client) -> None:
    """spec E1: the four kinds, e-contact not among them."""
    manager.post(reverse("post:kinds"), {"kind": "prescription", "on": "1"})
    manager.post(reverse("post:kinds"), {"kind": "e_contact", "on": "1"})

    assert list(KindSwitch.objects.filter(is_on=True).values_list("kind", flat=True)) == ["prescription"]
    assert text_of(manager.get(reverse("post:kinds"))).count("Ta i bruk") == 3 + 1  # three buttons and the heading
