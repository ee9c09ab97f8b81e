"""Read programmes from their files, strictly: a broken file is refused with the place that is wrong (spec H1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from patients.journal import CodeSystem, EntryType
from selection.risk_models import Weight
from selection.risk_parts import Part, ProgrammeError
from selection.risk_rules import AgeRule, Ages, CodeRule, Group, Programme, Rule, Vaccinated, ValueRule

FOLDER = Path(__file__).parent / "programmes"
WEIGHTS = {"certain": Weight.CERTAIN, "weak": Weight.WEAK, "review": Weight.REVIEW}
SPAN = re.compile(r"([A-Z])(\d\d)-([A-Z])(\d\d)")


def codes(part: Part) -> tuple[str, ...]:
    """Return code beginnings in capitals; «I20-I28» stands for all between."""
    return tuple(code for one in part.each() for code in spanned(one))


def spanned(part: Part) -> list[str]:
    """Return the codes of one entry. Raises ProgrammeError."""
    text = part.text(40)
    if text != text.upper() or " " in text:
        raise part.wrong("should be in capitals without blanks")
    if not (span := SPAN.fullmatch(text)):
        return [text]
    letter, first, other, last = span.groups()
    if letter != other or first >= last:
        raise part.wrong("should go from a lower to a higher code of one letter")
    return [f"{letter}{number:02}" for number in range(int(first), int(last) + 1)]


def ages(part: Part) -> Ages:
    """Return ages from `from_years` until (not including) `until_years`, or in months, on a given day or today."""
    months = part.maybe("from_months", Part.count, 12 * part.maybe("from_years", Part.count, 0))
    until = part.maybe("until_years", Part.count)
    last = part.maybe("until_months", Part.count, until and 12 * until)
    if last is not None and last <= months:
        raise part.wrong("ends before it begins")
    found = Ages(months, last, part.maybe("on", Part.day))
    part.done()
    return found


def age_rule(part: Part, key: str, weight: Weight) -> AgeRule:
    """Return a rule about age alone."""
    return AgeRule(key, weight, ages(part.at("ages")))


def code_rule(part: Part, key: str, weight: Weight) -> CodeRule:
    """Return a rule about codes. Raises ProgrammeError when an exception lies outside what it excepts from."""
    found = CodeRule(
        key,
        weight,
        part.at("type").one_of({kind.value: kind for kind in EntryType}),
        part.at("system").one_of({system.value: system for system in CodeSystem}),
        codes(part.at("codes")),
        but_not=part.maybe("but_not", codes, ()),
        months=part.maybe("months", Part.count),
        lasting_days=part.maybe("lasting_days", Part.count, 0),
        begun_days=part.maybe("begun_days", Part.count, 0),
        ended_by=part.maybe("ended_by", codes, ()),
        ages=part.maybe("ages", ages),
    )
    for code in found.but_not:
        if not code.startswith(found.codes):
            raise part.wrong(f"excepts {code}, which none of its codes finds")
    return found


def value_rule(part: Part, key: str, weight: Weight) -> ValueRule:
    """Return a rule about a measurement. Raises ProgrammeError unless it has one limit."""
    found = ValueRule(
        key,
        weight,
        codes(part.at("codes")),
        part.at("months").count(),
        above=part.maybe("above", Part.number),
        below=part.maybe("below", Part.number),
        apart_days=part.maybe("apart_days", Part.count, 0),
        ages=part.maybe("ages", ages),
    )
    if (found.above is None) == (found.below is None):
        raise part.wrong("should have either «above» or «below»")
    return found


KINDS: dict[str, Callable[[Part, str, Weight], Rule]] = {"age": age_rule, "code": code_rule, "value": value_rule}


def rule(part: Part) -> Rule:
    """Return a rule."""
    read: Callable[[Part, str, Weight], Rule] = part.at("kind").one_of(KINDS)
    found = read(part, part.at("key").key(), part.at("weight").one_of(WEIGHTS))
    part.done()
    return found


def group(part: Part) -> Group:
    """Return a group. Raises ProgrammeError when a rule finds what the group says does not count alone."""
    found = Group(part.at("key").key(), part.at("name").text(80), tuple(rule(one) for one in part.at("rules").each()))
    for code in part.maybe("not_alone", codes, ()):
        for one in found.rules:
            if isinstance(one, CodeRule) and code.startswith(one.codes) and not code.startswith(one.but_not or ("?",)):
                raise part.wrong(f"rule {one.key} finds {code}, which should not count alone")
    part.done()
    return found


def vaccinated(part: Part) -> Vaccinated:
    """Return when a person is done; without `years` or `months` since the season began."""
    held = part.at("codes")
    by_system = {CodeSystem(name): codes(held.at(name)) for name in CodeSystem.values if held.has(name)}
    held.done()
    if not by_system:
        raise held.wrong("should name codes of a known system")
    years = part.maybe("years", Part.count)
    found = Vaccinated(by_system, part.maybe("months", Part.count, years and 12 * years))
    part.done()
    return found


def programme(definition: dict[str, object], where: str) -> Programme:
    """Return the programme that the object says. Raises ProgrammeError with the place that is wrong."""
    part = Part(definition, where)
    season = part.at("season")
    found = Programme(
        key=part.at("key").key(),
        name=part.at("name").text(60),
        version=part.at("version").text(20),
        season=season.at("name").text(20),
        first=season.at("first").day(),
        last=season.at("last").day(),
        vaccinated=vaccinated(part.at("vaccinated")),
        groups=tuple(group(one) for one in part.at("groups").each()),
        sources=tuple(source(one) for one in part.at("sources").each()),
        not_in_journal=part.maybe("not_in_journal", lambda one: tuple(text.text(120) for text in one.each()), ()),
        definition=definition,
    )
    season.done()
    part.done()
    if found.last < found.first:
        raise season.wrong("ends before it begins")
    once(part, "groups", [one.key for one in found.groups])
    once(part, "rules", [one.key for _group, one in found.rules])
    return found


def source(part: Part) -> tuple[str, str]:
    """Return the words and the address of a source."""
    found = part.at("text").text(), part.maybe("url", Part.text, "")
    part.done()
    if found[1] and not found[1].startswith("https://"):
        raise part.wrong("should have an address that begins with https://")
    return found


def once(part: Part, what: str, keys: list[str]) -> None:
    """Refuse a key that stands twice. Raises ProgrammeError."""
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise part.wrong(f"has {what} with the same key: {', '.join(twice)}")


def read_file(path: Path) -> Programme:
    """Return the programme of a file. Raises ProgrammeError."""
    try:
        definition = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ProgrammeError(f"{path.name}: is not JSON: {error}") from error
    return programme(definition, path.name)


@cache
def shipped(folder: Path = FOLDER) -> tuple[Programme, ...]:
    """Return every programme of the folder, in the order of the files' names. Raises ProgrammeError."""
    return tuple(read_file(path) for path in sorted(folder.glob("*.json")))


def offered(day: date) -> list[Programme]:
    """Return one version of each programme: the one for the day, otherwise the newest, by season."""
    found: dict[str, Programme] = {}
    for one in sorted(shipped(), key=lambda one: (one.is_in_season(day), one.first, one.version)):
        found[one.key] = one
    return sorted(found.values(), key=lambda one: one.name)


def offered_one(key: str, day: date) -> Programme | None:
    """Return the version of the programme for the day, or None when nobody ships one."""
    return next((one for one in offered(day) if one.key == key), None)
