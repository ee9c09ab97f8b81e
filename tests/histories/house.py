"""Two clinics whose every history can be rolled back, and the ways in which things happen to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.db import transaction

from clinics.models import Clinic, User
from integrations import running
from integrations.order import Order
from integrations.records import RawAppointment
from integrations.report import Where
from notifications import receipts, reconcile, sending
from notifications.kinds import Channel, DeliveryState, Reason
from notifications.models import Attempt
from notifications.providers.base import Outcome, Outgoing, Receipt, Sought
from patients.models import Patient, PushSubscription
from tests.engine.conftest import MemoryProvider, run_engine
from tests.factories import (
    AppointmentTypeFactory,
    ClinicFactory,
    MembershipFactory,
    PatientFactory,
    PersonFactory,
    PractitionerFactory,
)
from tests.histories.facts import App, Consent, Contact, Fact, Module, Notice, Preference, Type
from timebook.models import Appointment, AppointmentType

BUILT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ZONES = {"fjord": ZoneInfo("Europe/Oslo"), "hudson": ZoneInfo("America/New_York")}
TYPES = ("Kontroll", "Samtale", "Importert time")
PRACTITIONERS = ("Bjørn Haugen", "Ida Lie")
SHARED = "+4742000002"
CARDS = {  # patient → clinic, e-mail, mobile; Kari is one person at both clinics, Liv and Nils share a number
    "kari": ("fjord", "kari@example.com", "+4742000001"),
    "liv": ("fjord", "", SHARED),
    "nils": ("fjord", "nils@example.com", SHARED),
    "kari abroad": ("hudson", "kari@example.com", "+4742000001"),
    "ada": ("hudson", "ada@example.com", ""),
}
KARIS = ("kari", "kari abroad")
KINDS = {
    "appointment_set_up": "confirmed by staff",
    "appointment_booked": "confirmed by patient",
    "appointment_changed": "changed",
    "appointment_cancelled": "cancelled by staff",
    "appointment_called_off": "cancelled by patient",
    "appointment_reminder": "reminder",
}
STATES = {"email": DeliveryState.BOUNCED, "sms": DeliveryState.UNDELIVERED}
DEAD = {"email": Reason.UNKNOWN_ADDRESS, "sms": Reason.INVALID_NUMBER}
PASSING = {"email": Reason.MAILBOX_FULL, "sms": Reason.UNREACHABLE}


class WorkerLost(Exception):
    """The process died."""


class RememberingProvider(MemoryProvider):
    """A provider that can be asked what it took; `dies` loses the worker after the hand-over, before the answer."""

    dies = False

    def send(self, batch: list[Outgoing]) -> list[Outcome]:
        """Take everything over."""
        taken = super().send(batch)
        if self.dies:
            self.dies = False
            raise WorkerLost
        return list(taken)

    def lookup(self, sought: Sought) -> Receipt | None:
        """Say what became of a message that was taken over."""
        message = next((message for message in self.sent if message.token == sought.token), None)
        return self.report(DeliveryState.ACCEPTED, message=message) if message else None


@dataclass(frozen=True)
class Sent:
    """A message that a provider took over, and whose it was."""

    clinic: str
    patient: str
    notice: Notice
    channel: str
    address: str
    at: datetime
    message: Outgoing


@dataclass
class House:
    """The world as the product has it. Appointments have numbers from 1, in the order in which they came to be."""

    providers: Mapping[Channel, RememberingProvider]
    staff: dict[str, User] = field(default_factory=dict)
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    appointments: list[int] = field(default_factory=list)  # primary keys by number - 1
    sent: list[Sent] = field(default_factory=list)

    def build(self) -> list[Fact]:
        """Make clinics, staff and patients; return what a log of it begins with."""
        facts: list[Fact] = []
        for name, zone in ZONES.items():
            clinic = ClinicFactory(name=name, alias=name.capitalize(), time_zone=zone.key)
            self.rows["clinic", name] = clinic
            self.staff[name] = MembershipFactory(clinic=clinic).user
            for doctor in PRACTITIONERS:
                self.rows[name, doctor] = PractitionerFactory(clinic=clinic, name=doctor)
            for kind in TYPES:
                on = kind == TYPES[0]
                made = AppointmentTypeFactory(clinic=clinic, name=kind, notices=on, is_import_default=kind == TYPES[2])
                self.rows[name, kind] = made
                facts.append(Type(BUILT, name, kind, on))
            facts.append(Module(BUILT, name, True))
        return facts + self.register()

    def register(self) -> list[Fact]:
        """Make the cards."""
        person = PersonFactory()
        PushSubscription.objects.create(person=person, endpoint="https://push.example.com/1", p256dh="k", auth="a")
        facts: list[Fact] = []
        for name, (clinic, email, mobile) in CARDS.items():
            owner = person if name in KARIS else None
            self.rows["patient", name] = PatientFactory(
                clinic=self.rows["clinic", clinic], email=email, mobile=mobile, person=owner
            )
            facts += [Contact(BUILT, name, "email", email), Contact(BUILT, name, "sms", mobile)]
            facts += [Consent(BUILT, name, True), Preference(BUILT, name, "")]
            facts += [App(BUILT, name)] if owner else []
        return facts

    def open(self, at: datetime) -> time_machine.Coordinates:
        """Begin a history at a moment; `close` undoes all of it."""
        self.appointments, self.sent = [], []
        for provider in self.providers.values():
            provider.sent.clear()
            provider.dies = False
        self.savepoint = transaction.atomic()
        self.savepoint._from_testcase = True  # the engine's own transactions are outermost ones, as in any test
        self.savepoint.__enter__()
        self.clock = time_machine.travel(at, tick=False)
        return self.clock.start()

    def close(self) -> None:
        """Undo the history."""
        self.clock.stop()
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def attempt(self, what: Callable[[], Any], *, crash: bool) -> Any:
        """Do something in a transaction; `crash` loses the process right before the commit, so that nothing stays."""
        try:
            with transaction.atomic():
                result = what()
                if crash:
                    raise WorkerLost
        except WorkerLost:
            return None
        return result

    def clinic(self, name: str) -> Clinic:
        """Return the clinic as it stands."""
        return Clinic.objects.get(pk=self.rows["clinic", name].pk)

    def patient(self, name: str) -> Patient:
        """Return the card as it stands."""
        return Patient.objects.select_related("clinic", "person").get(pk=self.rows["patient", name].pk)

    def type(self, clinic: str, name: str) -> AppointmentType:
        """Return the type as it stands."""
        return AppointmentType.objects.get(pk=self.rows[clinic, name].pk)

    def appointment(self, number: int) -> Appointment:
        """Return the appointment as it stands."""
        return Appointment.objects.get(pk=self.appointments[number - 1])

    def bring_in(self, who: str, kind: str, starts: datetime, ends: datetime, *, by_doctor: str, now: datetime) -> int:
        """Import one appointment and return its primary key."""
        clinic = CARDS[who][0]
        number = str(len(self.appointments) + 1)
        raw = RawAppointment(
            where=Where("file", 1, number),
            external_id=number,
            patient=[f"local:{self.rows['patient', who].local_number}"],
            practitioner=[],
            place="",
            types=[kind],
            starts=starts.isoformat(),
            ends=ends.isoformat(),
            minutes="",
            status="avtalt",
        )
        order = Order(self.clinic(clinic), now, type_map={kind: kind}, practitioner=self.rows[clinic, by_doctor])
        running.run([iter([raw])], order)
        return Appointment.objects.get(clinic=order.clinic, external_id=number).pk

    def run(self, now: datetime, *, dying: str = "") -> None:
        """Let the engine do all that is due; the worker of the `dying` channel is lost after its hand-over."""
        sending.expire(now)
        reconcile.reap(now)
        reconcile.clear_unknown(now)
        if dying:
            self.providers[Channel(dying)].dies = True
            with suppress(WorkerLost):  # its lease runs; the other workers go on
                run_engine()
            self.providers[Channel(dying)].dies = False
        run_engine()
        reconcile.poll(now)
        self.note_sent()

    def report(self, sent: Sent, *, failed: bool, dead: bool, now: datetime) -> None:
        """Let the provider report on a message; what it says is applied at once."""
        provider = self.providers[Channel(sent.channel)]
        if failed:
            reason = (DEAD if dead else PASSING)[sent.channel]
            said = provider.report(STATES[sent.channel], reason, sent.message)
        else:
            said = provider.report(DeliveryState.DELIVERED, message=sent.message)
        receipts.store([said], now)
        receipts.apply_pending(now)

    def note_sent(self) -> None:
        """Find out whose the messages are that the providers have taken since the last time."""
        known = {sent.message.token for sent in self.sent}
        new = {
            message.token: (channel, message)
            for channel, provider in self.providers.items()
            for message in provider.sent
            if message.token not in known
        }
        if not new:
            return
        tries = Attempt.objects.filter(token__in=new).select_related("delivery__notification").order_by("pk")
        for row in tries:
            channel, message = new[row.token]
            notification = row.delivery.notification
            self.sent.append(
                Sent(
                    clinic=self.name("clinic", row.delivery.clinic_id),
                    patient=self.name("patient", notification.patient_id),
                    notice=self.notice(notification),
                    channel=channel.value,
                    address=message.recipient,
                    at=row.at,
                    message=message,
                )
            )

    def notice(self, row: Any) -> Notice:
        """Return what identifies a notice here."""
        return (self.appointments.index(row.subject_id) + 1, KINDS[row.kind], row.due_at)

    def name(self, sort: str, pk: int) -> str:
        """Return the name of a clinic or patient."""
        return next(name for (which, name), row in self.rows.items() if which == sort and row.pk == pk)
