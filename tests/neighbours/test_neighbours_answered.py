"""What goes back to the neighbours, and what they tell of e-contacts: answers, outcomes, taken back."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from jsonschema import Draft202012Validator

from bulk_send.models import HandoverState
from clinics.models import Clinic, EContactProvider
from integrations import answer_bodies, answers, gateways
from integrations.neighbour_models import Answer, AnswerState, Call, Neighbour
from notifications.kinds import Reason, State
from notifications.models import Notification
from notifications.providers.base import LookupFailed, Outcome
from patients.models import Patient
from post import attachments, drafts, storage, writing
from post.models import Dialog, DialogState, Message
from tests.access.people import colleague, logged_in
from tests.bulk_send.econtact_world import Fate, econtact_clinic, make_bulk, make_patients
from tests.factories import ClinicFactory, MembershipFactory, PatientFactory, PractitionerFactory
from tests.neighbours.neighbour_calls import Caller
from tests.neighbours.test_contracts import FOLDER
from timebook import booking
from timebook.models import Appointment


@pytest.fixture(autouse=True)
def no_collected_files(settings: object) -> None:
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


def follows(schema: str, body: Any) -> None:
    """Hold what goes out to the contract."""
    common = yaml.safe_load((FOLDER / "common.yaml").read_text(encoding="utf-8"))
    Draft202012Validator({**common, "$ref": f"#/components/schemas/{schema}"}).validate(body)


class Scripted:
    """A neighbour's gateway that takes each reference once, and answers as it is told."""

    is_real = False

    def __init__(self) -> None:
        self.bodies: dict[str, Any] = {}
        self.outcomes: list[Callable[[uuid.UUID], Outcome]] = []
        self.is_mute = False
        self.calls = 0
        self.paths: list[str] = []
        self.offered: list[Any] = []

    def hand_over(self, path: str, reference: uuid.UUID, body: Any) -> Outcome:
        """Take it, or do as scripted."""
        self.paths.append(path)
        self.offered.append(body)
        self.calls += 1
        schema = {"/dialogs/v1/messages": "Answer", "/appointments/v1/messages": "ChangedHere"}[path]
        follows(schema, json.loads(json.dumps(body)))
        outcome = self.outcomes.pop(0)(reference) if self.outcomes else Outcome.accepted(str(reference))
        if outcome.provider_id:
            self.bodies[str(reference)] = body
        return outcome

    def has(self, path: str, reference: uuid.UUID) -> bool:
        """Say truly whether it has the reference."""
        if self.is_mute:
            raise LookupFailed("Timeout")
        return str(reference) in self.bodies

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def digicare_gateway() -> Iterator[Scripted]:
    scripted = Scripted()
    gateways.MADE["digicare"] = scripted
    yield scripted
    gateways.forget()


@pytest.fixture
def clinic(db: None) -> Clinic:
    return ClinicFactory()


def answered(clinic: Clinic, text: str = "Kom i morgen.") -> Message:
    """Return the clinic's answer in a dialog of DigiCare's, written as staff write it."""
    caller = Caller(clinic, Neighbour.DIGICARE) if not hasattr(clinic, "caller") else clinic.caller
    clinic.caller = caller
    patient = PatientFactory(clinic=clinic)
    dialog_id = f"D-{patient.pk}"
    said = caller.tell(
        "message.created",
        id=f"M-{patient.pk}",
        dialog={"id": dialog_id, "kind": "e_dialog", "subject": "Utslett"},
        patient={"system": "local", "value": patient.local_number},
        text="Det klør.",
    ).json()
    staff = MembershipFactory(clinic=clinic).user
    dialog = Dialog.objects.get(pk=said["dialog"])
    return writing.answer_by_staff(dialog, text=text, by=staff, key=uuid.uuid4(), seen=said["message"])


