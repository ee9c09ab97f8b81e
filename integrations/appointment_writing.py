"""Write appointments by the batch: no confirmations, reminders by the 48-hour rule, overlaps noted (spec D11, D14).

An appointment that the clinic has is never changed by an import: staff may have moved it since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import transaction

from clinics.models import Module, Place
from integrations.appointment_cleaning import Span, span_of, status_of
from integrations.known_patients import patients_of
from integrations.order import Order
from integrations.practitioners import Roster
from integrations.reasons import FileRefused, Reason, Refused
from integrations.records import RawAppointment
from timebook import planning
from timebook.models import Appointment, AppointmentType, Source, Status

NO_REMINDER_WITHIN = timedelta(hours=48)
ID_MAX, PLACE_MAX = 200, 80  # characters, as the rows hold
DEFAULT_TYPE = "Importert time"


@dataclass(slots=True)
class Draft:
    """A row that can be an appointment."""

    raw: RawAppointment
    span: Span
    status: str
    cancelled_by: str
    patient: int
    practitioner: int
    external_id: str


class Book:
    """The clinic's types and places, and who is busy, while one import runs."""

    def __init__(self, order: Order, roster: Roster) -> None:
        self.order = order
        self.roster = roster
        types = AppointmentType.objects.of(order.clinic)
        by_name = {name.lower(): pk for name, pk in types.values_list("name", "pk")}
        self.types = {said.lower(): mapped(by_name, name) for said, name in order.type_map.items()}
        self.places = {name.lower(): pk for name, pk in Place.objects.of(order.clinic).values_list("name", "pk")}
        self.default_type = standing_default(order) if order.dry_run else default_type(order).pk
        self.notifying_types = set(types.filter(notices=True).values_list("pk", flat=True))
        self.note_busy()

    def note_busy(self) -> None:
        """Tell the ledger when the clinic's practitioners are busy from now on."""
        rows = Appointment.objects.of(self.order.clinic).coming(self.order.now)
        spans = rows.values_list("practitioner_id", "starts_at", "ends_at").iterator(2000)
        self.order.ledger.take((who, int(first.timestamp()), int(last.timestamp())) for who, first, last in spans)

    def write_batch(self, raws: list[RawAppointment]) -> None:
        """Judge and write one batch in one transaction, with its reminders."""
        with transaction.atomic():
            self.roster.hire(raws)
            drafts = self.without_known(self.drafts(raws))
            if not self.order.dry_run:
                self.add_places(drafts)
                rows = Appointment.objects.bulk_create(self.appointment(draft) for draft in drafts)
                planning.plan_reminders([row.pk for row in rows if row.starts_at > self.order.now], self.order.now)
        for draft in drafts:
            self.tell(draft)

    def drafts(self, raws: list[RawAppointment]) -> list[Draft]:
        """Return the rows that can be imported; the others get their line."""
        patients = patients_of(raws, self.order)
        drafts = []
        for raw in raws:
            try:
                drafts.append(self.draft(raw, patients))
            except Refused as refused:
                self.order.report.refuse(raw.where, refused.reason)
        return drafts

    def draft(self, raw: RawAppointment, patients: dict[str, int]) -> Draft:
        """Judge one row. Raises Refused."""
        status, cancelled_by = status_of(raw)
        span = span_of(raw, self.order.clinic.zone)
        patient = next((patients[name] for name in raw.patient if name in patients), None)
        if patient is None:
            raise Refused(Reason.UNKNOWN_PATIENT)
        practitioner = self.roster.first_known(raw.practitioner)
        if practitioner is None and self.order.practitioner:
            practitioner = self.order.practitioner.pk
        if practitioner is None:
            raise Refused(Reason.NO_PRACTITIONER)
        # A file without ids is still the same file the second time: who, with whom and when.
        external_id = raw.external_id or f"file:{patient}:{practitioner}:{span.starts_at:%Y%m%dT%H%M}"
        if len(external_id) > ID_MAX:
            external_id = sha256(external_id.encode()).hexdigest()
        return Draft(raw, span, status, cancelled_by, patient, practitioner, external_id)

    def without_known(self, drafts: list[Draft]) -> list[Draft]:
        """Return what is new. What the clinic has is counted, and gets a line where the file says otherwise."""
        ids = [draft.external_id for draft in drafts]
        earlier = set(self.order.ledger.find("appointment", ids))
        rows = Appointment.objects.of(self.order.clinic).filter(external_id__in=ids)
        standing = {row.external_id: row for row in rows}
        new: dict[str, Draft] = {}
        for draft in drafts:
            if draft.external_id in earlier or draft.external_id in new:
                self.order.report.note(draft.raw.where, Reason.TWICE)
                self.order.report.count("appointments.repeated")
            elif row := standing.get(draft.external_id):
                self.order.report.count("appointments.unchanged")
                if differs(draft, row):
                    self.order.report.note(draft.raw.where, Reason.DIFFERS)
            else:
                new[draft.external_id] = draft
        self.order.ledger.learn("appointment", ((draft.external_id, 1) for draft in drafts))
        return list(new.values())

    def add_places(self, drafts: list[Draft]) -> None:
        """Make the places that the clinic lacks."""
        named = {place_name(draft.raw).lower(): place_name(draft.raw) for draft in drafts}
        new = [
            Place(clinic=self.order.clinic, name=name) for key, name in named.items() if key and key not in self.places
        ]
        Place.objects.bulk_create(new)
        self.places |= {place.name.lower(): place.pk for place in new}
        self.order.report.count("places.created", len(new))

    def appointment(self, draft: Draft) -> Appointment:
        """Build one appointment, not saved; within 48 hours it never gets a reminder at this start (spec D11)."""
        starts_at = draft.span.starts_at
        return Appointment(
            clinic=self.order.clinic,
            patient_id=draft.patient,
            practitioner_id=draft.practitioner,
            place_id=self.places.get(place_name(draft.raw).lower()),
            type_id=self.type_of(draft),
            starts_at=starts_at,
            ends_at=draft.span.ends_at,
            status=draft.status,
            cancelled_by=draft.cancelled_by,
            source=Source.IMPORT,
            external_id=draft.external_id,
            barred_start=starts_at if starts_at - self.order.now < NO_REMINDER_WITHIN else None,
            created_by=self.order.by,
            created_at=self.order.now,
        )

    def tell(self, draft: Draft) -> None:
        """Count a new appointment and write what is worth knowing about it."""
        is_past = draft.span.starts_at <= self.order.now
        self.order.report.count("appointments.created")
        self.order.report.count("appointments.history", is_past or draft.status == Status.CANCELLED)
        if draft.span.is_twice:
            self.order.report.note(draft.raw.where, Reason.TWO_HOURS)
        if is_past or draft.status == Status.CANCELLED:
            return
        span = draft.practitioner, int(draft.span.starts_at.timestamp()), int(draft.span.ends_at.timestamp())
        if self.order.ledger.is_busy(*span):
            self.order.report.note(draft.raw.where, Reason.OVERLAP)
        self.order.ledger.take([span])
        self.order.report.count(f"reminders.{self.reminder_of(draft)}")

    def reminder_of(self, draft: Draft) -> str:
        """Say whether the appointment gets a reminder, in a dry run as in earnest (spec D11)."""
        if not self.order.clinic.notifies(Module.TIMEBOOK):
            return "module_off"
        if self.type_of(draft) not in self.notifying_types:
            return "type_off"
        is_close = draft.span.starts_at - self.order.now < NO_REMINDER_WITHIN
        return "none" if is_close else "planned"

    def type_of(self, draft: Draft) -> int:
        """Return the type that the file's word is mapped to, else the default one."""
        found = (self.types[said.lower()] for said in draft.raw.types if said.lower() in self.types)
        return next(found, self.default_type)


