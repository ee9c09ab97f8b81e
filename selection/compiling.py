"""A search's tree as one condition on patients: EXISTS for every entry, so that the planner may join (spec G2).

What users type is only ever a parameter: the ORM quotes it, and LIKE's own signs in it are escaped.
"""

from __future__ import annotations

import calendar
import operator
import os.path
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Substr
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, LessThan, LessThanOrEqual

from notifications.kinds import FAILED_STATES, DeliveryState, State
from notifications.models import Delivery, Notification
from patients.journal import EntryType, JournalEntry
from patients.models import Patient, PatientQuerySet, PortalAccount
from selection import communication
from selection import criteria as c
from selection.reading import RANGE
from timebook.models import Appointment, Status

if TYPE_CHECKING:
    from clinics.models import Clinic

SENT = [DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED]
NOTIFIED = [State.DISPATCHED, State.EXTERNAL]  # what others notify of is newer news too
COMPARED = {"lt": LessThan, "le": LessThanOrEqual, "eq": Exact, "ge": GreaterThanOrEqual, "gt": GreaterThan}
LOOKUPS = {"lt": "value__lt", "le": "value__lte", "eq": "value", "ge": "value__gte", "gt": "value__gt"}
EVERYONE = Q()
NO_ONE = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Compiler:
    """Where and when the search is made; `today` is a day of the clinic's own."""

    clinic: Clinic
    today: date

    def condition(self, node: c.Node) -> Q:
        """Return the condition on Patient."""
        found = self.group(node) if isinstance(node, c.Group) else LEAVES[type(node)](self, node)
        return ~found if node.negated and found else (NO_ONE if node.negated else found)

    def group(self, group: c.Group) -> Q:
        """Return all, or any, of the children's conditions."""
        if not group.children:
            return EVERYONE
        if group.mode == "all":
            return reduce(operator.and_, self.every(group.children))
        mergeable = [child for child in group.children if isinstance(child, c.Entry) and is_plain(child)]
        parts = [self.condition(child) for child in group.children if child not in mergeable]
        if mergeable:  # one EXISTS can be joined; an OR of several cannot
            plain = reduce(operator.or_, [self.entry_q(child) for child in mergeable])
            parts.append(Q(Exists(self.journal().filter(plain))))
        return EVERYONE if not all(parts) else reduce(operator.or_, parts)

    def every(self, children: Sequence[c.Node]) -> Iterator[Q]:
        """Yield the conditions; a newest value need not drive the query where another criterion narrows the journal."""
        is_narrowed = any(narrows(child) for child in children)
        for child in children:
            if is_narrowed and isinstance(child, c.Entry) and is_newest(child) and not child.negated:
                yield self.newest(child)
            else:
                yield self.condition(child)

    def journal(self) -> QuerySet[JournalEntry]:
        """Return the outer patient's entries."""
        return JournalEntry.objects.of(self.clinic).filter(patient=OuterRef("pk"))

    def start_of(self, day: date) -> datetime:
        """Return the day's beginning by the clinic's clock."""
        return datetime.combine(day, time(), tzinfo=self.clinic.zone)

    def entry_q(self, leaf: c.Entry) -> Q:
        """Return the condition on JournalEntry: type, codes and days."""
        first, last = leaf.period.bounds(self.today)
        found = Q(type=leaf.type, starts_on__lte=last)
        if leaf.codes:
            found &= reduce(operator.or_, [code_q(code) for code in leaf.codes])
        if leaf.system:
            found &= Q(system=leaf.system)
        if first and leaf.type == EntryType.MEDICINE:
            found &= Q(ends_on=None) | Q(ends_on__gte=first)
        elif first:
            found &= Q(starts_on__gte=first)
        if leaf.active:
            found &= Q(ends_on=None) | Q(ends_on__gte=self.today)
        if leaf.for_days:
            found &= Q(starts_on__lte=self.today - timedelta(days=leaf.for_days))
        return found

    def entry(self, leaf: c.Entry) -> Q:
        """A journal entry."""
        rows = self.journal().filter(self.entry_q(leaf))
        if leaf.at_least:
            several = rows.order_by().values("patient").annotate(codes=Count("code", distinct=True))
            return Q(Exists(several.filter(codes__gte=leaf.at_least)))
        if not leaf.comparison:
            return Q(Exists(rows))
        compared = Q(Exists(rows.filter(**{LOOKUPS[leaf.comparison]: leaf.value})))
        return compared & self.newest(leaf) if is_newest(leaf) else compared

    def newest(self, leaf: c.Entry) -> Q:
        """Compare the newest measured value; false, and never unknown, for those who have none.

        One look in an index for each patient whom the rest of the search leaves. An anti-join would look for the newest
        of everyone before any other criterion has its say.
        """
        rows = self.journal().filter(self.entry_q(leaf), value__isnull=False)
        newest = Subquery(rows.order_by("-starts_on", "-pk").values("value")[:1])
        return Q(Coalesce(COMPARED[leaf.comparison](newest, leaf.value), Value(False)))

    def age(self, leaf: c.Age) -> Q:
        """Whole years, as Patient.age counts them."""
        found = Q(birth_date__isnull=False)
        if leaf.low is not None:
            found &= Q(birth_date__lte=years_before(self.today, leaf.low))
        if leaf.high is not None:
            found &= Q(birth_date__gt=years_before(self.today, leaf.high + 1))
        return found

    def visit(self, leaf: c.Visit) -> Q:
        """An appointment that stands."""
        rows = Appointment.objects.of(self.clinic).filter(patient=OuterRef("pk"), status=Status.BOOKED)
        if leaf.when == "coming":
            return Q(Exists(rows.filter(starts_at__gte=self.start_of(self.today))))
        first, last = leaf.period.bounds(self.today)
        end = min(last + timedelta(days=1), self.today)
        rows = rows.filter(starts_at__lt=self.start_of(end))
        return Q(Exists(rows.filter(starts_at__gte=self.start_of(first)) if first else rows))

    def sent(self, leaf: c.Sent) -> Q:
        """Who has been told before: by a notice, or otherwise (an e-contact that its provider notifies of)."""
        notices = Notification.objects.of(self.clinic).filter(patient=OuterRef("pk"), state=State.DISPATCHED)
        hop = Delivery.objects.filter(notification=OuterRef("pk"))
        arrived = Exists(hop.filter(state__in=SENT))
        if leaf.outcome == "notified":
            since = self.start_of(self.today - timedelta(days=leaf.days))
            told = Q(pk__in=communication.told_since(self.clinic, since))
            return told | Q(Exists(notices.filter(arrived, due_at__gte=since)))
        failed = notices.filter(Exists(hop.filter(state__in=FAILED_STATES)), ~arrived)
        same = Notification.objects.of(self.clinic).filter(patient=OuterRef("patient"), state__in=NOTIFIED)
        newer = Q(due_at__gt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__gt=OuterRef("pk"))
        return Q(Exists(failed.filter(~Exists(same.filter(newer)))))

    def reachable(self, leaf: c.Reachable) -> Q:
        """Possible channels, as notifications.reach judges them."""
        email = ~Q(email="") & Q(email_dead="")
        sms = ~Q(mobile="") & Q(is_landline=False, mobile_dead="")
        if not self.clinic.foreign_numbers:
            sms &= Q(mobile__startswith="+47")
        return {"sms": sms, "email": email, "either": sms | email}[leaf.how]