def answered_with_file(clinic: Clinic, dialog: Dialog | None = None) -> Message:
    """Return an answer that a file goes with, written as staff write it."""
    dialog, content = dialog or answered(clinic).dialog, b"Ta det med ro."
    staff = MembershipFactory(clinic=clinic).user
    said = {"text": "Se arket.", "key": uuid.uuid4()}
    draft = drafts.save(user=staff, patient=dialog.patient, dialog=dialog, now=timezone.now(), **said)
    attachments.keep(attachments.check([SimpleUploadedFile("råd.txt", content)]), draft=draft)
    return writing.answer_by_staff(dialog, by=staff, seen=writing.newest(dialog), draft=draft, knowingly=True, **said)


def test_a_file_goes_back_with_the_answer_or_the_staff_learn_that_it_cannot(clinic, digicare_gateway, settings):
    """spec D13, E4: the neighbour gets the very bytes; one that takes no such file refuses the answer, and it waits."""
    message = answered_with_file(clinic)
    digicare_gateway.outcomes = [
        lambda reference: Outcome.accepted(str(reference)),
        lambda reference: Outcome.refused(Reason.GATEWAY_REFUSED, "attachment_refused"),
    ]

    tick()

    taken, refused = Answer.objects.order_by("pk")
    assert (taken.state, refused.message, refused.state) == (AnswerState.DELIVERED, message, AnswerState.REFUSED)
    assert "attachments" not in digicare_gateway.offered[0]
    file = digicare_gateway.offered[1]["attachments"][0]
    assert (file["name"], file["contentType"]) == ("råd.txt", "text/plain")
    assert base64.b64decode(file["content"]) == b"Ta det med ro."
    page = logged_in(colleague(clinic)).get(reverse("post:dialog", args=[message.dialog_id])).content.decode()
    assert "DigiCare: avvist (tar ikke imot et av vedleggene: send svaret på nytt uten)" in page
    assert Dialog.objects.get(pk=message.dialog_id).state == DialogState.WAITING
    settings.NEIGHBOUR_ATTACHMENTS_MAX_BYTES = 10
    with pytest.raises(ValidationError, match="gjennom DigiCare"):
        answered_with_file(clinic)


def test_a_file_that_is_gone_holds_its_answer_back_and_no_other(clinic, digicare_gateway):
    """The answer without its file would say another thing: it waits, and the clinic learns in time."""
    stored = answered_with_file(clinic).attachments.get().stored
    storage.forget(stored)
    other = answered(clinic)

    tick()

    states = dict(Answer.objects.values_list("message", "state"))
    assert states[other.pk] == AnswerState.DELIVERED
    assert sorted(states.values()) == [AnswerState.DELIVERED, AnswerState.DELIVERED, AnswerState.QUEUED]


def test_nobody_has_read_what_the_neighbour_has_not_taken(clinic, digicare_gateway):
    """spec E4: a report of reading that crosses our answer is about what was there before."""
    first = answered(clinic)
    tick()
    second = answered_with_file(clinic, dialog=first.dialog)

    def told() -> tuple[bool, ...]:
        assert clinic.caller.tell("message.read", dialog=first.dialog.external_id).status_code == 200
        rows = [Message.objects.get(pk=one.pk).read_at for one in (first, second)]
        return (*map(bool, rows), bool(Dialog.objects.get(pk=first.dialog_id).read_by_patient_at))

    assert told() == (True, False, False)
    tick()
    assert told() == (True, True, True)


