"""What a patient has begun to write: kept, the writer's alone, gone when it is sent (spec K2)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.proxy_models import Proxy
from portal import drafts, tasks
from portal.draft_models import PatientDraft
from portal.models import Session
from post.models import DialogKind, KindSwitch, Message
from tests.access.people import colleague
from tests.portal.visitors import Side, logged_in, person_with

TYPED = "Det klør fremdeles, <b>hva</b> nå?"
NEW = reverse("portal:new_dialog")


@pytest.fixture(autouse=True)
def kinds(mine: Side) -> None:
    KindSwitch.objects.create(clinic=mine.patient.clinic, kind=DialogKind.E_DIALOG, is_on=True)


def key_in(client: Client, address: str) -> str:
    """Return the key of the form on the page."""
    return str(client.get(address).context["form"]["key"].value())


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_answer_is_kept_over_log_out_until_it_is_sent(visitor: Client, mine: Side) -> None:
    """By the button alone, without JavaScript: seen again after a new log-in, and gone with Send."""
    address = reverse("portal:dialog", args=[mine.dialog.pk])
    said: dict[str, Any] = {"text": TYPED, "key": key_in(visitor, address), "seen": 0}

    file = SimpleUploadedFile("arm.txt", b"Utslett.")
    saved = visitor.post(address, said | {"save": "1", "uploads": [file]}, follow=True).content.decode()
    Session.objects.all().delete()
    again = logged_in(mine.person)
    shown = page(again, address)

    assert "Utkastet er lagret." in saved
    assert "Vedlegg følger ikke med utkastet." in saved
    assert "&lt;b&gt;hva&lt;/b&gt;" in shown
    assert ("Utkast lagret" in shown, "Slett utkast" in shown) == (True, True)
    assert key_in(again, address) == said["key"]
    assert '<span class="p-new">Utkast</span>' in page(again, reverse("portal:messages"))
    assert again.post(address, said).status_code == 302
    assert Message.objects.filter(text=TYPED).count() == 1
    assert not PatientDraft.objects.exists()
    late = again.post(reverse("portal:keep_answer", args=[mine.dialog.pk]), said)  # the page's own, on its way
    assert late.content.decode().strip() == ""
    assert not PatientDraft.objects.exists()


def test_a_new_message_is_kept_as_it_is_typed_right_or_wrong(visitor: Client, mine: Side) -> None:
    """The page saves by itself; the latest window wins; emptied, there is none; thrown away, none either."""
    said = {"kind": "e_dialog", "subject": "", "text": TYPED, "key": key_in(visitor, NEW), "card": mine.patient.pk}
    keep = reverse("portal:keep_new")

    first = visitor.post(keep, said).content.decode()
    visitor.post(keep, said | {"key": str(uuid.uuid4()), "text": "Fra et annet vindu"})
    shown = visitor.get(NEW)

    assert "Utkast lagret" in first
    assert PatientDraft.objects.count() == 1
    form = shown.context["form"]
    assert (form["text"].value(), form["kind"].value()) == ("Fra et annet vindu", "e_dialog")
    assert "Fortsett på utkastet" in page(visitor, reverse("portal:messages"))
    assert "Utkastet er slettet." in visitor.post(NEW, said | {"discard": "1"}, follow=True).content.decode()
    assert not PatientDraft.objects.exists()
    for nothing in ({"text": " "}, {"key": "x"}, {"key": ""}):
        assert visitor.post(keep, said | nothing).content.decode().strip() == ""
    visitor.post(keep, said)
    visitor.post(keep, said | {"text": ""})
    assert not PatientDraft.objects.exists()


def test_a_draft_is_its_writers_alone(visitor: Client, mine: Side, theirs: Side) -> None:
    """Neither the patient sees the proxy's nor the proxy the patient's; another's key is no way in."""
    proxy = person_with(theirs.patient.clinic)
    staff = colleague(mine.patient.clinic)
    today = timezone.localdate()
    right = {"clinic": mine.patient.clinic, "patient": mine.patient, "kind": "FU", "recorded_by": staff}
    Proxy.objects.create(person=proxy, valid_from=today, **right)
    other, address = logged_in(proxy), reverse("portal:dialog", args=[mine.dialog.pk])
    keep = reverse("portal:keep_answer", args=[mine.dialog.pk])
    key = str(uuid.uuid4())

    visitor.post(keep, {"text": "PASIENTENS EGET", "key": key})
    other.post(keep, {"text": "FULLMEKTIGS", "key": str(uuid.uuid4())})
    stolen = other.post(keep, {"text": "OVERTATT", "key": key}).content.decode()

    mine_seen, others_seen = page(visitor, address), page(other, address)
    assert ("PASIENTENS EGET" in mine_seen, "FULLMEKTIGS" in mine_seen) == (True, False)
    assert ("PASIENTENS EGET" in others_seen, "FULLMEKTIGS" in others_seen) == (False, True)
    assert stolen.strip() == ""
    assert not PatientDraft.objects.filter(text="OVERTATT").exists()
    Proxy.objects.update(withdrawn_at=timezone.now(), withdrawn_by=staff)
    assert other.post(keep, {"text": "For sent", "key": str(uuid.uuid4())}).status_code == 404
    assert other.get(address).status_code == 404


def test_old_drafts_and_those_that_were_sent_are_forgotten(mine: Side) -> None:
    now = timezone.now()
    said = {"person": mine.person, "patient": mine.patient}
    for days, dialog in ((91, mine.dialog), (89, None)):
        PatientDraft.objects.create(
            **said, dialog=dialog, text="Gammelt", key=uuid.uuid4(), updated_at=now - timedelta(days)
        )

    tasks.forget_drafts()

    [left] = PatientDraft.objects.all()
    assert left.dialog is None
    Message.objects.create(
        clinic=mine.patient.clinic, dialog=mine.dialog, party="patient", text="x", sent_at=now, key=left.key
    )
    assert drafts.find(mine.person, mine.patient, None) is None
    tasks.forget_drafts()
    assert not PatientDraft.objects.exists()