def mapped(by_name: dict[str, int], name: str) -> int:
    """Return the type that the type map points to. Raises FileRefused when the clinic has none of that name."""
    if name.lower() not in by_name:
        raise FileRefused(f"Klinikken har ingen timetype «{name}». Opprett den, eller rett koblingen.")
    return by_name[name.lower()]


def standing_default(order: Order) -> int:
    """Return the clinic's type for imported appointments, 0 when it has yet to be made."""
    found = AppointmentType.objects.of(order.clinic).filter(is_import_default=True).values_list("pk", flat=True)
    return found.first() or 0


def default_type(order: Order) -> AppointmentType:
    """Return the clinic's type for imported appointments, made with notices off when missing (spec D11)."""
    types = AppointmentType.objects.of(order.clinic)
    if standing := types.filter(is_import_default=True).first():
        return standing  # type: ignore[no-any-return]
    taken = set(types.filter(name__startswith=DEFAULT_TYPE).values_list("name", flat=True))
    names = [DEFAULT_TYPE, *(f"{DEFAULT_TYPE} {number}" for number in range(2, len(taken) + 3))]
    name = next(name for name in names if name not in taken)
    return AppointmentType.objects.create(clinic=order.clinic, name=name, notices=False, is_import_default=True)


def place_name(raw: RawAppointment) -> str:
    """Return the place as the row holds it."""
    return " ".join(raw.place.split())[:PLACE_MAX]


def differs(draft: Draft, row: Appointment) -> bool:
    """Whether the file says otherwise than the clinic's book."""
    theirs = (draft.span.starts_at, draft.span.ends_at, draft.status, draft.patient, draft.practitioner)
    return theirs != (row.starts_at, row.ends_at, row.status, row.patient_id, row.practitioner_id)