def test_a_neighbour_that_hangs_is_tried_once_and_holds_one_worker(clinic, digicare_gateway):
    """The others are not sent and wait; while a worker is at it no other begins, and a dead one is no worker."""
    now = timezone.now()
    for _ in range(3):
        answered(clinic)
    digicare_gateway.outcomes = [lambda reference: Outcome.unknown(Reason.NO_ANSWER)]
    during: list[set[str]] = []
    hand_over = digicare_gateway.hand_over
    digicare_gateway.hand_over = lambda *said: during.append(answers.waiting(timezone.now())) or hand_over(*said)
    assert answers.waiting(timezone.now()) == {"digicare"}

    answers.run(Neighbour.DIGICARE, timezone.now())

    assert (digicare_gateway.calls, during) == (1, [set()])
    states = Answer.objects.order_by("pk").values_list("state", "reason")
    assert list(states) == [(AnswerState.UNKNOWN, Reason.NO_ANSWER), *[(AnswerState.QUEUED, Reason.PROVIDER_DOWN)] * 2]
    Answer.objects.update(state=AnswerState.SENDING, due_at=now)
    assert answers.waiting(timezone.now()) == {"digicare"}


def tick(seconds: float = 0) -> None:
    """Do what the task does, some time from now."""
    now = timezone.now() + timedelta(seconds=seconds)
    answers.reap(Neighbour.DIGICARE, now)
    answers.run(Neighbour.DIGICARE, now)
    answers.clear_unknown(Neighbour.DIGICARE, now)


def test_an_answer_goes_back_once_and_shows_on_the_dialog(clinic, digicare_gateway):
    """spec D13, E4: delivered to the neighbour with our reference; the page says where it stands."""
    message = answered(clinic)
    tick()
    tick()

    row = Answer.objects.get(message=message)
    (body,) = digicare_gateway.bodies.values()
    assert (row.state, digicare_gateway.calls) == (AnswerState.DELIVERED, 1)
    assert (body["reference"], body["text"], body["dialog"]) == (
        str(row.reference),
        "Kom i morgen.",
        message.dialog.external_id,
    )
    assert Notification.objects.get(subject_id=message.pk).state == State.EXTERNAL
    page = logged_in(colleague(clinic)).get(reverse("post:dialog", args=[message.dialog_id]))
    assert "DigiCare: levert" in page.content.decode()
    assert not Answer.objects.exclude(pk=row.pk).exists()  # the patient's own message goes nowhere


def test_an_unknown_answer_is_asked_about_and_never_sent_blindly(clinic, digicare_gateway):
    """Taken and the answer lost: found. Never arrived: sent again under the same reference. Mute: asked later."""
    taken, lost = answered(clinic), answered(clinic)

    def take_silently(reference: uuid.UUID) -> Outcome:
        digicare_gateway.bodies[str(reference)] = {}
        return Outcome.unknown(Reason.PROVIDER_ERROR)

    digicare_gateway.outcomes = [take_silently, lambda reference: Outcome.unknown(Reason.PROVIDER_ERROR)]
    tick()
    assert set(Answer.objects.values_list("state", flat=True)) == {AnswerState.UNKNOWN}
    digicare_gateway.is_mute = True
    tick(200)
    assert digicare_gateway.calls == 2
    digicare_gateway.is_mute = False
    tick(300)
    tick(310)

    states = dict(Answer.objects.values_list("message", "state"))
    assert states == {taken.pk: AnswerState.DELIVERED, lost.pk: AnswerState.DELIVERED}
    assert digicare_gateway.calls == 3


def test_a_dead_worker_a_busy_neighbour_and_a_refusal(clinic, digicare_gateway):
    """Later: the others wait with it. Refused: the notice is taken back and the dialog waits for the clinic again."""
    first, second = answered(clinic), answered(clinic)
    digicare_gateway.outcomes = [lambda reference: Outcome.later(Reason.PROVIDER_BUSY)]
    tick()
    assert digicare_gateway.calls == 1
    assert set(Answer.objects.values_list("state", "reason")) == {(AnswerState.QUEUED, Reason.PROVIDER_BUSY)}
    digicare_gateway.outcomes = [lambda reference: Outcome.refused(Reason.REJECTED)]
    answers.claim(Neighbour.DIGICARE, timezone.now() + timedelta(hours=1))  # and the worker dies
    tick(3600 + 121)
    tick(3600 + 122)

    by_message = {row.message_id: row for row in Answer.objects.all()}
    assert {row.state for row in by_message.values()} == {AnswerState.REFUSED, AnswerState.DELIVERED}
    refused = next(row for row in by_message.values() if row.state == AnswerState.REFUSED)
    dialog = Dialog.objects.get(messages=refused.message)
    assert (dialog.state, dialog.is_unread) == (DialogState.WAITING, True)
    assert Notification.objects.get(subject_id=refused.message_id).state == State.CANCELLED
    assert {first.pk, second.pk} == set(by_message)
    told = set(Call.objects.filter(kind="answer").values_list("result", "reason"))
    assert told == {("later", "no_contact"), ("refused", "rejected"), ("done", "")}


