"""Write what an analysis finds: INSERT … SELECT, whatever the number of patients; no row comes through Python (H1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from patients.journal import EntryType
from selection.risk_evidence import evidence, vaccinations
from selection.risk_models import Change, FalsePositive, KnownEvidence, RiskAnalysis, RiskEvidence, RiskPerson, Weight
from selection.risk_rules import Group, Programme, Rule

# The tables' names are constants and the inner query is the ORM's own; every value is a parameter.
EVIDENCE = """
WITH found (patient_id, kind, system, code, words, newest, times, amount, measure) AS ({found})
INSERT INTO selection_riskevidence (analysis_id, patient_id, "group", rule, weight, type, system, code, text, "on",
    entries, value, unit, "key")
SELECT %s, patient_id, %s, %s, %s, kind, system, code, words, newest, times, CAST(amount AS numeric), measure,
    %s || '|' || code || CASE WHEN kind = %s THEN '|' || newest ELSE '' END
FROM found
"""
# One pass over this analysis' evidence, the one before and the vaccines; no join that a planner can get wrong.
PEOPLE = """
INSERT INTO selection_riskperson (analysis_id, patient_id, weight, change, done_on)
SELECT %s, patient_id, MIN(weight),
    CASE WHEN %s THEN %s WHEN MAX(earlier) = 0 THEN %s WHEN SUM(CASE WHEN is_now <> earlier THEN 1 ELSE 0 END) = 0
        THEN %s ELSE %s END,
    MAX(given)
FROM (
    SELECT patient_id, "key", MAX(is_now) AS is_now, MAX(earlier) AS earlier, MIN(weight) AS weight, MAX(given) AS given
    FROM (
        SELECT patient_id, "key", 1 AS is_now, 0 AS earlier, weight, CAST(NULL AS date) AS given
        FROM selection_riskevidence WHERE analysis_id = %s
        UNION ALL
        SELECT patient_id, "key", 0, 1, CAST(NULL AS smallint), CAST(NULL AS date)
        FROM selection_riskevidence WHERE analysis_id = %s
        UNION ALL
        SELECT patient_id, '', 0, 0, CAST(NULL AS smallint), starts_on FROM ({given}) AS vaccine
    ) AS facts GROUP BY patient_id, "key"
) AS keys GROUP BY patient_id HAVING MAX(is_now) = 1 ORDER BY patient_id
"""


def compiled(query: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the query's SQL and parameters. Raises EmptyResultSet when it can find nothing."""
    sql, params = query.query.get_compiler(connection=connection).as_sql()
    return sql, tuple(params)


def execute(sql: str, params: tuple[Any, ...]) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def insert_evidence(analysis: RiskAnalysis, group: Group, rule: Rule) -> None:
    """Insert what one rule finds."""
    try:
        found, params = compiled(evidence(analysis.clinic, rule, analysis.day))
    except EmptyResultSet:
        return
    outer = (analysis.pk, group.key, rule.key, rule.weight.value, rule.key, EntryType.OBSERVATION.value)
    execute(EVIDENCE.format(found=found), (*params, *outer))


def insert_people(analysis: RiskAnalysis, programme: Programme) -> None:
    """Insert everyone with evidence: the strongest weight, what has changed, the newest vaccine of the period."""
    given, params = compiled(vaccinations(analysis.clinic, programme, analysis.day))
    changes = (Change.FIRST.value, Change.NEW.value, Change.KEPT.value, Change.CHANGED.value)
    outer = (analysis.pk, analysis.previous_id is None, *changes, analysis.pk, analysis.previous_id)
    execute(PEOPLE.format(given=given), (*outer, *params))


def take_memory() -> None:
    """Let this transaction's statements sort and group in memory: at a million patients they went by the disk."""
    if connection.vendor == "postgresql":
        execute("SET LOCAL work_mem = '64MB'", ())


def refresh_statistics() -> None:
    """Tell PostgreSQL's planner of the rows just written: with figures from before, comparing analyses took minutes."""
    if connection.vendor == "postgresql":
        execute("ANALYZE selection_riskevidence, selection_riskperson", ())


def raise_marks(analysis: RiskAnalysis, now: datetime) -> None:
    """Raise again the marks of those with evidence that did not stand when they were marked (spec H2)."""
    known = KnownEvidence.objects.filter(mark=OuterRef(OuterRef("pk")), key=OuterRef("key"))
    unknown = RiskEvidence.objects.filter(~Exists(known), analysis=analysis, patient=OuterRef("patient"))
    marks = FalsePositive.objects.of(analysis.clinic).standing().filter(programme=analysis.programme, raised_at=None)
    marks.filter(Exists(unknown)).update(raised_at=now)


def clear(analysis: RiskAnalysis) -> None:
    """Remove what a broken attempt left."""
    for model in (RiskPerson, RiskEvidence):
        model.objects.filter(analysis=analysis).delete()


def gone(analysis: RiskAnalysis) -> QuerySet[RiskPerson]:
    """Return those whom the analysis before found, and this one does not."""
    still = RiskPerson.objects.filter(analysis=analysis, patient=OuterRef("patient"))
    return RiskPerson.objects.filter(~Exists(still), analysis=analysis.previous_id)


def summary(analysis: RiskAnalysis) -> dict[str, Any]:
    """Return the figures the list of programmes shows: persons by weight and change, vaccinated, gone, and by group."""
    people = RiskPerson.objects.filter(analysis=analysis)
    asked = {f"weight_{weight.name.lower()}": Count("pk", filter=Q(weight=weight)) for weight in Weight}
    asked |= {change.value: Count("pk", filter=Q(change=change)) for change in Change}
    figures: dict[str, Any] = people.aggregate(
        persons=Count("pk"), vaccinated=Count("pk", filter=Q(done_on__isnull=False)), **asked
    )
    groups = RiskEvidence.objects.filter(analysis=analysis).order_by().values_list("group")
    by_group = dict(groups.annotate(Count("patient", distinct=True)))
    before = analysis.previous.counts["persons"] if analysis.previous else 0
    return figures | {"gone": before - figures["kept"] - figures["changed"], "groups": by_group}
