"""The patient's messages: read, answer, start, files; what is refused is kept (spec E1, E2, E4, K2)."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from notifications.models import Notification
from patients.models import Consent, Patient
from post import handling
from post.models import Dialog, DialogKind, DialogState, KindSwitch, Message, Party, Source
from tests.factories import ClinicFactory, DialogFactory
from tests.portal.visitors import Side, logged_in, person_with

TYPED = "Det klør fremdeles, <b>hva</b> nå?"


def written(dialog: Dialog, text: str = "Kom innom") -> Message:
    """Let the clinic write in the dialog."""
    return Message.objects.create(
        clinic=dialog.clinic, dialog=dialog, party=Party.STAFF, text=text, sent_at=dialog.last_message_at
    )


def page(client: Client, address: str) -> str:
    """Return a page's text."""
    return client.get(address).content.decode()


def test_reading_is_noted_as_far_as_the_page_showed(visitor: Client, mine: Side) -> None:
    """spec E4: by a post, never by looking; what came since stays unread; the number on the menu follows."""
    address = reverse("portal:dialog", args=[mine.dialog.pk])
    first = written(mine.dialog)

    shown = page(visitor, address)
    later = written(mine.dialog, "Og ta med kortet")
    for seen in ("", "x", "9" * 30, str(first.pk)):
        visitor.post(reverse("portal:mark_read", args=[mine.dialog.pk]), {"seen": seen})
    rest = page(visitor, address)

    assert f'name="seen" value="{first.pk}"' in shown
    first.refresh_from_db()
    later.refresh_from_db()
    assert (bool(first.read_at), bool(later.read_at)) == (True, False)
    mine.dialog.refresh_from_db()
    assert mine.dialog.read_by_patient_at is None  # the clinic sees «lest» when all of it is
    assert ("Marker som lest" in rest, 'class="dot"' in rest) == (True, True)
    visitor.post(reverse("portal:mark_read", args=[mine.dialog.pk]), {"seen": later.pk})
    done = page(visitor, address)
    assert ("Marker som lest" in done, 'class="dot"' in done) == (False, False)
    mine.dialog.refresh_from_db()
    assert mine.dialog.read_by_patient_at


def test_an_answer_is_sent_once_and_opens_a_closed_dialog(visitor: Client, mine: Side, theirs: Side) -> None:
    """spec E1, E2: with a file, also in a kind switched off; it counts as read; nobody is notified; text is escaped."""
    address, staffs = reverse("portal:dialog", args=[mine.dialog.pk]), written(mine.dialog)
    handling.close(mine.dialog, by=None, seen=staffs.pk)  # type: ignore[arg-type]
    before, key = Notification.objects.count(), str(uuid.uuid4())

    def send(**more: Any) -> Any:
        file = SimpleUploadedFile("../notat<1>.txt", b"Utslett siden mandag")
        return visitor.post(address, {"text": TYPED, "key": key, "seen": staffs.pk, "uploads": file} | more)

    first, again, other = send(), send(), send(text="Noe annet")

    sent = Message.objects.get(key=key)
    assert {first["Location"], again["Location"]} == {f"{address}#m{sent.pk}"}
    assert (other.status_code, "Noe annet" in other.content.decode()) == (409, True)
    assert f'value="{key}"' not in other.content.decode()
    assert (sent.text, sent.person, sent.dialog.state) == (TYPED, mine.person, DialogState.WAITING)
    staffs.refresh_from_db()
    assert staffs.read_at
    assert Notification.objects.count() == before
    assert "&lt;b&gt;hva&lt;/b&gt;" in page(visitor, address)

    file = sent.attachments.get()
    got = visitor.get(reverse("portal:attachment", args=[file.pk]))
    assert b"".join(got.streaming_content) == b"Utslett siden mandag"
    assert got["Content-Disposition"].startswith("attachment;")
    assert (got["X-Content-Type-Options"], got["Content-Type"]) == ("nosniff", "text/plain; charset=utf-8")
    assert "sandbox" in got["Content-Security-Policy"]
    assert logged_in(theirs.person).get(reverse("portal:attachment", args=[file.pk])).status_code == 404


