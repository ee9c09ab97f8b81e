"""Appointments and dialogs from DigiCare and Helsenorge: their source, their notices, our timebook and inbox."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinics.models import Clinic
from integrations.neighbour_models import Answer, AnswerState, Neighbour
from notifications.kinds import Kind, State
from notifications.models import Notification, Silence
from patients.models import Consent, Patient
from post import writing
from post.models import Attachment, Dialog, DialogState, Message
from tests.access.people import colleague, logged_in
from tests.factories import (
    AppointmentFactory,
    AppointmentTypeFactory,
    ClinicFactory,
    MembershipFactory,
    PatientFactory,
    PersonFactory,
    PlaceFactory,
    PractitionerFactory,
)
from tests.neighbours.neighbour_calls import Caller
from timebook.models import Appointment

START = (datetime.now(UTC) + timedelta(days=7)).replace(hour=9, minute=0, second=0, microsecond=0)
NUMBER = "01810112345"
FODSELSNUMMER = "urn:oid:2.16.578.1.12.4.1.4.1"


@pytest.fixture(autouse=True)
def no_collected_files(settings: object) -> None:
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def clinic(db: None) -> Clinic:
    clinic = ClinicFactory(econtact_provider="helsenorge")
    PractitionerFactory(clinic=clinic, name="Ellen Strand", external_id="hpr:123")
    return clinic


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    return PatientFactory(clinic=clinic, person=PersonFactory(national_number=NUMBER), consent=Consent.NOT_ASKED)


@pytest.fixture
def digicare(clinic: Clinic) -> Caller:
    return Caller(clinic, Neighbour.DIGICARE)


def agreed(version: int = 1, *, at: datetime = START, **more: object) -> dict[str, object]:
    """Return what DigiCare tells of an appointment."""
    said = {
        "id": "A-1",
        "version": version,
        "patient": {"system": FODSELSNUMMER, "value": NUMBER},
        "practitioner": {"id": "hpr:123"},
        "startsAt": at.isoformat(),
        "endsAt": (at + timedelta(minutes=20)).isoformat(),
        "by": "patient",
    }
    return said | more


def history(patient: Patient) -> list[tuple[str, str, str]]:
    """Return the notices of the patient, oldest first."""
    rows = Notification.objects.filter(patient=patient).order_by("pk")
    return list(rows.values_list("kind", "state", "external"))


def test_an_appointment_of_digicares_is_in_our_book_and_notified_by_them(digicare, clinic, patient):
    """spec D13: booked, moved and called off there; the history says who tells, and nothing of ours goes out."""
    PlaceFactory(clinic=clinic, name="Rom 7")
    kind = AppointmentTypeFactory(clinic=clinic, name="Kontroll", notices=True)

    made = digicare.tell("appointment.created", **agreed(place="rom 7", type="kontroll", reason="Vondt i øret"))
    row = Appointment.objects.get(pk=made.json()["appointment"])
    assert (row.source, row.patient, row.type, row.place.name) == ("digicare", patient, kind, "Rom 7")
    assert (row.starts_at, row.set_up_by, row.remark) == (START, "patient", "Vondt i øret")
    moved = digicare.tell("appointment.changed", **agreed(2, at=START + timedelta(hours=2), place="Kjeller", type="Ny"))
    row.refresh_from_db()
    assert (moved.json()["result"], row.starts_at) == ("done", START + timedelta(hours=2))
    assert (row.remark, row.type.name) == ("Sted oppgitt: Kjeller\nTimetype oppgitt: Ny", "Time fra DigiCare")
    off = digicare.tell("appointment.cancelled", id="A-1", version=4, by="patient")
    late = digicare.tell("appointment.changed", **agreed(3))
    row.refresh_from_db()

    assert (off.json()["result"], late.json()) == ("done", {"result": "superseded"})
    assert (row.status, row.cancelled_by) == ("cancelled", "patient")
    assert history(patient) == [
        (kind, State.EXTERNAL, "digicare")
        for kind in (Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CHANGED, Kind.APPOINTMENT_CALLED_OFF)
    ]
    assert not Silence.objects.exists()
    assert Appointment.objects.count() == 1


def test_what_cannot_be_set_up_is_refused_with_its_reason(digicare, clinic, patient):
    """spec A7, D3, D14: only the clinic's own, and the patient never double-books."""
    busy = PractitionerFactory(clinic=clinic, name="Opptatt")
    PractitionerFactory(clinic=clinic, name="Ola Dobbel")
    PractitionerFactory(clinic=clinic, name="Ola Dobbel")
    other = PatientFactory(clinic=clinic, local_number="L-99")
    PatientFactory(clinic=ClinicFactory(), local_number="L-100")
    AppointmentFactory(patient=other, practitioner=busy, starts_at=START, ends_at=START + timedelta(minutes=20))
    digicare.tell("appointment.created", **agreed(id="A-0"))

    def code(**said: object) -> str:
        return digicare.tell("appointment.created", **agreed(**said)).json()["code"]

    assert code(practitioner={"name": "opptatt"}) == "slot_taken"
    assert code(practitioner={"name": "Ola Dobbel"}) == "unknown_practitioner"
    assert code(practitioner={"id": "hpr:999"}) == "unknown_practitioner"
    assert code(practitioner={}) == "malformed"
    assert code(patient={"system": "local", "value": "L-100"}) == "unknown_patient"
    assert code(id="A-0", version=2, patient={"system": "local", "value": "L-99"}) == "other_patient"
    assert code(endsAt=START.isoformat()) == "malformed"
    assert code(endsAt=(START + timedelta(days=2)).isoformat()) == "malformed"
    assert code(startsAt="2026-11-23T09:00") == "malformed"
    assert Appointment.objects.count() == 2
    knowingly = digicare.tell("appointment.created", **agreed(practitioner={"name": "Opptatt"}, by="clinic"))
    assert knowingly.status_code == 200
    unheard = digicare.tell("appointment.cancelled", id="A-9", version=2, by="clinic")
    assert unheard.json() == {"result": "done"}
    assert digicare.tell("appointment.created", **agreed(id="A-9")).json() == {"result": "superseded"}


