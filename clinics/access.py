"""Who may do what at a clinic: the whole permission matrix (spec A7). Nothing else decides."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from clinics.models import Role

if TYPE_CHECKING:
    from clinics.models import Membership


class Right(StrEnum):
    """What a view can ask for."""

    READ_CARD = "read_card"
    EDIT_CARD = "edit_card"
    RECORD_CONSENT = "record_consent"
    BOOK = "book"
    RESEND = "resend"
    WRITE_DIALOG = "write_dialog"
    MARK_PAID = "mark_paid"
    SWITCH_TYPES = "switch_types"
    MANAGE_STAFF = "manage_staff"
    MANAGE_TEMPLATES = "manage_templates"
    MANAGE_PRACTITIONERS = "manage_practitioners"
    IMPORT = "import"
    INTEGRATE = "integrate"
    READ_AUDIT = "read_audit"
    BULK_SEND = "bulk_send"
    EXPORT = "export"


EVERYONE = frozenset(
    {
        Right.READ_CARD,
        Right.EDIT_CARD,
        Right.RECORD_CONSENT,
        Right.BOOK,
        Right.RESEND,
        Right.WRITE_DIALOG,
        Right.MARK_PAID,
    }
)
MATRIX: dict[str, frozenset[Right]] = {
    Role.CLINICIAN: EVERYONE,
    Role.SECRETARY: EVERYONE,
    Role.MANAGER: frozenset(Right),
}


def rights_of(membership: Membership | None) -> frozenset[Right]:
    """Return every right that the membership gives; none without one."""
    if membership is None or not membership.is_active:
        return frozenset()
    rights = MATRIX[membership.role]
    if membership.may_bulk_send:
        rights |= {Right.BULK_SEND}
    if membership.may_export:
        rights |= {Right.EXPORT}
    return rights
