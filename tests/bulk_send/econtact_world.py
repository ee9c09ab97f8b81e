"""E-contacts made by a real slice, and a gateway that answers as it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from bulk_send import asking, handing, planning
from bulk_send.gateways import Found, Letter
from bulk_send.models import Bulk, Handover, HandoverState, Purpose, Recipient, RecipientState, State, Type
from clinics.models import Clinic, EContactProvider
from economy.models import BillingCard, Tariff
from economy.models import State as CardState
from notifications.kinds import Kind
from notifications.kinds import State as NoticeState
from notifications.models import Notification
from notifications.providers.base import LookupFailed, Outcome
from patients.models import Patient
from post.models import Dialog, DialogState, Message
from selection.models import Origin, Selection
from tests.factories import MembershipFactory, PatientFactory, PersonFactory, PractitionerFactory

TEXT = "Kom til kontroll av bekymringsfullt prøvesvar"  # must be seen nowhere but at the gateway
SUBJECT = "Kontroll"
HELSENORGE, BESOKLEGEN = EContactProvider.HELSENORGE, EContactProvider.BESOKLEGEN


class ScriptedGateway:
    """A gateway that keeps what it is handed, once a reference; `answers` scripts outcomes, `lookups` what it finds."""

    def __init__(self, *, is_real: bool = False) -> None:
        self.is_real = is_real
        self.offered: list[Letter] = []
        self.has: set[UUID] = set()
        self.answers: Callable[[Letter], Outcome] = self.take
        self.lookups: Callable[[UUID], Found | None] = self.find

    def send(self, batch: Sequence[Letter]) -> Sequence[Outcome]:
        """Keep every letter and answer."""
        self.offered += batch
        return [self.answers(letter) for letter in batch]

    def take(self, letter: Letter) -> Outcome:
        """Deliver it."""
        self.has.add(letter.reference)
        return Outcome.accepted(str(letter.reference))

    def take_silently(self, letter: Letter) -> Outcome:
        """Deliver it, and let the answer be lost."""
        self.has.add(letter.reference)
        return Outcome.unknown("no_answer")

    def lookup(self, reference: UUID) -> Found | None:
        """Answer as scripted."""
        return self.lookups(reference)

    def find(self, reference: UUID) -> Found | None:
        """Say truly whether it has the reference."""
        return Found(reference) if reference in self.has else None

    def is_mute(self, reference: UUID) -> Found | None:
        """Fail to answer."""
        raise LookupFailed("Timeout")


def econtact_clinic(clinic: Clinic, provider: EContactProvider) -> Clinic:
    """Let the clinic send e-contact through the provider."""
    clinic.econtact_provider = provider
    clinic.save()
    return clinic


def make_bulk(clinic: Clinic, patients: Sequence[Patient]) -> Bulk:
    """Return a confirmed e-contact whose slice has been made: dialog, card, notice and handover for each patient."""
    doctor = MembershipFactory(clinic=clinic).user
    PractitionerFactory(clinic=clinic, user=doctor)
    amounts = {"fee_ore": 2900, "refund_ore": 2900, "patient_ore": 0}
    tariff, _ = Tariff.objects.get_or_create(
        code="1be-prøve", valid_from=date(2021, 7, 1), defaults={"text": "E-kontakt", **amounts}
    )
    now = timezone.now()
    bulk = Bulk.objects.create(
        clinic=clinic,
        selection=Selection.objects.create(clinic=clinic, origin=Origin.JOURNAL, name="Alle", created_by=doctor),
        type=Type.ECONTACT,
        subject=SUBJECT,
        text=TEXT,
        purpose=Purpose.RECALL,
        state=State.COUNTDOWN,
        size=len(patients),
        code=tariff.code,
        tariff_on=tariff.valid_from,
        created_by=doctor,
        confirmed_by=doctor,
        confirmed_at=now,
        release_at=now,
    )
    for position, patient in enumerate(patients, 1):
        Recipient.objects.create(clinic=clinic, bulk=bulk, patient=patient, position=position)
    while planning.run(now):
        continue
    bulk.refresh_from_db()
    return bulk


def make_patients(clinic: Clinic, number: int) -> list[Patient]:
    """Return patients whom the clinic's provider knows."""
    return [PatientFactory(clinic=clinic, person=PersonFactory(), has_econtact=True) for _ in range(number)]


def stop(bulk: Bulk) -> None:
    """Write what «Stopp» writes of the bulk itself."""
    Bulk.objects.filter(pk=bulk.pk).update(state=State.STOPPED, ended_at=timezone.now())


def tick(provider: EContactProvider) -> None:
    """Do once what the tasks do."""
    now = timezone.now()
    while handing.run(provider, now):
        continue
    while handing.withdraw(now):
        continue
    asking.reap(now)
    for each in (HELSENORGE, BESOKLEGEN):
        asking.clear_unknown(each, now)


class Fate:
    """Everything that was made for one patient, as it is now."""

    def __init__(self, patient: Patient) -> None:
        self.recipient = Recipient.objects.get(patient=patient)
        self.handover = Handover.objects.get(recipient=self.recipient)
        self.dialog = Dialog.objects.get(origin=self.recipient.pk)
        self.card = BillingCard.objects.get(origin=self.recipient.pk)
        message = Message.objects.get(dialog=self.dialog)
        self.notice = Notification.objects.get(kind=Kind.ECONTACT, subject_id=message.pk)

    @property
    def states(self) -> tuple[str, str, str, str]:
        """Where handover, card, dialog and notice stand."""
        return self.handover.state, self.card.state, self.dialog.state, self.notice.state


STANDS = (CardState.OPEN, DialogState.SENT)
FALLEN = (CardState.VOID, DialogState.CLOSED, NoticeState.CANCELLED)
WAIT = timedelta(hours=72)

__all__ = [
    "BESOKLEGEN",
    "FALLEN",
    "HELSENORGE",
    "STANDS",
    "SUBJECT",
    "TEXT",
    "WAIT",
    "Fate",
    "HandoverState",
    "NoticeState",
    "RecipientState",
    "ScriptedGateway",
    "econtact_clinic",
    "make_bulk",
    "make_patients",
    "stop",
    "tick",
]
