"""The composer's two lists, a page at a time: a hundred thousand rows never sit in the browser (spec I2, I7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from bulk_send import drafting, eligibility
from bulk_send.models import Bulk, Recipient, Type
from clinics.models import Clinic, User
from notifications.kinds import Reason
from notifications.segments import Size, size
from patients.models import Patient
from post.models import MessageTemplate
from selection import false_positives

PAGE = 100
NEAR = 2_000  # places in the selection that are looked through before the whole of it is
SHORT = {Reason.NOT_ELECTRONIC: _("Ikke elektronisk aktiv"), Reason.NO_CONTACT: _("Mangler mobil og e-post")}
COUNTED = 10_000  # recipients whose numbers the composer compares every time it is shown; the confirmation always does


@dataclass(frozen=True, slots=True)
class Row:
    """One person in a list."""

    patient: Patient
    position: int
    why: str = ""

    @property
    def words(self) -> str:
        """Say why they cannot be moved, in what a narrow column holds."""
        return str(SHORT.get(Reason(self.why)) or Reason(self.why).label) if self.why else ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, from a position on; `more` is where the next page begins."""

    rows: Sequence[Row]
    more: int | None
    first: int


NOBODY = Page((), more=None, first=0)


def left(bulk: Bulk, text: str, after: int) -> Page:
    """Return the recipients."""
    return page(bulk, drafting.named_like(Recipient.objects.filter(bulk=bulk), text), after)


def right(bulk: Bulk, text: str, after: int, *, only_possible: bool) -> Page:
    """Return the available ones, with the reason by the name of those who cannot be moved (spec I3)."""
    rows = drafting.possible(bulk) if only_possible else drafting.available(bulk)
    return page(bulk, drafting.named_like(rows, text), after)


def page(bulk: Bulk, rows: QuerySet[Any], after: int) -> Page:
    """Read one page by its place in the selection, and judge those on it. Five queries at most."""
    found = next_places(rows, after)
    shown = found[:PAGE]
    people = judged(bulk, [pk for pk, _position in shown])
    marked = set(false_positives.among(bulk.selection).filter(patient_id__in=list(people)))
    judge = {pk: Reason.FALSE_POSITIVE if pk in marked else people[pk].why for pk in people}
    return Page(
        [Row(people[pk], position, judge[pk]) for pk, position in shown],
        more=shown[-1][1] if len(found) > PAGE else None,
        first=after,
    )


def next_places(rows: QuerySet[Any], after: int) -> list[tuple[int, int]]:
    """Return the patients and positions of the next page, and one more. Most often they are near.

    The planner takes those who can be moved for a handful, and would judge a hundred thousand to find a page of them.
    """
    rows = rows.order_by("position").values_list("patient", "position")
    near = list(rows.filter(position__gt=after, position__lte=after + NEAR)[: PAGE + 1])
    return near if len(near) > PAGE else list(rows.filter(position__gt=after)[: PAGE + 1])


def judged(bulk: Bulk, keys: Sequence[int]) -> dict[int, Any]:
    """Return these patients with the reason why not, and the marks ePortal and EP-kontakt."""
    rows = Patient.objects.of(bulk.clinic).with_activity()
    found: dict[int, Any] = rows.annotate(why=eligibility.why_not(bulk.type, bulk.clinic)).in_bulk(keys)
    return found


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands at the foot: how many are chosen, are left, cannot be moved and why, and what it costs."""

    chosen: int
    available: int
    blocked: int
    reasons: Sequence[str]
    parts: Size
    shared: int  # chosen persons who share a number with another of them (allowed, but shown); 0 when not counted

    @property
    def parts_in_all(self) -> int:
        """SMS parts of all messages, by the text as written."""
        return self.chosen * self.parts.parts


def sums(bulk: Bulk, most_shared: int = COUNTED) -> Sums:
    """Count both lists; who shares a number is counted among `most_shared` at most, for every one is compared."""
    chosen = bulk.recipients.count()
    available = bulk.selection.size - chosen
    blocked = why_blocked(bulk) if available else []
    return Sums(
        chosen=chosen,
        available=available,
        blocked=sum(count for _why, count in blocked),
        reasons=[f"{Reason(why).label} ({count})" for why, count in blocked],
        parts=size(bulk.text),
        shared=shared_numbers(bulk) if bulk.type == Type.SMS and chosen <= most_shared else 0,
    )


def why_blocked(bulk: Bulk) -> list[tuple[str, int]]:
    """Count those left who cannot be moved, by reason, the commonest first; false positives among them."""
    rows = drafting.available(bulk).annotate(why=eligibility.why_not(bulk.type, bulk.clinic, "patient__"))
    marked = false_positives.among(bulk.selection)
    out = rows.exclude(patient__in=marked).exclude(why="").order_by().values_list("why")
    found = list(out.annotate(count=Count("pk")).order_by("-count"))
    if count := rows.filter(patient__in=marked).count():
        found.append((Reason.FALSE_POSITIVE, count))
    return found


def shared_numbers(bulk: Bulk) -> int:
    """Count the chosen who share their number with another chosen one: a family, a home (peers: never refused)."""
    numbers = bulk.recipients.order_by().values_list("patient__mobile").annotate(count=Count("pk")).filter(count__gt=1)
    return sum(count for _number, count in numbers)


def templates(clinic: Clinic, user: User) -> QuerySet[MessageTemplate]:
    """Return the texts one can begin with: the clinic's common ones and one's own."""
    rows = MessageTemplate.objects.of(clinic)
    return rows.filter(owner=None) | rows.filter(owner=user)
