"""The report of a bulk: everyone or those not told, a page or a stream at a time, found by place (spec I4, I7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bulk_send import outcomes
from bulk_send.models import Bulk, Recipient
from clinics import audit
from clinics.access import Right
from clinics.cells import line
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.models import AuditAction
from notifications.kinds import Reason

PAGE = 50
STREAMED = 500  # recipients in memory at a time


@dataclass(frozen=True, slots=True)
class Page:
    """Some recipients; the places between which they stand, where there are others before or after."""

    rows: Sequence[Recipient]
    before: int | None
    after: int | None


def page_of(rows: QuerySet[Recipient], asked: Mapping[str, str]) -> Page:
    """Return the page after a place (`etter`), before one (`foer`), the last (`siste`), or the first.

    No page costs more than the first: nothing is counted, and none of those passed by is read.
    """
    if "siste" in asked or "foer" in asked:
        place = place_in(asked, "foer")
        earlier = rows.filter(position__lt=place) if place is not None else rows
        found = list(earlier.order_by("-position").values_list("pk", flat=True)[: PAGE + 1])
        return turned(found[:PAGE], has_before=len(found) > PAGE, has_after=place is not None)
    place = place_in(asked, "etter")
    later = rows.filter(position__gt=place) if place is not None else rows
    found = list(later.order_by("position").values_list("pk", flat=True)[: PAGE + 1])
    return turned(found[:PAGE], has_before=bool(place), has_after=len(found) > PAGE)


def place_in(asked: Mapping[str, str], name: str) -> int | None:
    """Return the place in the address; what is none is left out."""
    said = asked.get(name, "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


def turned(keys: Sequence[int], *, has_before: bool, has_after: bool) -> Page:
    """Read the page's recipients, and return them with the places of its ends."""
    shown = list(Recipient.objects.filter(pk__in=keys).select_related("patient", "bulk").order_by("position"))
    return Page(
        shown,
        before=shown[0].position if shown and has_before else None,
        after=shown[-1].position if shown and has_after else None,
    )


def reason_in(asked: Mapping[str, str]) -> str | None:
    """Return the reason that the list is narrowed to, empty for all of those not told; None for everyone."""
    if "grunn" not in asked:
        return None
    return asked["grunn"] if asked["grunn"] in Reason.values else ""


@require_GET
@needs(Right.EXPORT)
def export(request: StaffRequest, pk: int) -> HttpResponse:
    """Stream the report as CSV: everyone, what became of them and why; safe in a spreadsheet."""
    row = row_or_404(request, Bulk, pk, select_related=("clinic",))
    audit.record(AuditAction.EXPORT, clinic=request.clinic, actor=request.user, what=f"bulk {pk}")
    response: Any = StreamingHttpResponse(lines(row), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="masseutsendelse-{pk}.csv"'
    streamed: HttpResponse = response
    return streamed


def lines(bulk: Bulk) -> Iterator[str]:
    """Write the report line by line, a page of recipients in memory at a time."""
    yield "\ufeff"
    yield line([_("Navn"), _("Status"), _("Årsak"), _("Tidspunkt"), _("Varslet")])
    after = 0
    people = Recipient.objects.filter(bulk=bulk).select_related("patient", "bulk").order_by("position")
    while rows := list(people.filter(position__gt=after)[:STREAMED]):
        after = rows[-1].position
        for found in outcomes.of(rows):
            at = found.at.astimezone(bulk.clinic.zone).strftime("%d.%m.%Y %H:%M") if found.at else ""
            is_told = {True: _("Ja"), False: _("Nei"), None: ""}[found.is_told]
            yield line([found.patient.name, found.word, found.reason, at, is_told])
