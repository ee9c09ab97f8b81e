"""Why an imported appointment gave no notice: its own row says it, so nothing is stored at import (spec D11, J3)."""

from __future__ import annotations

from notifications import outbox, reach
from notifications.kinds import Kind, Reason
from notifications.models import Notification, Silence
from patients.models import Patient
from timebook import events, planning
from timebook.models import Appointment, Source


def imported(appointment_pk: int, patient: Patient) -> list[Silence]:
    """Return what an import left untold about the appointment: the confirmation always, the reminder perhaps."""
    rows = Appointment.objects.of(patient.clinic).filter(pk=appointment_pk, patient=patient, source=Source.IMPORT)
    appointment = rows.select_related("clinic", "type", "patient").first()
    if appointment is None:
        return []
    told = [unsaid(appointment, Kind.APPOINTMENT_SET_UP, Reason.IMPORTED)]
    reminders: list[Notification] = list(planning.about(appointment).filter(kind=Kind.APPOINTMENT_REMINDER)[:1])
    if appointment.barred_start == appointment.starts_at:
        told.append(unsaid(appointment, Kind.APPOINTMENT_REMINDER, Reason.UNDER_48_HOURS))
    elif not reminders and not planning.notifies(appointment):
        told.append(unsaid(appointment, Kind.APPOINTMENT_REMINDER, planning.off(appointment)))
    return told


def unsaid(appointment: Appointment, kind: Kind, reason: Reason) -> Silence:
    """Return an unsaved silence as of the import, with the values as they are now."""
    at = appointment.created_at
    silence = outbox.silence(
        planning.promise(appointment, kind, planning.NEWS, now=at, due_at=at),
        reason,
        seen=reach.see_now(kind, appointment.patient, type=appointment.type.notices),
        remedy_at=events.reminder_due(appointment.starts_at) if reason == Reason.UNDER_48_HOURS else None,
    )
    silence.clinic = appointment.clinic
    return silence
