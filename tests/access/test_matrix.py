"""The permission matrix is one file, and says what spec A7 says."""

from __future__ import annotations

import pytest

from clinics.access import MATRIX, Right, rights_of
from clinics.models import Membership, Role

EVERYONE_MAY = {"read_card", "edit_card", "record_consent", "book", "resend", "write_dialog", "mark_paid"}
BY_GRANT = {"may_bulk_send": Right.BULK_SEND, "may_export": Right.EXPORT}


def member(role: str, **fields: bool) -> Membership:
    """Return an unsaved membership."""
    return Membership(role=role, **fields)


@pytest.mark.parametrize("role", list(MATRIX))
@pytest.mark.parametrize("right", list(Right))
def test_a_role_has_the_rights_of_spec_a7(role: str, right: Right) -> None:
    """spec A7: everyone works with cards and appointments; the rest is the manager's."""
    expected = role == Role.MANAGER or right.value in EVERYONE_MAY

    assert (right in rights_of(member(role))) == expected


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.SECRETARY])
@pytest.mark.parametrize(("field", "right"), BY_GRANT.items())
def test_bulk_and_export_come_by_grant(role: str, field: str, right: Right) -> None:
    """spec A7: bulk sending and exports need a right of their own."""
    assert right in rights_of(member(role, **{field: True}))


@pytest.mark.parametrize("role", list(MATRIX))
def test_a_membership_out_of_use_gives_nothing(role: str) -> None:
    assert rights_of(member(role, is_active=False, may_export=True)) == frozenset()


def test_every_role_is_in_the_matrix() -> None:
    assert set(MATRIX) == set(Role.values)
    assert rights_of(None) == frozenset()
