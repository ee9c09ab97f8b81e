"""A search's tree as one condition on patients: EXISTS for every entry, so that the planner may join (spec G2).

What users type is only ever a parameter: the ORM quotes it, and LIKE's own signs in it are escaped.
"""

from __future__ import annotations

import calendar
import operator
import os.path
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr
from django.db.models.lookups import In

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
            return reduce(operator.and_, [self.condition(child) for child in group.children])
        mergeable = [child for child in group.children if isinstance(child, c.Entry) and is_plain(child)]
        parts = [self.condition(child) for child in group.children if child not in mergeable]
        if mergeable:  # one EXISTS can be joined; an OR of several cannot
            plain = reduce(operator.or_, [self.entry_q(child) for child in mergeable])
            parts.append(Q(Exists(self.journal().filter(plain))))
        return EVERYONE if not all(parts) else reduce(operator.or_, parts)

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
        if leaf.comparison:
            rows = self.compared(rows, leaf)
        return Q(Exists(rows))

    def compared(self, rows: QuerySet[JournalEntry], leaf: c.Entry) -> QuerySet[JournalEntry]:
        """Keep measured values that compare so; of the newest only, when that is asked."""
        found = rows.filter(**{LOOKUPS[leaf.comparison]: leaf.value})
        if not leaf.latest:
            return found
        same = JournalEntry.objects.of(self.clinic).filter(self.entry_q(leaf), patient=OuterRef("patient"))
        later = Q(starts_on__gt=OuterRef("starts_on")) | Q(starts_on=OuterRef("starts_on"), pk__gt=OuterRef("pk"))
        return found.filter(~Exists(same.filter(later, value__isnull=False)))

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