def test_two_neighbours_may_use_the_same_id(digicare, clinic, patient):
    helsenorge = Caller(clinic, Neighbour.HELSENORGE)

    digicare.tell("appointment.created", **agreed())
    helsenorge.tell("appointment.created", **agreed(at=START + timedelta(hours=1)))

    assert sorted(Appointment.objects.values_list("source", flat=True)) == ["digicare", "helsenorge"]


def message(text: str, id_: str, **more: object) -> dict[str, object]:
    """Return what Helsenorge tells of a message."""
    said = {
        "id": id_,
        "dialog": {"id": "D-1", "kind": "e_consultation", "subject": "Utslett"},
        "patient": {"system": FODSELSNUMMER, "value": NUMBER},
        "text": text,
    }
    return said | more


def test_a_dialog_of_helsenorges_is_in_our_inbox_and_notified_by_them(clinic, patient):
    """spec D13, E1, E4: opened, added to, each once; our answer makes an external notice; read there is read here."""
    helsenorge, other = Caller(clinic, Neighbour.HELSENORGE), PatientFactory(clinic=clinic, local_number="L-2")

    first = helsenorge.tell("message.created", **message("Det klør.\r\nMye.", "M-1"))
    again = helsenorge.tell("message.created", **message("Det klør.\r\nMye.", "M-1"))
    second = helsenorge.tell("message.created", **message("Fortsatt.", "M-2"))
    changed = helsenorge.tell("message.created", **message("Noe annet.", "M-2"))
    theirs = {"patient": {"system": "local", "value": other.local_number}}
    foreign = helsenorge.tell("message.created", **message("Min?", "M-3", **theirs))

    dialog = Dialog.objects.get()
    assert first.json() == again.json()
    assert first.json()["dialog"] == second.json()["dialog"] == dialog.pk
    assert (changed.json()["code"], foreign.json()["code"]) == ("text_changed", "other_patient")
    assert [row.text for row in Message.objects.order_by("pk")] == ["Det klør.\nMye.", "Fortsatt."]
    assert (dialog.source, dialog.kind, dialog.state, dialog.is_unread) == (
        "helsenorge",
        "e_consultation",
        DialogState.WAITING,
        True,
    )
    assert dialog.answer_by is not None
    assert history(patient) == []
    patient.consent = Consent.GIVEN
    patient.save()
    newest = Message.objects.latest("pk").pk
    staff = MembershipFactory(clinic=clinic).user
    writing.answer_by_staff(dialog, text="Kom i morgen.", by=staff, key=uuid.uuid4(), seen=newest)
    assert history(patient) == [(Kind.ANSWER_RECEIVED, State.EXTERNAL, "helsenorge")]
    Answer.objects.update(state=AnswerState.DELIVERED)
    assert helsenorge.tell("message.read", dialog="D-1").json()["result"] == "done"
    assert helsenorge.tell("message.read", dialog="D-2").json()["code"] == "unknown_dialog"
    dialog.refresh_from_db()
    assert timezone.now() - dialog.read_by_patient_at < timedelta(minutes=1)


def packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_message_comes_in_whatever_its_files_are(clinic, patient, settings):
    """spec D13, threat 20: judged by content as the portal's are; what is not kept is told to both."""
    settings.ATTACHMENT_MAX_COUNT, settings.ATTACHMENT_MAX_BYTES = 2, 3_000_000
    helsenorge = Caller(clinic, Neighbour.HELSENORGE)
    large = b"Dagbok.\n" * 340_000  # the body is larger than a form may be
    files = [
        {"name": "../arm.exe", "contentType": "application/x-msdownload", "content": packed(b"Utslett.")},
        {"name": "side.html", "content": packed(b"<script>alert(1)</script>")},
        {"name": "film.mov"},
        {"name": "x.pdf", "content": packed(b"%PDF-1.4 halv")},
        {"name": "tom.txt", "content": ""},
        {"name": "rar.txt", "content": "ikke base64!"},
        {"name": "stor.txt", "content": packed(large + large)},
        {"name": "dagbok.txt", "content": packed(large)},
        {"name": "tredje.txt", "content": packed(b"En for mye.")},
    ]

    first = helsenorge.tell("message.created", **message("Se vedlegg.", "M-1", attachments=files))
    again = helsenorge.tell("message.created", **message("Se vedlegg.", "M-1", attachments=files[:1]))
    second = helsenorge.tell("message.created", **message("Ett til.", "M-2", attachments=files[:1]))

    codes = ["file_type", "not_sent", "broken", "empty", "broken", "too_large", "too_many"]
    refused = [{"attachment": place, "code": code} for place, code in zip((1, 2, 3, 4, 5, 6, 8), codes, strict=True)]
    assert first.json() == again.json() == first.json() | {"result": "done", "refused": refused}
    assert "refused" not in second.json()
    kept = Attachment.objects.order_by("pk").values_list("name", "content_type", "size", "message")
    messages = [first.json()["message"], second.json()["message"]]
    assert list(kept) == [
        ("arm.txt", "text/plain", 8, messages[0]),
        ("dagbok.txt", "text/plain", len(large), messages[0]),
        ("arm.txt", "text/plain", 8, messages[1]),
    ]
    page = logged_in(colleague(clinic)).get(reverse("post:dialog", args=[first.json()["dialog"]])).content.decode()
    assert "Vedlegget «film.mov» er ikke tatt imot: innholdet fulgte ikke med." in page
    assert "Vedlegget «side.html» er ikke tatt imot: filtypen tas ikke imot." in page
    assert 'href="' + reverse("post:attachment", args=[Attachment.objects.first().pk]) in page


def test_files_that_break_the_contract_or_a_strangers_are_not_read(clinic, patient):
    """Nothing is written; only one with a key pair has more than 256 KiB read, and Convene brings no files."""
    helsenorge, convene = Caller(clinic, Neighbour.HELSENORGE), Caller(clinic, Neighbour.CONVENE)
    heavy = b" " * 300_000

    for wrong in (
        {},
        [1],
        [{"name": ""}],
        [{"name": "a", "content": 1}],
        [{"name": "a", "url": "x"}],
        [{"name": "a"}] * 21,
    ):
        answer = helsenorge.tell("message.created", **message("Hei.", "M-1", attachments=wrong))
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert helsenorge.send(heavy).json()["code"] == "malformed"
    assert helsenorge.send(heavy, **{"webhook-key": "nok_unknown"}).status_code == 401
    assert helsenorge.send(heavy, **{"webhook-key": convene.pair.key_id}).status_code == 401
    assert convene.send(heavy).status_code == 413
    assert not Message.objects.exists()