def matching(root: c.Group, clinic: Clinic, today: date) -> PatientQuerySet:
    """Return the clinic's patients for whom the search holds: one query, no patient twice, in no order."""
    found: PatientQuerySet = Patient.objects.of(clinic).filter(Compiler(clinic, today).condition(root))
    return found


def is_plain(leaf: c.Entry) -> bool:
    """Whether the leaf asks for one entry and nothing of its value."""
    return not (leaf.negated or leaf.comparison or leaf.at_least)


def narrows(node: c.Node) -> bool:
    """Whether few are left by an index of the journal's or by a choice of several; a newest value leaves most."""
    if node.negated:
        return False
    if isinstance(node, c.Group):
        return bool(node.children) and (node.mode == "any" or any(narrows(child) for child in node.children))
    return isinstance(node, c.Entry) and not is_newest(node)


def is_newest(leaf: c.Entry) -> bool:
    """Whether the leaf asks for the newest value, of whatever is measured."""
    return bool(leaf.comparison and leaf.latest)


def code_q(code: str) -> Q:
    """Return the condition for a code that begins so, or lies in a range such as K74-K77."""
    span = RANGE.fullmatch(code)
    if not span:
        return Q(code__startswith=code)
    letter, low, _other, high = span.groups()
    wanted = [f"{letter}{number:02d}" for number in range(int(low), int(high) + 1)]
    # The shared beginning is read from the index, whatever the database's collation.
    shared = os.path.commonprefix([wanted[0], wanted[-1]])
    return Q(code__startswith=shared) & Q(In(Substr(F("code"), 1, 3), wanted))


def years_before(day: date, years: int) -> date:
    """Return the latest birth date of someone who is so many years old on the day."""
    year = max(day.year - years, 1)
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def area(_compiler: Compiler, leaf: c.Area) -> Q:
    """Municipalities or postcodes."""
    found = Q(municipality__in=leaf.municipalities)
    for code in leaf.postcodes:
        low, dash, high = code.partition("-")
        found |= Q(postal_code__gte=low, postal_code__lte=high) if dash else Q(postal_code__startswith=low)
    return found


def electronic(_compiler: Compiler, leaf: c.Electronic) -> Q:
    """ePortal: has logged in; EP-kontakt: the clinic's provider knows them (spec I3)."""
    eportal = Q(Exists(PortalAccount.objects.filter(person=OuterRef("person"))))
    econtact = Q(has_econtact=True)
    return {"eportal": eportal, "econtact": econtact, "either": econtact | eportal}[leaf.how]


def general_practitioner(_compiler: Compiler, leaf: c.GeneralPractitioner) -> Q:
    """On one of the lists, or on none."""
    return Q(general_practitioner__in=leaf.ids) if leaf.ids else Q(general_practitioner=None)


LEAVES: Mapping[type[c.Node], Callable[[Compiler, Any], Q]] = {
    c.Age: Compiler.age,
    c.SexIs: lambda _compiler, leaf: Q(sex=leaf.sex),
    c.Entry: Compiler.entry,
    c.Visit: Compiler.visit,
    c.GeneralPractitioner: general_practitioner,
    c.Area: area,
    c.ConsentIs: lambda _compiler, leaf: Q(consent=leaf.consent),
    c.Electronic: electronic,
    c.Reachable: Compiler.reachable,
    c.Sent: Compiler.sent,
}
