"""The patient writes and reads; others' dialogs are closed; deadlines; e-contact (spec B3, D13, E1, E4, I5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from notifications.models import Notification
from patients.models import Consent, Patient
from post import econtact, handling, patient_side
from post.models import Dialog, DialogKind, DialogState, Message, Source
from post.writing import AlreadySent
from tests.factories import PatientFactory, PersonFactory


@pytest.mark.parametrize("kind", ["e_dialog", "e_consultation", "prescription", "invoice_question"])
def test_the_patient_starts_each_kind(kind, kari, ask):
    """spec E1, E2, E4: it waits, unread, and nobody is notified."""
    ask(kari, kind)

    row = Dialog.objects.get()
    assert (row.kind, row.state, row.is_unread, row.taken_by) == (kind, DialogState.WAITING, True, None)
    assert Notification.objects.count() == 0


def test_the_patient_cannot_start_an_e_contact(kari, ask):
    """spec I5: bulk sending's."""
    with pytest.raises(ValidationError, match="E-kontakt"):
        ask(kari, DialogKind.E_CONTACT)


def test_without_consent_the_patient_writes_nothing(kari, ask, reply, start):
    """spec B3: no new dialog or answer."""
    first = start(kari)
    Patient.objects.update(consent=Consent.WITHDRAWN)

    for act in (lambda: ask(kari), lambda: reply(Message.objects.get(pk=first.pk))):
        with pytest.raises(ValidationError, match="samtykke"):
            act()


def test_nobody_writes_or_reads_as_another(kari, ask, reply, start):
    """Threat 1."""
    stranger, first = PersonFactory(), start(kari)

    for act in (
        lambda: ask(kari, person=stranger),
        lambda: ask(kari, person=None),
        lambda: reply(first, person=stranger),
        lambda: reply(first, person=None),
        lambda: patient_side.read_by_patient(first.dialog, person=stranger),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert Message.objects.count() == 1
    assert Message.objects.get().read_at is None


def test_a_card_without_a_person_is_nobodys(clinic, kari, ask):
    """spec B1: such a patient cannot log in."""
    with pytest.raises(PermissionDenied):
        ask(PatientFactory(clinic=clinic), person=None)


def test_what_the_patient_reads_is_noted_once(kari, start, answer, clock):
    """spec E4."""
    first = start(kari)
    answer(first)
    read_at = timezone.now()
    counts = [patient_side.read_by_patient(first.dialog, person=kari.person)]
    clock.shift(timedelta(hours=1))
    counts.append(patient_side.read_by_patient(first.dialog, person=kari.person))

    assert counts == [2, 0]
    assert Dialog.objects.get().read_by_patient_at == read_at
    assert set(Message.objects.values_list("read_at", flat=True)) == {read_at}


def test_a_new_message_is_unread_again(kari, start, answer):
    """spec E4."""
    first = start(kari)
    patient_side.read_by_patient(first.dialog, person=kari.person)
    answer(first)

    assert Dialog.objects.get().read_by_patient_at is None


def test_an_e_consultation_must_be_answered_within_five_days_of_the_first_unanswered(kari, ask, reply, answer, clock):
    """research: domain.md, Post types; writing more does not move the deadline, an answer lifts it."""
    first = ask(kari, DialogKind.E_CONSULTATION)
    deadline = timezone.now() + timedelta(days=5)
    clock.shift(timedelta(days=1))
    reply(first)
    assert Dialog.objects.get().answer_by == deadline

    answer(first)
    assert Dialog.objects.get().answer_by is None

    clock.shift(timedelta(days=1))
    reply(first)
    assert Dialog.objects.get().answer_by == timezone.now() + timedelta(days=5)


def test_the_patients_message_opens_a_closed_dialog(kari, staff, start, reply):
    """Nothing is written into a drawer."""
    first = start(kari)
    handling.close(first.dialog, by=staff)
    reply(first)

    assert Dialog.objects.get().state == DialogState.WAITING


def test_pressing_send_twice_sends_once(kari, ask, reply, key):
    """Threat 28."""
    same, other = key(), key()
    first = ask(kari, key=same)

    assert ask(kari, key=same) == first
    assert reply(first, key=other) == reply(first, key=other)
    assert (Dialog.objects.count(), Message.objects.count()) == (1, 2)
    with pytest.raises(AlreadySent):
        ask(kari, key=same, text="Noe annet")


def test_a_foreign_system_delivers_once(kari, ask):
    """spec D13: known by its own id, and neither kind nor consent of ours stands in the way."""
    Patient.objects.update(consent="")
    said = {"source": Source.HELSENORGE, "external_id": "h-1", "person": None}

    first = ask(kari, **said)

    assert ask(kari, **said) == first
    assert Dialog.objects.get().is_foreign


def test_e_contact_opens_a_dialog_to_each(clinic, staff, clock, django_assert_num_queries):
    """spec I5: two statements, whatever their number, and no notice of its own."""
    patients = [PatientFactory(clinic=clinic).pk for _ in range(5)]
    wanted = [econtact.ToOpen(origin, pk, Source.OWN, "Bestill time.") for origin, pk in enumerate(patients)]

    with django_assert_num_queries(2):
        messages = econtact.open_many(wanted, clinic=clinic, subject="Vaksine", by=staff, now=timezone.now())

    opened = {dialog.origin: dialog for dialog in Dialog.objects.all()}
    assert [opened[origin].patient_id for origin in range(5)] == patients
    assert {dialog.kind for dialog in opened.values()} == {DialogKind.E_CONTACT}
    assert {origin: opened[origin].messages.get().pk for origin in opened} == messages
    assert Notification.objects.count() == 0


def test_e_contact_is_answered_as_any_other(kari, staff, reply, answer, clock):
    """spec E2, I5."""
    wanted = [econtact.ToOpen(1, kari.pk, Source.OWN, "Bestill time.")]
    messages = econtact.open_many(wanted, clinic=kari.clinic, subject="Vaksine", by=staff, now=timezone.now())
    message = Message.objects.get(pk=messages[1])
    reply(message)
    answer(message)

    assert Dialog.objects.get().state == DialogState.ANSWERED
    assert Notification.objects.get().kind == "answer_received"