def test_what_may_no_longer_go_is_stopped(clinic, digicare_gateway):
    """spec B3: consent withdrawn while it waited; past its time; demo data to a real neighbour."""
    withdrawn, late, demo = answered(clinic), answered(clinic), answered(clinic)
    patient = withdrawn.dialog.patient
    patient.consent = "withdrawn"
    patient.save()
    Answer.objects.filter(message=late).update(expires_at=timezone.now())
    Answer.objects.filter(message=demo).update(due_at=timezone.now() + timedelta(hours=1))
    tick()
    digicare_gateway.is_real = True
    tick(3601)

    assert digicare_gateway.calls == 0
    assert dict(Answer.objects.values_list("message", "reason")) == {
        withdrawn.pk: Reason.CONSENT_WITHDRAWN,
        late.pk: Reason.TOO_LATE,
        demo.pk: Reason.DEMO,
    }


def test_reports_on_an_e_contact_are_carried_out_once(clinic):
    """spec I4, I5, E4: delivered, read, and refused after all: card, dialog and notice go with it."""
    econtact_clinic(clinic, EContactProvider.HELSENORGE)
    helsenorge = Caller(clinic, Neighbour.HELSENORGE)
    read, refused, paid = make_patients(clinic, 3)
    make_bulk(clinic, [read, refused, paid])

    def tell(what: str, patient: object) -> str:
        body = helsenorge.tell(f"econtact.{what}", reference=str(Fate(patient).handover.reference)).json()
        return body.get("result") or body["code"]

    assert [tell("read", read), tell("read", read), tell("delivered", read)] == ["done"] * 3
    assert Fate(read).handover.state == HandoverState.DELIVERED
    assert Fate(read).dialog.read_by_patient_at is not None
    assert [tell("delivered", refused), tell("refused", refused), tell("refused", refused)] == ["done"] * 3
    fate = Fate(refused)
    assert (fate.handover.state, fate.card.state, fate.dialog.state) == (HandoverState.REFUSED, "void", "closed")
    assert (fate.notice.state, fate.notice.reason) == (State.CANCELLED, Reason.GATEWAY_REFUSED)
    assert tell("delivered", refused) == "ended"
    assert Fate(paid).handover.state == HandoverState.QUEUED

    other = Caller(econtact_clinic(ClinicFactory(), EContactProvider.HELSENORGE), Neighbour.HELSENORGE)
    reference, dialog = str(Fate(read).handover.reference), Fate(read).dialog
    assert other.tell("econtact.refused", reference=reference).json()["code"] == "unknown_reference"
    assert helsenorge.tell("econtact.read", reference=f"{{{reference}}}").json()["code"] == "malformed"
    back = helsenorge.tell(
        "message.created",
        id="M-9",
        dialog={"id": reference, "kind": "e_contact", "subject": "Kontroll"},
        patient={"system": "local", "value": read.local_number},
        text="Takk!",
    )
    assert back.json()["dialog"] == dialog.pk
    answer = writing.answer_by_staff(
        dialog, text="Fint.", by=MembershipFactory(clinic=clinic).user, key=uuid.uuid4(), seen=back.json()["message"]
    )
    assert answer_bodies.dialog_id(answer) == reference


