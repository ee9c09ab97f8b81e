"""The one gate: every staff view says which right it needs, and finds its rows through the acting clinic (spec A7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from clinics.models import Clinic, Membership, User
from clinics.scope import ClinicRow

if TYPE_CHECKING:
    from clinics.access import Right

Row = TypeVar("Row", bound=ClinicRow)
View = TypeVar("View", bound=Callable[..., HttpResponse])

SIGNED_IN = "signed_in"  # log-in and second factor, but no clinic: one's own settings
PATIENT = "patient"  # the portal's: portal.gate asks for log-in at level 4, and staff's log-in says nothing there
UNMARKED = "unmarked"


class StaffRequest(HttpRequest):
    """A request that has passed the gate: someone logged in, acting for one clinic."""

    user: User
    clinic: Clinic
    membership: Membership
    rights: frozenset[Right]
    htmx: Any


def needs(right: Right) -> Callable[[View], View]:
    """Say which right the view needs. A view that says nothing is refused to everyone."""

    def mark(view: View) -> View:
        view.right = right  # type: ignore[attr-defined]
        return view

    return mark


def does_not_prolong(view: View) -> View:
    """Mark a view that pages ask by themselves: asked by htmx it moves no idle time-out, or none would ever run out."""
    view.prolongs = False  # type: ignore[attr-defined]
    return view


def anyone(view: View) -> View:
    """Mark a view that needs no log-in (webhooks, the landing page of a link)."""
    view.right = None  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Mark a view that needs log-in and second factor but concerns no clinic (which clinic to act for)."""
    view.right = SIGNED_IN  # type: ignore[attr-defined]
    return view


def row_or_404(request: StaffRequest, model: type[Row], pk: int, **related: Any) -> Row:
    """Return the acting clinic's row; another clinic's is as unknown as one that does not exist. Raises Http404."""
    rows = model.objects.of(request.clinic)
    if select := related.get("select_related"):
        rows = rows.select_related(*select)
    row: Row = get_object_or_404(rows, pk=pk)
    return row
