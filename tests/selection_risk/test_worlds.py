"""The set-based analysis agrees with a plain evaluation, patient by patient, over small random worlds (spec H1).

The evaluation below reads the programme's file itself and shares no code with the product.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.models import JournalEntry
from selection import risk_runs
from selection.risk_models import RiskEvidence, RiskPerson
from selection.risk_reading import offered_one
from tests.factories import ClinicFactory, PatientFactory, UserFactory
from tests.selection_risk.conftest import MONDAY

pytestmark = pytest.mark.django_db
WEIGHTS = {"certain": 1, "weak": 2, "review": 3}
CODES = {
    ("diagnosis", "icpc2"): ["R95", "R99", "K74", "K86", "T90.0001", "U99", "X76", "A93", "W78", "W90", "W84", "T82"],
    ("diagnosis", "icd10"): ["J45.9", "I50", "I10", "C50", "Z34", "O24", "O80", "E66", "P07"],
    ("medicine", "atc"): ["R03AC02", "C03CA01", "H02AB06", "A10BJ06", "L01BA01"],
    ("observation", "npu"): ["NOR25909", "BMI", "NPU27300"],
    ("vaccine", "atc"): ["J07BB02", "J07AL01"],
}
EDGES = [0, 1, 83, 84, 85, 89, 90, 91, 180, 364, 365, 366, 730, 731, 1826, 1827, 5000, -1]  # days, of periods
DAYS = st.sampled_from(EDGES) | st.integers(-5, 3000)


@st.composite
def an_entry(draw):
    """Draw one journal entry as plain values."""
    kind, system = draw(st.sampled_from(sorted(CODES)))
    started = MONDAY - timedelta(days=draw(DAYS))
    lasted = draw(st.none() | st.sampled_from([0, 1, 89, 90, 91, 365, 2000]))
    entry = {"type": kind, "system": draw(st.sampled_from([system] * 6 + ["other"])), "starts_on": started}
    entry["code"] = draw(st.sampled_from(CODES[kind, system]))
    entry["ends_on"] = None if lasted is None else started + timedelta(days=lasted)
    entry["value"] = Decimal(draw(st.sampled_from(["25", "30", "35", "35.1", "58", "60", "61"])))
    if kind != "observation" or draw(st.integers(0, 9)) == 0:
        entry["value"] = None
    return entry


LIMITS = ["1961-12-31", "1962-01-01", "2008-11-23", "2008-11-24", "2020-11-24", "2026-05-23"]  # of ages
BIRTHS = st.none() | st.sampled_from([date.fromisoformat(day) for day in LIMITS]) | st.dates(date(1920, 1, 1), MONDAY)
WORLDS = st.lists(st.tuples(BIRTHS, st.lists(an_entry(), max_size=7)), min_size=1, max_size=5)


def back(day, months):
    """Return the day so many months before, the month's last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue


def begins(code, wanted):
    """Say whether the code begins like one of the file's codes or spans."""
    for one in wanted:
        span = re.fullmatch(r"([A-Z])(\d\d)-[A-Z](\d\d)", one)
        if span is None and code.startswith(one):
            return True
        if span and code[0] == span[1] and span[2] <= code[1:3] <= span[3]:
            return True
    return False


def of_age(born, ages):
    """Say whether someone is of the age."""
    if not ages:
        return True
    if born is None:
        return False
    at = date.fromisoformat(ages["on"]) if "on" in ages else MONDAY
    months = (at.year - born.year) * 12 + at.month - born.month - (at.day < born.day)
    least = ages.get("from_months", 12 * ages.get("from_years", 0))
    most = ages.get("until_months", 12 * ages["until_years"] if "until_years" in ages else 10_000)
    return born <= at and least <= months < most


