"""The patient books, moves and cancels in the portal, on the clinic's terms (spec B3, D2–D4, D13, D14, K2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinics import hours
from clinics.models import Clinic, Place, Practitioner
from patients import proxies
from patients.models import Patient, Person
from timebook import booking, terms
from timebook.models import ActorKind, Appointment, AppointmentType, Source
from timebook.planning import FOREIGN
from timebook.slots import Openings
from timebook.terms import BookingTerms

MOST_COMING = 8  # of one patient, booked in the portal: nobody books the whole book


def types(clinic: Clinic) -> list[AppointmentType]:
    """Return the types that patients may book themselves."""
    return list(AppointmentType.objects.of(clinic).filter(is_active=True, self_booking=True))


def openings(clinic: Clinic, length: timedelta, now: datetime, *, besides: int = 0) -> Openings:
    """Return where patients may book an appointment of the length. Four queries."""
    own = terms.of(clinic)
    earliest, latest = own.earliest(now), own.latest(now)
    first = earliest.astimezone(clinic.zone).date() - timedelta(days=1)
    schedule = hours.of(clinic, first, own.horizon_days + 3)
    return Openings(practitioners(clinic), length, schedule, earliest, latest, besides)


def practitioners(clinic: Clinic) -> Sequence[Practitioner]:
    """Return those who take appointments."""
    return list(Practitioner.objects.of(clinic).filter(is_active=True))


@transaction.atomic
def book(
    patient: Patient,
    *,
    person: Person,
    type: AppointmentType,
    practitioner: Practitioner,
    starts_at: datetime,
    now: datetime,
) -> Appointment:
    """Book a slot as the patient, `person` being who does it; the same slot again gives the appointment there is.

    Raises booking.Taken when someone else was first, ValidationError for what is not offered.
    """
    rows = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("clinic")
    card: Patient = rows.get(pk=patient.pk)
    mine = Appointment.objects.booked().filter(patient=card)
    same: Appointment | None = mine.filter(type=type, practitioner=practitioner, starts_at=starts_at).first()
    if same:
        return same
    if not AppointmentType.objects.of(card.clinic).filter(pk=type.pk, is_active=True, self_booking=True).exists():
        raise ValidationError(_("Timetypen kan ikke lenger bestilles her. Ring klinikken."))
    length = timedelta(minutes=type.minutes)
    refuse_not_offered(openings(card.clinic, length, now), practitioner, starts_at)
    if mine.coming(now).filter(set_up_by=ActorKind.PATIENT).count() >= MOST_COMING:
        raise ValidationError(_("Du har bestilt så mange timer som du kan her. Ring klinikken hvis du trenger flere."))
    refuse_clash(card, starts_at, starts_at + length)
    return booking.book(
        patient=card,
        practitioner=practitioner,
        place=place_of(card.clinic),
        type=type,
        starts_at=starts_at,
        ends_at=starts_at + length,
        now=now,
        through=through(person, card, now),
    )


@transaction.atomic
def move(
    appointment: Appointment,
    *,
    person: Person,
    version: int,
    practitioner: Practitioner,
    starts_at: datetime,
    now: datetime,
) -> Appointment:
    """Move to another slot as the patient, `person` being who does it; one that stands there already is left as it is.

    Raises booking.Conflict, booking.Taken, ValidationError.
    """
    Patient.objects.select_for_update(no_key=True).get(pk=appointment.patient_id)  # before the appointment's lock
    current = fresh(appointment)
    if current.is_booked and (current.practitioner_id, current.starts_at) == (practitioner.pk, starts_at):
        return current
    own = terms.of(current.clinic)
    if words := why_not_moved(current, own, now):
        raise ValidationError(words)
    length = current.length
    refuse_not_offered(openings(current.clinic, length, now, besides=current.pk), practitioner, starts_at)
    refuse_clash(current.patient, starts_at, starts_at + length, besides=current.pk)
    changes = {"practitioner": practitioner, "starts_at": starts_at, "ends_at": starts_at + length}
    done_by = through(person, current.patient, now)
    return booking.reschedule(current, version=version, by=None, now=now, through=done_by, **changes)


@transaction.atomic
def cancel(appointment: Appointment, *, person: Person, version: int, now: datetime) -> Appointment:
    """Call off (avbestill) as the patient, `person` being who does it; once more changes nothing.

    Raises booking.Conflict, ValidationError.
    """
    current = fresh(appointment)
    if not current.is_booked and current.cancelled_by == ActorKind.PATIENT:
        return current
    if words := why_fixed(current, terms.of(current.clinic), now):
        raise ValidationError(words)
    return booking.cancel(current, version=version, by=None, now=now, through=through(person, current.patient, now))


def through(person: Person, patient: Patient, now: datetime) -> str:
    """Return what the audit line adds of one who acts for the patient today."""
    return proxies.through(person, patient, timezone.localdate(now))


def why_fixed(appointment: Appointment, own: BookingTerms, now: datetime) -> str:
    """Return why the patient can neither move nor cancel it here, and what to do instead; empty when they can."""
    if not appointment.is_booked:
        return _("Timen er avlyst.")
    if appointment.source in FOREIGN:
        return _("Timen er bestilt i %(where)s. Endre eller avbestill den der.") % {
            "where": Source(appointment.source).label
        }
    if appointment.starts_at <= now:
        return _("Timen har begynt eller er over.")
    if own.last_call(appointment.starts_at) < now:
        last = own.last_call(appointment.starts_at).astimezone(appointment.clinic.zone)
        return _("Fristen for å endre eller avbestille her gikk ut %(at)s. Ring klinikken.") % {
            "at": _("%(date)s kl. %(time)s")
            % {"date": date_format(last, _("j. F")), "time": date_format(last, _("H.i"))}
        }
    return ""


def why_not_moved(appointment: Appointment, own: BookingTerms, now: datetime) -> str:
    """Return why the patient cannot move it here; empty when they can."""
    if words := why_fixed(appointment, own, now):
        return words
    if not (appointment.type.is_active and appointment.type.self_booking):
        return _("Timer av denne typen kan ikke flyttes her. Ring klinikken.")
    return ""


def refuse_not_offered(offered: Openings, practitioner: Practitioner, starts_at: datetime) -> None:
    """Refuse a start that nobody offered: outside hours, too soon, too far ahead. Raises ValidationError."""
    if not offered.offers(practitioner, starts_at):
        raise ValidationError(_("Tidspunktet tilbys ikke lenger. Velg et annet."))


def refuse_clash(patient: Patient, starts_at: datetime, ends_at: datetime, *, besides: int = 0) -> None:
    """Refuse a time when the patient is elsewhere at the clinic. Raises ValidationError."""
    mine = Appointment.objects.booked().between(starts_at, ends_at).filter(patient=patient).exclude(pk=besides)
    if mine.exists():
        raise ValidationError(_("Du har alt en time på dette tidspunktet. Velg et annet."))


def fresh(appointment: Appointment) -> Appointment:
    """Return the row as it is now."""
    rows = Appointment.objects.select_related("clinic", "type", "patient", "practitioner", "place")
    row: Appointment = rows.get(pk=appointment.pk)
    return row


def place_of(clinic: Clinic) -> Place | None:
    """Return the clinic's place when it has but one; with more the patient cannot know which."""
    found: list[Place] = list(Place.objects.of(clinic).filter(is_active=True)[:2])
    return found[0] if len(found) == 1 else None