def test_what_is_refused_keeps_what_was_typed(visitor: Client, mine: Side) -> None:
    """spec B3: without consent, with a bad file, or with nothing said; the way to give consent stands there."""
    address = reverse("portal:dialog", args=[mine.dialog.pk])
    KindSwitch.objects.create(clinic=mine.patient.clinic, kind=DialogKind.E_DIALOG, is_on=True)
    said = {"text": TYPED, "key": str(uuid.uuid4()), "seen": "0"}
    new = said | {"kind": "e_dialog", "subject": "Kløe", "card": mine.patient.pk}

    program = SimpleUploadedFile("hei.txt", b"MZ\x90\x00\x03")
    wrong = visitor.post(address, said | {"uploads": program})
    Patient.objects.update(consent=Consent.WITHDRAWN)
    answers = [visitor.post(address, said), visitor.post(reverse("portal:new_dialog"), new)]
    empty = visitor.post(address, said | {"text": "  \u200b "})

    assert (wrong.status_code, "Velg vedleggene på nytt" in wrong.content.decode()) == (422, True)
    for refused in (wrong, *answers):
        assert refused.status_code == 422
        assert "Det klør fremdeles, &lt;b&gt;hva" in refused.content.decode()
    for refused in answers:
        assert reverse("portal:consent", args=[mine.patient.pk]) in refused.content.decode()
        assert f'value="{said["key"]}"' in refused.content.decode()
    assert 'value="Kløe"' in answers[1].content.decode()
    assert "Skriv en melding" in empty.content.decode()
    assert not Message.objects.filter(text=TYPED).exists()

    Dialog.objects.update(source=Source.HELSENORGE)
    abroad = visitor.post(address, said)
    assert (abroad.status_code, "i Helsenorge" in abroad.content.decode()) == (422, True)
    assert not Message.objects.filter(text=TYPED).exists()


@pytest.mark.django_db
def test_a_dialog_is_started_at_the_clinic_whose_form_it_is(django_assert_max_num_queries: Any) -> None:
    """spec E1: each kind it uses, and no other; two tabs, two clinics; the deadline; what is unread stands first."""
    north, south = ClinicFactory(alias="Nord"), ClinicFactory(alias="Sør")
    for kind in (DialogKind.E_CONSULTATION, DialogKind.PRESCRIPTION):
        KindSwitch.objects.create(clinic=north, kind=kind, is_on=True)
    person = person_with(north, south)
    card, other = (person.cards.get(clinic=clinic) for clinic in (north, south))
    client, address = logged_in(person), reverse("portal:new_dialog")

    form = page(client, address)
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key
    client.post(reverse("portal:choose", args=[other.pk]))  # in another tab
    said = {"kind": "e_consultation", "subject": "Kløe", "text": TYPED, "key": key[1], "card": card.pk}
    off = client.post(address, said | {"kind": "e_dialog"})
    sent = [client.post(address, said) for _press in range(2)]
    nowhere = page(client, address)

    assert re.findall(r'type="radio" name="kind" value="(\w+)"', form) == ["e_consultation", "prescription"]
    assert (off.status_code, "tar ikke lenger imot" in off.content.decode()) == (422, True)
    row = Dialog.objects.get()
    assert {answer["Location"] for answer in sent} == {reverse("portal:dialog", args=[row.pk])}
    assert (row.clinic, row.patient, row.kind, row.started_by) == (north, card, "e_consultation", Party.PATIENT)
    shown = page(client, reverse("portal:dialog", args=[row.pk]))
    assert ("svar senest" in shown, "<b>Du</b>" in shown) == (True, True)
    assert nowhere.count("Meldingen er sendt.") == 1
    assert 'class="p-clinic">Nord<' in shown
    assert "tar ikke imot nye meldinger her" in nowhere

    news = [DialogFactory(patient=other, subject=f"Sak {number}") for number in range(4)]
    written(news[0])
    here = page(client, reverse("portal:messages"))
    with django_assert_max_num_queries(9):
        everywhere = page(client, reverse("portal:messages") + "?vis=alle")
    assert re.findall(r'p-long">([^<]+)<', here) == ["Sak 0", "Sak 3", "Sak 2", "Sak 1"]
    assert here.count('"p-new">Ulest') == 1
    assert set(re.findall(r'p-long">([^<]+)<', everywhere)) == {"Kløe", *(f"Sak {number}" for number in range(4))}
