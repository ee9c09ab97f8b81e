"""Neighbours and colleagues at the same time, on PostgreSQL: one holds its locks, the other is seen to wait."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from integrations import answers
from integrations.neighbour_models import Answer, AnswerState, Neighbour
from patients.models import Patient
from post.models import Dialog
from tests.factories import ClinicFactory, MembershipFactory, PatientFactory, PractitionerFactory
from tests.lock_waits import begun
from tests.neighbours.neighbour_calls import Caller
from timebook import booking
from timebook.models import Appointment

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_collected_files(settings: object) -> None:
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True  # type: ignore[attr-defined]


def test_a_change_made_while_the_one_before_is_claimed_is_told_too() -> None:
    """spec D13: the worker has read the appointment as it was; the cancellation must not be taken for told."""
    clinic, now = ClinicFactory(), timezone.now()
    caller, staff = Caller(clinic, Neighbour.DIGICARE), MembershipFactory(clinic=clinic).user
    patient, doctor = PatientFactory(clinic=clinic), PractitionerFactory(clinic=clinic)
    start = (now + timedelta(days=3)).replace(microsecond=0)
    caller.tell(
        "appointment.created",
        id="A-1",
        version=1,
        patient={"system": "local", "value": patient.local_number},
        practitioner={"name": doctor.name},
        startsAt=start.isoformat(),
        endsAt=(start + timedelta(minutes=20)).isoformat(),
        by="patient",
    )
    row = Appointment.objects.get()
    later = {"starts_at": start + timedelta(hours=1), "ends_at": start + timedelta(hours=2)}
    row = booking.reschedule(row, version=row.version, by=staff, **later)

    with transaction.atomic():  # as answers.claim does, which opens one of its own
        (claimed,) = Answer.objects.to_do(AnswerState.QUEUED, Neighbour.DIGICARE, timezone.now()).locked()
        claimed.state = AnswerState.SENDING
        claimed.save()
        cancelling = begun(lambda: booking.cancel(row, version=row.version, by=staff))
    cancelling.join()

    assert Appointment.objects.get().status == "cancelled"
    assert list(Answer.objects.order_by("pk").values_list("state", flat=True)) == [
        AnswerState.SENDING,
        AnswerState.QUEUED,
    ]
    assert [one.pk for one in answers.claim(Neighbour.DIGICARE, timezone.now())] != [claimed.pk]


def test_a_neighbours_message_and_a_colleagues_answer_do_not_block_each_other() -> None:
    """Both lock the dialog first and its card next; the other way round the database would end one of them."""
    clinic = ClinicFactory()
    caller, patient = Caller(clinic, Neighbour.DIGICARE), PatientFactory(clinic=clinic)
    said = {
        "dialog": {"id": "D-1", "kind": "e_dialog", "subject": "Utslett"},
        "patient": {"system": "local", "value": patient.local_number},
        "text": "Det klør.",
    }
    caller.tell("message.created", id="M-1", **said)
    replies: list[Any] = []

    with transaction.atomic():  # as writing.answer_by_staff
        dialog = Dialog.objects.select_for_update().get()
        telling = begun(lambda: replies.append(caller.tell("message.created", id=f"M-{uuid.uuid4()}", **said)))
        Patient.objects.select_for_update(nowait=True).get(pk=patient.pk)
    telling.join()

    assert [reply.status_code for reply in replies] == [200]
    assert dialog.messages.count() == 2