def holds(entry, rule, entries):
    """Say whether an entry counts for a rule about codes."""
    if (entry["type"], entry["system"]) != (rule["type"], rule["system"]) or entry["starts_on"] > MONDAY:
        return False
    if not begins(entry["code"], rule["codes"]) or begins(entry["code"], rule.get("but_not", [])):
        return False
    end = entry["ends_on"]
    if "months" not in rule:
        in_time = end is None or end >= MONDAY
    elif entry["type"] == "medicine":
        in_time = end is None or end >= back(MONDAY, rule["months"])
    else:
        in_time = (end or entry["starts_on"]) >= back(MONDAY, rule["months"])
    until = min(end or MONDAY, MONDAY)
    long_enough = (until - entry["starts_on"]).days >= rule.get("lasting_days", 0)
    begun = (MONDAY - entry["starts_on"]).days >= rule.get("begun_days", 0)
    ended = any(
        (other["type"], other["system"]) == (entry["type"], entry["system"])
        and begins(other["code"], rule.get("ended_by", []))
        and entry["starts_on"] <= other["starts_on"] <= MONDAY
        for other in entries
    )
    return in_time and (long_enough or "lasting_days" not in rule) and begun and not ended


def by_codes(rule, entries):
    """Return the codes found, with the newest day."""
    found = {}
    for entry in entries:
        if holds(entry, rule, entries):
            found[entry["code"]] = max(entry["starts_on"], found.get(entry["code"], date.min))
    return {(code, day, None) for code, day in found.items()}


def by_value(rule, entries):
    """Return the measurement found, if any."""
    taken = [
        (entry["starts_on"], order, entry)
        for order, entry in enumerate(entries)
        if entry["type"] == "observation" and entry["code"] in rule["codes"] and entry["value"] is not None
        if back(MONDAY, rule["months"]) <= entry["starts_on"] <= MONDAY
    ]
    limit = Decimal(str(rule.get("above", rule.get("below"))))
    beyond = [one for one in taken if (one[2]["value"] > limit if "above" in rule else one[2]["value"] < limit)]
    looked_at = beyond if "apart_days" in rule else taken
    if not looked_at or (newest := max(looked_at, key=lambda one: one[:2])) not in beyond:
        return set()
    if "apart_days" in rule and not any((newest[0] - one[0]).days >= rule["apart_days"] for one in beyond):
        return set()
    return {(newest[2]["code"], newest[0], newest[2]["value"])}


def evaluated(born, entries, definition):
    """Return a patient's evidence by the programme's file: group, rule, weight, code, day, value."""
    found = set()
    for group in definition["groups"]:
        for rule in group["rules"]:
            if not of_age(born, rule.get("ages")):
                continue
            match rule["kind"]:
                case "age":
                    hits = {("", born, None)}
                case "code":
                    hits = by_codes(rule, entries)
                case _:
                    hits = by_value(rule, entries)
            found |= {(group["key"], rule["key"], WEIGHTS[rule["weight"]], *hit) for hit in hits}
    return found


def vaccinated(entries, codes, since):
    """Return the newest vaccine of the period."""
    days = [
        entry["starts_on"]
        for entry in entries
        if entry["type"] == "vaccine" and begins(entry["code"], codes.get(entry["system"], []))
        if since <= entry["starts_on"] <= MONDAY
    ]
    return max(days, default=None)


PERIODS = {"influenza": date(2026, 7, 1), "pneumococcus": date(2020, 11, 24)}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(world=WORLDS, key=st.sampled_from(sorted(PERIODS)))
def test_the_analysis_agrees_with_a_plain_evaluation(world, key):
    clinic, staff = ClinicFactory(), UserFactory()
    people = {}
    for born, entries in world:
        patient = PatientFactory(clinic=clinic, birth_date=born)
        people[patient.pk] = (born, entries)
        for entry in entries:
            JournalEntry.objects.create(clinic=clinic, patient=patient, **entry)
    wanted = offered_one(key, MONDAY)
    asked = risk_runs.ask(clinic, wanted, by=staff)

    assert risk_runs.carry_out(asked.pk, timezone.now())

    fields = ("patient", "group", "rule", "weight", "code", "on", "value")
    seen = set(RiskEvidence.objects.filter(analysis=asked).values_list(*fields))
    expected = {pk: evaluated(born, entries, wanted.definition) for pk, (born, entries) in people.items()}
    assert seen == {(pk, *one) for pk, found in expected.items() for one in found}
    rows = set(RiskPerson.objects.filter(analysis=asked).values_list("patient", "weight", "done_on"))
    codes = wanted.definition["vaccinated"]["codes"]
    assert rows == {
        (pk, min(one[2] for one in found), vaccinated(people[pk][1], codes, PERIODS[key]))
        for pk, found in expected.items()
        if found
    }
