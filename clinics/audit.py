"""Write the append-only log of who read or changed which patient (research: threat 34)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clinics.models import AuditAction, AuditEvent

if TYPE_CHECKING:
    from clinics.models import Clinic, User


def record(
    action: AuditAction,
    *,
    clinic: Clinic | None,
    actor: User | None,
    patient_id: int | None = None,
    what: str = "",
    source: str = "web",
) -> None:
    """Add one line. `what` names fields, views or counts, never values. A failing write fails the caller."""
    AuditEvent.objects.create(
        action=action, clinic=clinic, actor=actor, patient_id=patient_id, what=what[:120], source=source
    )


def record_each(
    action: AuditAction,
    *,
    clinic: Clinic,
    actor: User,
    patient_ids: Iterable[int],
    what: str = "",
    source: str = "web",
) -> None:
    """Add one line for each patient that a list showed."""
    known = {"action": action, "clinic": clinic, "actor": actor, "what": what[:120], "source": source}
    AuditEvent.objects.bulk_create(AuditEvent(patient_id=pk, **known) for pk in patient_ids)


def record_search(*, clinic: Clinic, actor: User, patient_ids: Iterable[int]) -> None:
    """Add one line for each patient that a search showed."""
    AuditEvent.objects.bulk_create(
        AuditEvent(action=AuditAction.SEARCH, clinic=clinic, actor=actor, patient_id=pk) for pk in patient_ids
    )
