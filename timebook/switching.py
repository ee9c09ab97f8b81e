"""Switch a type's notices on or off; the plan follows by signal (spec D1, D8, D9)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from clinics import audit
from clinics.models import AuditAction, User
from timebook.models import AppointmentType


@transaction.atomic
def switch_type(type: AppointmentType, *, on: bool, by: User, now: datetime | None = None) -> AppointmentType:  # noqa: A002
    """Switch notices for a type. Off: what waits is judged when it is due, and not sent (spec D9)."""
    current: AppointmentType = AppointmentType.objects.select_for_update().get(pk=type.pk)
    if current.notices == on:
        return current
    current.notices, current.acting_at = on, now or timezone.now()
    current.save(update_fields=["notices"])
    audit.record(
        AuditAction.SETTING, clinic=current.clinic, actor=by, what=f"type {current.pk} notices {'on' if on else 'off'}"
    )
    return current
