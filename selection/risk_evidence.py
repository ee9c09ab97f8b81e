"""Each rule as one query over the clinic's journal, the same on PostgreSQL and SQLite (spec H1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DateField, DecimalField, Exists, F, Func, Max, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from clinics.models import Clinic
from patients.journal import EntryType, JournalEntry
from patients.models import Patient
from selection.risk_rules import AgeRule, Ages, CodeRule, Programme, Rule, ValueRule

AGE = "age"  # the type of evidence that is no journal entry
# What every query returns, in this order.
COLUMNS = ("patient_id", "kind", "table", "mark", "words", "newest", "times", "amount", "measure")


class DaysBefore(Func):
    """The day so many days before another."""

    output_field = DateField()

    def __init__(self, day: Any, days: int) -> None:
        self.days = int(days)
        super().__init__(day)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Compute it on SQLite, where a day is a text."""
        return self.as_sql(compiler, connection, template=f"date(%(expressions)s, '-{self.days} days')", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Compute it on PostgreSQL."""
        return self.as_sql(compiler, connection, template=f"(%(expressions)s - {self.days})", **context)


def evidence(clinic: Clinic, rule: Rule, day: date) -> QuerySet[Any, Any]:
    """Return what the rule finds at the clinic on that day: one row for each patient and code, in COLUMNS.

    By patient: the index of the table they go to is then written from one end to the other, and not all over.
    """
    match rule:
        case AgeRule():
            found = of_age(clinic, rule, day)
        case CodeRule():
            found = of_codes(clinic, rule, day)
        case ValueRule():
            found = of_values(clinic, rule, day)
    rows: QuerySet[Any, Any] = found.values(*COLUMNS).order_by("patient_id")
    return rows


def of_age(clinic: Clinic, rule: AgeRule, day: date) -> Any:
    """Find everyone of the age; the day is the day of birth."""
    patients = Patient.objects.of(clinic).filter(born(rule.ages, day, "birth_date"))
    return patients.annotate(patient_id=F("pk"), newest=F("birth_date"), times=Value(1), **constant(AGE))


def of_codes(clinic: Clinic, rule: CodeRule, day: date) -> Any:
    """Find the entries with the codes, and keep the newest day of each code."""
    entries = JournalEntry.objects.of(clinic).filter(
        begins(rule.codes), counts(rule, day), type=rule.type, system=rule.system, starts_on__lte=day
    )
    if rule.but_not:
        entries = entries.exclude(begins(rule.but_not))
    if rule.begun_days:
        entries = entries.filter(starts_on__lte=day - timedelta(days=rule.begun_days))
    if rule.lasting_days:
        end = Coalesce("ends_on", Value(day, DateField()))
        last = entries.filter(starts_on__lte=day - timedelta(days=rule.lasting_days))
        entries = last.filter(starts_on__lte=DaysBefore(end, rule.lasting_days))
    if rule.ended_by:
        entries = entries.exclude(Exists(endings(clinic, rule, day)))
    if rule.ages:
        entries = entries.filter(born(rule.ages, day, "patient__birth_date"))
    by_code = entries.values("patient_id", "code", kind=F("type"), table=F("system"), mark=F("code"))
    return by_code.annotate(words=Max("text"), newest=Max("starts_on"), times=Count("pk"), **no_value())


def counts(rule: CodeRule, day: date) -> Q:
    """Ask for entries that count on the day: see CodeRule."""
    since = rule.since(day)
    if since is None:
        return Q(ends_on=None) | Q(ends_on__gte=day)
    open_ended = Q(ends_on=None) if rule.type == EntryType.MEDICINE else Q(ends_on=None, starts_on__gte=since)
    return open_ended | Q(ends_on__gte=since)


def endings(clinic: Clinic, rule: CodeRule, day: date) -> Any:
    """Return the entries that end the entry outside."""
    return JournalEntry.objects.of(clinic).filter(
        begins(rule.ended_by),
        patient=OuterRef("patient"),
        type=rule.type,
        system=rule.system,
        starts_on__gte=OuterRef("starts_on"),
        starts_on__lte=day,
    )


def of_values(clinic: Clinic, rule: ValueRule, day: date) -> Any:
    """Find the newest measurement within the period, or the newest beyond the limit with another long before it."""
    taken = JournalEntry.objects.of(clinic).filter(
        type=EntryType.OBSERVATION,
        code__in=rule.codes,
        value__isnull=False,
        starts_on__lte=day,
        starts_on__gte=rule.since(day),
    )
    beyond = taken.filter(limit(rule))
    mine = (beyond if rule.apart_days else taken).filter(patient=OuterRef("patient"))
    newer = Q(starts_on__gt=OuterRef("starts_on")) | Q(starts_on=OuterRef("starts_on"), pk__gt=OuterRef("pk"))
    found = beyond.exclude(Exists(mine.filter(newer)))
    if rule.apart_days:
        found = found.filter(Exists(mine.filter(starts_on__lte=DaysBefore(OuterRef("starts_on"), rule.apart_days))))
    if rule.ages:
        found = found.filter(born(rule.ages, day, "patient__birth_date"))
    names = {"kind": F("type"), "table": F("system"), "mark": F("code"), "words": F("text"), "newest": F("starts_on")}
    return found.annotate(**names, times=Value(1), amount=F("value"), measure=F("unit"))


def limit(rule: ValueRule) -> Q:
    """Ask for values beyond the limit; the limit itself is not."""
    if rule.above is not None:
        return Q(value__gt=Decimal(str(rule.above)))
    return Q(value__lt=Decimal(str(rule.below)))


def born(ages: Ages, day: date, field: str) -> Q:
    """Ask for a day of birth that gives the age; a card without one has none."""
    after, last = ages.born(day)
    asked = Q(**{f"{field}__lte": last})
    return asked if after is None else asked & Q(**{f"{field}__gt": after})


def begins(codes: Iterable[str]) -> Q:
    """Ask for a code that begins like one of these."""
    asked = Q()
    for code in codes:
        asked |= Q(code__startswith=code)
    return asked


def no_value() -> dict[str, Any]:
    """Return the columns of a measurement, empty."""
    return {"amount": Value(None, DecimalField(max_digits=14, decimal_places=4)), "measure": Value("")}


def constant(kind: str) -> dict[str, Any]:
    """Return the columns of a journal entry, empty."""
    return {"kind": Value(kind), "table": Value(""), "mark": Value(""), "words": Value("")} | no_value()


def vaccinations(clinic: Clinic, programme: Programme, day: date) -> Any:
    """Return patient and day of the vaccines that make a person done."""
    asked = Q()
    for system, codes in programme.vaccinated.codes.items():
        asked |= Q(begins(codes), system=system)
    given = JournalEntry.objects.of(clinic).filter(asked, type=EntryType.VACCINE)
    period = given.filter(starts_on__gte=programme.vaccinated_since(day), starts_on__lte=day)
    return period.order_by().values("patient_id", "starts_on")
