"""What an appointment says of itself when a notice about it is judged (design, section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinics.models import Place, Practitioner
from notifications.kinds import CANCELLATIONS, Kind, Reason, State, SubjectType
from notifications.models import Notification
from notifications.subjects import Facts, Stop
from timebook import invitation
from timebook.models import Appointment, AppointmentType, Status


class AppointmentSubject:
    """The registry's entry for appointments."""

    type = SubjectType.APPOINTMENT

    def facts(self, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
        """Return facts by notification pk, with one query."""
        keys = {notification.subject_id for notification in notifications}
        rows = Appointment.objects.filter(pk__in=keys)
        found = {row.pk: row for row in rows.select_related("clinic", "practitioner", "place", "type")}
        found |= deleted([notification for notification in notifications if notification.subject_id not in found])
        return {
            notification.pk: facts(notification, appointment, now)
            for notification in notifications
            if (appointment := found.get(notification.subject_id))
        }


def deleted(notifications: Sequence[Notification]) -> dict[int, Appointment]:
    """Return deleted appointments by pk, made again from what their cancellations keep (spec D3)."""
    kept = [(row, row.baseline["gone"]) for row in notifications if row.baseline and "gone" in row.baseline]
    if not kept:
        return {}
    practitioners = Practitioner.objects.in_bulk({gone["practitioner_id"] for _, gone in kept})
    places = Place.objects.in_bulk({gone["place_id"] for _, gone in kept} - {None})
    types = AppointmentType.objects.in_bulk({gone["type_id"] for _, gone in kept})
    return {
        row.subject_id: Appointment(
            clinic=row.clinic,
            practitioner=practitioners[gone["practitioner_id"]],
            place=places.get(gone["place_id"]),
            type=types[gone["type_id"]],
            starts_at=datetime.fromisoformat(gone["starts_at"]),
            ends_at=datetime.fromisoformat(gone["ends_at"]),
            status=Status.CANCELLED,
            uid=gone["uid"],
            sequence=gone["sequence"],
            created_at=row.event_at,
        )
        for row, gone in kept
        if gone["practitioner_id"] in practitioners and gone["type_id"] in types
    }


def facts(notification: Notification, appointment: Appointment, now: datetime) -> Facts:
    """Describe the appointment as it is now (spec C4, D5)."""
    return Facts(
        stop=stop(notification, appointment),
        values=values(appointment, notification.patient.language),
        version=appointment.sequence,
        path="appointments",
        calendar=partial(
            invitation.calendar,
            appointment,
            Kind(notification.kind),
            attendee=notification.patient.email,
            now=now,
            language=notification.patient.language,
        ),
        expires_at=appointment.starts_at,
    )


def stop(notification: Notification, appointment: Appointment) -> Stop | None:
    """Return why the notice no longer holds (spec D7, D9)."""
    is_cancellation = notification.kind in CANCELLATIONS
    if is_cancellation and appointment.is_booked:
        return Stop(State.CANCELLED, Reason.APPOINTMENT_RESTORED)
    if not is_cancellation and not appointment.is_booked:
        return Stop(State.CANCELLED, Reason.APPOINTMENT_CANCELLED)
    if notification.kind == Kind.APPOINTMENT_REMINDER and notification.expires_at != appointment.starts_at:
        return Stop(State.REPLACED, Reason.APPOINTMENT_MOVED)
    if not appointment.type.notices:
        return Stop(State.SUPPRESSED, Reason.TYPE_OFF)
    return None


def values(appointment: Appointment, language: str) -> dict[str, str]:
    """Return what templates may say: never the type's name, the reason or the remark (spec C4)."""
    start = appointment.starts_at.astimezone(appointment.clinic.zone)
    place = appointment.place
    with translation.override(language):
        clock = date_format(start, _("H.i"))
        times = {
            "when": _("%(date)s kl. %(time)s") % {"date": date_format(start, _("l j. F Y")), "time": clock},
            "when_short": _("%(date)s kl. %(time)s") % {"date": date_format(start, _("D. d.m.Y")), "time": clock},
            "date": date_format(start, _("d.m.Y")),
        }
    return {
        **times,
        "practitioner": appointment.practitioner.name,
        "place": ", ".join(part for part in (place.name, place.address) if part) if place else appointment.clinic.alias,
        "phone": appointment.clinic.phone,
    }
