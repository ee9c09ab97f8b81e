"""What switching notices on would do, before it is done: the set shown is the set made (spec D8, D11, D13)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from clinics.models import Clinic
from notifications import decision, reach
from notifications.kinds import Kind, Reason, State, SubjectType
from notifications.models import Notification
from timebook import events, planning
from timebook.models import Appointment, AppointmentQuerySet, AppointmentType

SHOWN = 25  # names a list shows; the numbers count everybody


@dataclass(slots=True)
class Foresight:
    """How many appointments get a reminder at once, later or not at all, and who cannot be reached."""

    now: datetime
    at_once: int = 0
    later: int = 0
    standing: int = 0  # planned before notices went off, and still waiting
    none: dict[Reason, int] = field(default_factory=dict)
    unreachable: dict[Reason, int] = field(default_factory=dict)
    first_at_once: list[Appointment] = field(default_factory=list)
    first_unreachable: list[tuple[Appointment, Reason]] = field(default_factory=list)
    digest: str = ""

    @property
    def reminders(self) -> int:
        """How many reminders are planned."""
        return self.at_once + self.later

    @property
    def without(self) -> list[tuple[str, int]]:
        """Why some get none, in words."""
        return [(str(reason.label), count) for reason, count in self.none.items()]

    @property
    def unreached(self) -> list[tuple[str, int]]:
        """Why some cannot be reached, in words."""
        return [(str(reason.label), count) for reason, count in self.unreachable.items()]


def of_type(row: AppointmentType, now: datetime) -> Foresight:
    """Say what switching the type on now would do; with the module off it would do nothing yet."""
    return look_ahead(Appointment.objects.filter(type=row), row.clinic, now, module=row.clinic.timebook_notices)


def of_module(clinic: Clinic, now: datetime) -> Foresight:
    """Say what switching the Timebok module on now would do for every type with notices on (spec D8)."""
    return look_ahead(Appointment.objects.of(clinic).filter(type__notices=True), clinic, now, module=True)


def look_ahead(rows: AppointmentQuerySet, clinic: Clinic, now: datetime, *, module: bool) -> Foresight:
    """Judge every coming appointment by the very rules that plan; constant memory."""
    seen, digest = Foresight(now), hashlib.sha256()
    coming = rows.coming(now).order_by("pk").select_related("clinic", "patient", "practitioner")
    reminded = slots_of(rows, now)
    for batch in in_batches(coming):
        pushable = reach.with_push((row.patient for row in batch), now)
        for row in batch:
            standing = reminded.get((row.pk, events.reminder_slot(row.starts_at)))
            due_at, why_not = due(row, now, module=module, standing=standing)
            if due_at is not None:
                digest.update(f"{row.pk}:{due_at == now};".encode())
                count(seen, row, pushable, is_now=due_at <= now, clinic=clinic)
            elif standing == State.WAITING and module:
                seen.standing += 1
            else:
                seen.none[why_not] = seen.none.get(why_not, 0) + 1
    seen.digest = digest.hexdigest()[:32]
    return seen


def in_batches(rows: AppointmentQuerySet, size: int = planning.CHUNK) -> Iterator[list[Appointment]]:
    """Yield the rows by the batch, read as they are asked for."""
    source = rows.iterator(size)
    while batch := list(islice(source, size)):
        yield batch


def slots_of(rows: AppointmentQuerySet, now: datetime) -> dict[tuple[int, str], str]:
    """Return the reminders that stand or have gone out: there is at most one for each start (spec D6)."""
    standing = Notification.objects.filter(
        subject_type=SubjectType.APPOINTMENT,
        subject_id__in=rows.coming(now).values("pk"),
        kind=Kind.APPOINTMENT_REMINDER,
        state__in=[State.WAITING, State.DISPATCHED],
    )
    return {(pk, slot): state for pk, slot, state in standing.values_list("subject_id", "slot", "state")}


def due(row: Appointment, now: datetime, *, module: bool, standing: str | None) -> tuple[datetime | None, Reason]:
    """Return when a new reminder would go out, or None and the reason."""
    if row.source in planning.FOREIGN:
        return None, Reason.NOTIFIED_BY_OTHERS
    if not module:
        return None, Reason.MODULE_OFF
    if row.barred_start == row.starts_at:
        return None, Reason.UNDER_48_HOURS
    if standing:
        return None, Reason.ALREADY_REMINDED
    return planning.late_reminder(row, now), Reason.SWITCHED_ON_LATE


def count(seen: Foresight, row: Appointment, pushable: set[int], *, is_now: bool, clinic: Clinic) -> None:
    """Count one reminder, and whether it would reach the patient as things are."""
    if is_now:
        seen.at_once += 1
        seen.first_at_once += [row] if len(seen.first_at_once) < SHOWN else []
    else:
        seen.later += 1
    found = reach.reach(row.patient, clinic, pushable)
    as_switched = replace(reach.see(Kind.APPOINTMENT_REMINDER, row.patient, clinic, found), module=True)
    decided = decision.decide(as_switched)
    if not decided.goes_out:
        reason = Reason(decided.reason)
        seen.unreachable[reason] = seen.unreachable.get(reason, 0) + 1
        seen.first_unreachable += [(row, reason)] if len(seen.first_unreachable) < SHOWN else []
