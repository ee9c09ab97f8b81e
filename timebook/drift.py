"""Nightly reconcile: every coming appointment that should have a reminder has one (design, section 2)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from notifications.kinds import Kind, State, SubjectType
from notifications.models import Notification
from timebook import events, planning
from timebook.models import Appointment


def mend(now: datetime) -> int:
    """Plan the reminders that a bulk change left out. Returns how many appointments had none."""
    standing = Notification.objects.filter(
        subject_type=SubjectType.APPOINTMENT,
        subject_id=OuterRef("pk"),
        kind=Kind.APPOINTMENT_REMINDER,
        expires_at=OuterRef("starts_at"),
        state__in=[State.WAITING, State.DISPATCHED],
    )
    far = planning.notifying(Appointment.objects.all(), now).filter(starts_at__gte=now + events.REMINDER_LEAD)
    missing = list(far.filter(~Exists(standing)).values_list("pk", flat=True))
    for first in range(0, len(missing), planning.CHUNK):
        planning.plan_reminders(missing[first : first + planning.CHUNK], now)
    return len(missing)
