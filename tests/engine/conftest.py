"""A clinic in a frozen world, with providers that answer as they are told."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from notifications import dispatch, messages, outbox, receipts, reconcile, sending, subjects
from notifications.kinds import Channel, DeliveryState, Kind, Lane, SubjectType
from notifications.models import Delivery, Notification
from notifications.outbox import Planned
from notifications.providers.base import Outcome, Outgoing, Receipt, Sought
from notifications.subjects import Facts
from tests.factories import (
    AppointmentTypeFactory,
    ClinicFactory,
    MembershipFactory,
    PatientFactory,
    PlaceFactory,
    PractitionerFactory,
)
from timebook import booking

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class MemoryProvider:
    """A provider that keeps what it is handed; `answers` scripts the outcomes, `fates` what lookups find."""

    is_real = False

    def __init__(self, channel: Channel, *, has_receipts: bool = True) -> None:
        self.name, self.channel, self.has_receipts = f"memory-{channel}", channel, has_receipts
        self.sent: list[Outgoing] = []
        self.answers: Callable[[Outgoing], Outcome] | None = None
        self.lookups: Callable[[Sought], Receipt | None] = lambda sought: None

    def send(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Keep every message and answer."""
        self.sent.extend(batch)
        return [self.answer(message) for message in batch]

    def answer(self, message: Outgoing) -> Outcome:
        """Answer one message."""
        return self.answers(message) if self.answers else Outcome.accepted(f"id-{message.token}")

    def lookup(self, sought: Sought) -> Receipt | None:
        """Answer as scripted."""
        return self.lookups(sought)

    def report(self, state: DeliveryState, reason: object = None, message: Outgoing | None = None) -> Receipt:
        """Return a status report about a message, the last one unless said otherwise."""
        token = (message or self.sent[-1]).token
        return Receipt(self.name, token, f"id-{token}", state.value, state, reason)


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> dict[Channel, MemoryProvider]:
    """One scripted provider a channel."""
    made = {channel: MemoryProvider(channel, has_receipts=channel != Channel.PUSH) for channel in Channel}
    monkeypatch.setattr(sending, "provider_for", made.__getitem__)
    monkeypatch.setattr(reconcile, "provider_for", made.__getitem__)
    return made


@pytest.fixture
def email(providers: dict[Channel, MemoryProvider]) -> MemoryProvider:
    """The e-mail provider."""
    return providers[Channel.EMAIL]


@pytest.fixture
def sms(providers: dict[Channel, MemoryProvider]) -> MemoryProvider:
    """The SMS provider."""
    return providers[Channel.SMS]


@pytest.fixture
def push(providers: dict[Channel, MemoryProvider]) -> MemoryProvider:
    """The push provider."""
    return providers[Channel.PUSH]


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """Stop the clock on a Monday morning."""
    with time_machine.travel(MONDAY, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def pass_time(clock: time_machine.Coordinates, providers: object) -> Callable[..., None]:
    """Move the clock, and let the engine run as its ticks would."""

    def move(**delta: float) -> None:
        clock.shift(timedelta(**delta))
        run_engine()

    return move


def run_engine() -> None:
    """Run every tick until nothing is left to do."""
    for _ in range(10):
        now = timezone.now()
        worked = sum(dispatch.run(now, lane) for lane in Lane)
        queued = Delivery.objects.filter(state=DeliveryState.QUEUED, due_at__lte=now).order_by()
        ways = queued.values_list("channel", "lane").distinct()  # asked first: an empty claim costs a transaction
        worked += sum(sending.run(Channel(channel), Lane(lane), now) for channel, lane in ways)
        worked += receipts.apply_pending(now)
        if not worked:
            return


SUBJECT_OF = {Kind.RECEIPT: SubjectType.CARD, Kind.BULK_SMS: SubjectType.BULK}


class ToldSubject:
    """Messages, cards or bulks that say what the test tells them to."""

    def __init__(self, subject_type: SubjectType) -> None:
        self.type = subject_type
        self.known: dict[int, Facts | Exception] = {}

    def facts(self, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
        """Return what was told, by notification; a subject nobody mentioned is ordinary."""
        return {row.pk: self.fact(row.subject_id) for row in notifications}

    def fact(self, subject_id: int) -> Facts:
        """Return one subject's facts, or raise as told."""
        found = self.known.get(subject_id, Facts(values={"text": "Kontoret holder stengt fredag."}))
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[SubjectType, ToldSubject]:
    """Subjects of the modules above the engine, scripted."""
    made = {kind: ToldSubject(kind) for kind in (SubjectType.MESSAGE, SubjectType.CARD, SubjectType.BULK)}
    for kind, subject in made.items():
        monkeypatch.setitem(subjects.REGISTRY, kind, subject)
    return made


@pytest.fixture
def promise(clock: object, told: object, providers: object) -> Callable[..., Notification]:
    """Promise a notice that is due at once: a dialog, unless said otherwise."""
    numbers = itertools.count(1)

    def make(patient: object, kind: Kind = Kind.DIALOG_RECEIVED, lane: Lane = Lane.URGENT) -> Notification:
        now = timezone.now()
        return outbox.plan(
            Planned(
                clinic_id=patient.clinic_id,
                patient_id=patient.pk,
                kind=kind,
                subject_type=SUBJECT_OF.get(kind, SubjectType.MESSAGE),
                subject_id=next(numbers),
                slot="message",
                event_at=now,
                due_at=now,
                lane=lane,
            )
        )

    return make


@pytest.fixture
def bulk_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A template for bulk SMS, whatever the product's says."""
    folder = shutil.copytree(messages.FOLDER, tmp_path / "messages")
    shutil.copy(messages.FOLDER.parent / "email.html", tmp_path)
    (folder / "nb" / "bulk_sms.sms.txt").write_text("{{ text }}\n", encoding="utf-8")
    (folder / "nb" / "bulk_sms.email.txt").write_text("Emne\n\n{{ text }}\n", encoding="utf-8")  # so that it could go
    monkeypatch.setattr(messages, "FOLDER", folder)
    messages.source.cache_clear()
    yield
    messages.source.cache_clear()


@pytest.fixture
def clinic(db: None) -> object:
    """A demo clinic with every module on."""
    return ClinicFactory(alias="Fjordbyen legesenter", sms_sender="Fjordbyen")


@pytest.fixture
def staff(clinic: object) -> object:
    """A secretary there."""
    return MembershipFactory(clinic=clinic).user


@pytest.fixture
def kari(clinic: object) -> object:
    """A patient with consent, e-mail and mobile, and nothing chosen."""
    return PatientFactory(clinic=clinic, email="kari@example.com", mobile="+4742000001")


@pytest.fixture
def kind(clinic: object) -> object:
    """An appointment type with notices on."""
    return AppointmentTypeFactory(clinic=clinic, name="Årskontroll diabetes")


@pytest.fixture
def set_up(clock: object, clinic: object, staff: object, kind: object) -> Callable[..., object]:
    """Set up an appointment as staff."""
    practitioner = PractitionerFactory(clinic=clinic)
    place = PlaceFactory(clinic=clinic, name="Rom 1")

    def make(patient: object, **starts_in: float) -> object:
        start = timezone.now() + timedelta(**starts_in)
        return booking.set_up(
            clinic=clinic,
            patient=patient,
            practitioner=practitioner,
            place=place,
            type=kind,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
            by=staff,
        )

    return make