def appointment_said(patient: Patient, start: datetime) -> dict[str, Any]:
    """Return an appointment as DigiCare tells of it."""
    return {
        "id": "A-1",
        "patient": {"system": "local", "value": patient.local_number},
        "practitioner": {"name": "Ellen Strand"},
        "startsAt": start.isoformat(),
        "endsAt": (start + timedelta(minutes=20)).isoformat(),
        "by": "patient",
    }


def test_what_they_change_without_having_heard_of_ours_is_refused(clinic, digicare_gateway):
    """spec D13: a cancelled one does not stand again behind our back; the refused version may come again afterwards.

    Changes that wait together keep the first one's notices and have the newest one's time.
    """
    caller, staff = Caller(clinic, Neighbour.DIGICARE), MembershipFactory(clinic=clinic).user
    patient = PatientFactory(clinic=clinic)
    PractitionerFactory(clinic=clinic, name="Ellen Strand")
    now = timezone.now().replace(microsecond=0)
    said = appointment_said(patient, now + timedelta(days=9))
    caller.tell("appointment.created", version=1, **said)
    row = Appointment.objects.get()
    row = booking.cancel(row, version=row.version, by=staff, now=now)
    row = booking.restore(row, version=row.version, by=staff, now=now + timedelta(hours=1))
    row = booking.cancel(row, version=row.version, by=staff, now=now + timedelta(hours=2))
    waiting = Answer.objects.get()

    refused = caller.tell("appointment.changed", version=2, **said)
    row.refresh_from_db()
    assert (refused.status_code, refused.json(), row.status) == (409, {"code": "changed_here"}, "cancelled")
    assert (waiting.since, waiting.expires_at) == (now, now + timedelta(hours=2) + answers.LASTS)

    tick(3 * 60 * 60)
    assert caller.tell("appointment.changed", version=2, **said).json() == {"result": "done", "appointment": row.pk}
    assert [body["status"] for body in digicare_gateway.bodies.values()] == ["cancelled"]


def test_what_we_change_of_their_appointment_is_told_to_them_as_it_stands(clinic, digicare_gateway):
    """spec D13: they tell the patient, so they must hear; several changes that wait go as one, theirs never back."""
    caller, staff = Caller(clinic, Neighbour.DIGICARE), MembershipFactory(clinic=clinic).user
    patient, doctor = PatientFactory(clinic=clinic), PractitionerFactory(clinic=clinic, name="Ellen Strand")
    start = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    said = appointment_said(patient, start)
    caller.tell("appointment.created", version=1, **said)
    caller.tell("appointment.changed", version=2, **said | {"reason": "Vondt"})
    assert not Answer.objects.exists()
    row = Appointment.objects.get()
    later = {"starts_at": start + timedelta(hours=1), "ends_at": start + timedelta(hours=2)}
    row = booking.reschedule(row, version=row.version, by=staff, remark="Bare internt")
    assert not Answer.objects.exists()
    row = booking.reschedule(row, version=row.version, by=staff, **later)
    row = booking.cancel(row, version=row.version, by=staff)
    assert Answer.objects.count() == 1
    tick()

    (body,) = digicare_gateway.bodies.values()
    assert (body["appointment"], body["status"], body["startsAt"]) == (
        "A-1",
        "cancelled",
        later["starts_at"].isoformat(),
    )
    assert body["practitioner"]["name"] == doctor.name
    assert digicare_gateway.paths == ["/appointments/v1/messages"]
    notices = Notification.objects.filter(patient=patient).order_by("pk")
    assert {notice.state for notice in notices} == {State.EXTERNAL}
    before = notices.count()
    digicare_gateway.outcomes = [lambda reference: Outcome.refused(Reason.REJECTED)]
    booking.restore(row, version=row.version, by=staff)
    tick(1)
    assert Answer.objects.get(state=AnswerState.REFUSED).reason == Reason.REJECTED
    assert [notice.state for notice in notices.all()] == [State.EXTERNAL] * before + [State.CANCELLED]
