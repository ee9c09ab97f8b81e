"""Searches drawn at random: every kind of criterion, in groups within groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product

from hypothesis import strategies as st

from selection import criteria as c
from tests.selection.crowd import AGES, CODES, TODAY, VALUES

SPANS = {"diagnosis": ["K74-K77", "T89-T90", "T90-T90", "K00-K99"]}
days = st.sampled_from([0, 1, 30, 90, 145, 365, 730, 1826])
dates = days.map(lambda back: TODAY - timedelta(days=back))
years = st.sampled_from([n for edge in AGES for n in (edge - 1, edge) if n >= 0])
negated = st.booleans()


@st.composite
def periods(draw: st.DrawFn) -> c.Period:
    """Ever, days, dates or this season."""
    match draw(st.sampled_from(["ever", "days", "dates", "since", "until", "season"])):
        case "days":
            return c.Period(days=draw(days))
        case "dates":
            first, last = sorted([draw(dates), draw(dates)])
            return c.Period(first=first, last=last)
        case "since":
            return c.Period(first=draw(dates))
        case "until":
            return c.Period(last=draw(dates))
        case "season":
            return c.Period(season=True)
    return c.EVER


@st.composite
def entries(draw: st.DrawFn) -> c.Entry:
    """A journal entry of any type."""
    kind = draw(st.sampled_from(list(CODES)))
    some = [code for code in CODES[kind] if code and code.isalnum()] + SPANS.get(kind, [])
    codes = [] if kind == "contact" else draw(st.lists(st.sampled_from(some), min_size=1, max_size=3, unique=True))
    rest: dict[str, object] = {}
    if kind in ("diagnosis", "medicine"):
        rest["active"] = draw(st.booleans())
    if kind == "diagnosis":
        rest["system"] = draw(st.sampled_from(["", "icpc2", "icd10"]))
    if kind == "medicine":
        rest["for_days"] = draw(st.sampled_from([None, 90])) if rest["active"] else None
        rest["at_least"] = draw(st.sampled_from([None, None, 2]))
    if kind == "observation" and draw(st.booleans()):
        rest["comparison"] = draw(st.sampled_from(["lt", "le", "eq", "ge", "gt"]))
        rest["value"] = Decimal(draw(st.sampled_from(VALUES)))
        rest["latest"] = draw(st.booleans())
    when = draw(periods() if kind == "vaccine" else periods().filter(lambda one: not one.season))
    return c.Entry(type=kind, codes=tuple(codes), period=when, negated=draw(negated), **rest)


@st.composite
def ages(draw: st.DrawFn) -> c.Age:
    """From, to or both."""
    low, high = sorted([draw(years), draw(years)])
    which = draw(st.sampled_from(["low", "high", "both"]))
    return c.Age(low=low if which != "high" else None, high=high if which != "low" else None, negated=draw(negated))


@st.composite
def visits(draw: st.DrawFn) -> c.Visit:
    """Had or coming."""
    when = draw(st.sampled_from(["had", "coming"]))
    period = c.EVER if when == "coming" else draw(periods().filter(lambda one: not one.season))
    return c.Visit(when=when, period=period, negated=draw(negated))


leaves = st.one_of(
    entries(),
    ages(),
    visits(),
    st.builds(c.SexIs, sex=st.sampled_from(["female", "male", ""]), negated=negated),
    st.builds(c.GeneralPractitioner, ids=st.lists(st.integers(1, 2), max_size=2).map(tuple), negated=negated),
    st.builds(
        c.Area,
        municipalities=st.lists(st.sampled_from(["0301", "4601"]), max_size=1).map(tuple),
        postcodes=st.lists(st.sampled_from(["0150", "01", "0150-0199", "5003"]), min_size=1, max_size=2).map(tuple),
        negated=negated,
    ),
    st.builds(c.ConsentIs, consent=st.sampled_from(["", "given", "withdrawn"]), negated=negated),
    st.builds(c.Electronic, how=st.sampled_from(["either", "eportal", "econtact"]), negated=negated),
    st.builds(c.Reachable, how=st.sampled_from(["either", "sms", "email"]), negated=negated),
    st.builds(c.Sent, outcome=st.just("notified"), days=st.sampled_from([1, 29, 30, 31]), negated=negated),
    st.builds(c.Sent, outcome=st.just("failed"), negated=negated),
)


def groups(children: st.SearchStrategy[c.Node]) -> st.SearchStrategy[c.Node]:
    """Groups of what there is."""
    many = st.lists(children, max_size=4).map(tuple)
    return st.builds(c.Group, mode=st.sampled_from(["all", "any"]), children=many, negated=negated)


searches = groups(st.recursive(leaves, groups, max_leaves=6))


def with_doctors(node: c.Node, doctors: list[int]) -> c.Node:
    """Return the tree with the numbers of general practitioners replaced by their primary keys."""
    if isinstance(node, c.Group):
        return replace(node, children=tuple(with_doctors(child, doctors) for child in node.children))
    return (
        replace(node, ids=tuple(doctors[n - 1] for n in node.ids)) if isinstance(node, c.GeneralPractitioner) else node
    )


def edges() -> Iterator[c.Node]:
    """Every comparison with every value, every period's end, every birthday: where off-by-one would show."""
    for comparison, value, latest in product(("lt", "le", "eq", "ge", "gt"), VALUES, (False, True)):
        measured = {"codes": ("NPU", "BT"), "comparison": comparison, "value": Decimal(value), "latest": latest}
        yield c.Entry(type="observation", **measured)
    for kind, back in product(CODES, (0, 1, 30, 90, 145, 365, 730, 1826)):
        then = TODAY - timedelta(days=back)
        for period in (c.Period(days=back), c.Period(first=then), c.Period(last=then), c.Period(season=True)):
            yield c.Entry(type=kind, period=period)
            yield c.Visit(period=replace(period, season=False))
    for kind, least in product(("diagnosis", "medicine"), (None, 2, 3)):
        yield c.Entry(type=kind, active=True, for_days=90, at_least=least)
    for edge in range(0, 101):
        yield from (c.Age(low=edge), c.Age(high=edge))
    for days in (1, 29, 30, 31, 32, 300):
        yield c.Sent(days=days)
