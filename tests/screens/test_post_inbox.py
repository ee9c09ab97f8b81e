"""The inbox: tabs, kinds, search, and how many queries (spec B4, E4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import AuditAction, AuditEvent
from patients.models import PortalAccount
from post.models import Dialog, Message
from tests.access.world import World
from tests.factories import DialogFactory, MembershipFactory, PatientFactory, PersonFactory
from tests.screens.conftest import MONDAY
from tests.screens.post_forms import text_of, to


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """It is Monday 23 November 2026, ten o'clock in Oslo."""
    with time_machine.travel(MONDAY, tick=False):
        yield


def test_tabs_count_and_show(here: World, user: Any, secretary: Client) -> None:
    """spec E4."""
    states = {"uleste": {}, "venter": {"is_unread": False}, "besvarte": {"state": "answered", "is_unread": False}}
    made = {tab: DialogFactory(patient=here.patient, subject=tab, **fields) for tab, fields in states.items()}
    made["mine"] = DialogFactory(patient=here.patient, subject="mine", state="sent", is_unread=False, taken_by=user)
    shown = {tab: secretary.get(f"{reverse('post:inbox')}?vis={tab}").content.decode() for tab in [*made, "alle"]}

    for tab, row in made.items():
        for other, page in shown.items():
            expected = other in {tab, "alle"} or (tab, other) == ("uleste", "venter")
            assert (to("dialog", row) in page) == expected, (tab, other)
    assert re.findall(r"light\">(\d+)<", shown["alle"]) == ["2", "1", "3", "1"]


def test_a_kind_narrows_and_an_empty_box_says_so(here: World, secretary: Client) -> None:
    DialogFactory(patient=here.patient, kind="prescription", subject="Fornye resept")

    narrowed = text_of(secretary.get(f"{reverse('post:inbox')}?type=prescription"))
    empty = text_of(secretary.get(f"{reverse('post:inbox')}?type=invoice_question"))

    assert "Fornye resept" in narrowed
    assert "Om Kanarifugl" not in narrowed
    assert "Filteret viser bare én type" in empty
    assert secretary.get(f"{reverse('post:inbox')}?vis=tull&type=tull&side=tull").status_code == 200


def test_those_who_wait_stand_by_deadline(here: World, secretary: Client) -> None:
    now = timezone.now()
    soon = DialogFactory(patient=here.patient, answer_by=now + timedelta(days=1))
    late = DialogFactory(patient=here.patient, answer_by=now + timedelta(days=2))

    page = secretary.get(f"{reverse('post:inbox')}?vis=venter").content.decode()

    assert page.index(to("dialog", soon)) < page.index(to("dialog", late)) < page.index(to("dialog", here.dialog))


def test_dialogs_are_found_by_patient_and_the_search_is_logged(here: World, secretary: Client) -> None:
    """No name in an address (spec C4); every patient shown is in the log (threat 34)."""
    DialogFactory(patient=PatientFactory(clinic=here.clinic, family_name="Annen"), subject="Ikke denne")

    page = text_of(secretary.post(reverse("post:inbox"), {"q": "kanari"}))
    none = text_of(secretary.post(reverse("post:inbox"), {"q": "finnesikke"}))

    assert "Om Kanarifugl" in page
    assert "Ikke denne" not in page
    assert "Ingen dialoger med pasienter som passer søket" in none
    assert AuditEvent.objects.filter(action=AuditAction.SEARCH).count() == 1


def test_the_green_icon_stands_by_active_users(here: World, secretary: Client) -> None:
    """spec B4: in the inbox, the dialog and the card's tab."""
    person = PersonFactory()
    PortalAccount.objects.create(person=person)
    row = DialogFactory(patient=PatientFactory(clinic=here.clinic, person=person))

    for url in (to("dialog", row), reverse("post:of_patient", args=[row.patient_id])):
        assert "Aktiv bruker" in text_of(secretary.get(url))
    box = secretary.get(reverse("post:inbox")).content.decode()
    assert box.count('class="active-user"') == 1


def test_unread_stands_in_the_menu(here: World, secretary: Client) -> None:
    """spec E4."""
    assert re.search(r'<span class="count">1<span class="sr-only"> uleste', secretary.get("/").content.decode())


def test_the_card_shows_the_patients_dialogs(here: World, secretary: Client) -> None:
    text = text_of(secretary.get(reverse("post:of_patient", args=[here.patient.pk])))

    assert "Om Kanarifugl" in text
    assert 'aria-current="page">Dialoger' in text
    assert f"{reverse('post:new')}?pasient={here.patient.pk}" in text


def test_the_inbox_takes_the_same_queries_whatever_its_size(
    here: World,
    secretary: Client,
    django_assert_max_num_queries: Any,
) -> None:
    """No query a row: 500 dialogs as one."""
    url = f"{reverse('post:inbox')}?vis=alle"
    secretary.get(url)
    with django_assert_max_num_queries(40) as few:
        secretary.get(url)
    patients = [PatientFactory(clinic=here.clinic, person=PersonFactory()) for _ in range(10)]
    Dialog.objects.bulk_create(
        Dialog(
            clinic=here.clinic,
            patient=patients[number % 10],
            kind="e_dialog",
            subject=f"Nr. {number}",
            state="waiting",
            last_message_at=timezone.now(),
            started_by="patient",
        )
        for number in range(500)
    )
    with django_assert_max_num_queries(40) as many:
        page = secretary.get(f"{url}&side=2")

    assert len(many) == len(few)
    assert "Viser 51–100 av 501" in text_of(page)


def test_a_long_thread_takes_the_same_queries(
    here: World,
    dialog: Dialog,
    secretary: Client,
    django_assert_max_num_queries: Any,
) -> None:
    author = MembershipFactory(clinic=here.clinic).user
    said = {"clinic": here.clinic, "dialog": dialog, "party": "staff", "author": author, "text": "x"}
    Message.objects.create(**said, sent_at=timezone.now())
    secretary.get(to("dialog", dialog))
    with django_assert_max_num_queries(40) as few:
        secretary.get(to("dialog", dialog))
    Message.objects.bulk_create(Message(**said, sent_at=timezone.now()) for _ in range(100))
    with django_assert_max_num_queries(40) as many:
        secretary.get(to("dialog", dialog))

    assert len(many) == len(few)
