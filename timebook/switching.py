"""Switch a type's notices on or off; the plan follows by signal (spec D1, D8, D9)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from clinics import audit
from clinics.models import AuditAction, User
from timebook import foresight
from timebook.models import AppointmentType


class Changed(Exception):
    """What switching would do is no longer what was shown."""


@transaction.atomic
def switch_type(
    type: AppointmentType,  # noqa: A002 - the clinic's word
    *,
    on: bool,
    by: User,
    now: datetime | None = None,
    seen: str | None = None,
) -> AppointmentType:
    """Switch notices for a type. Off: what waits is judged when it is due, and not sent (spec D9).

    `seen` is the digest of the foresight that was shown. Raises Changed when it no longer holds.
    """
    now = now or timezone.now()
    rows = AppointmentType.objects.select_for_update(of=("self",)).select_related("clinic")
    current: AppointmentType = rows.get(pk=type.pk)
    if current.notices == on:
        return current
    if on and seen is not None and foresight.of_type(current, now).digest != seen:
        raise Changed
    current.notices, current.acting_at = on, now
    current.save(update_fields=["notices"])
    audit.record(
        AuditAction.SETTING, clinic=current.clinic, actor=by, what=f"type {current.pk} notices {'on' if on else 'off'}"
    )
    return current
