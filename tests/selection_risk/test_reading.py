"""A programme's file is read strictly: what is wrong is refused, with the place (spec H1)."""

from __future__ import annotations

import copy
import json
from datetime import date

import pytest

from selection import checks
from selection.risk_parts import ProgrammeError
from selection.risk_reading import offered, offered_one, programme, read_file, shipped
from selection.risk_rules import Ages, months_before

WHOLE = {
    "key": "test",
    "name": "Prøvevaksine",
    "version": "1",
    "season": {"name": "2026/27", "first": "2026-07-01", "last": "2027-06-30"},
    "sources": [{"text": "Kilde", "url": "https://www.fhi.no/"}],
    "vaccinated": {"codes": {"atc": ["J07BB"]}},
    "groups": [
        {
            "key": "lung",
            "name": "Lunge",
            "not_alone": ["R74"],
            "rules": [
                {
                    "key": "lung",
                    "kind": "code",
                    "weight": "certain",
                    "type": "diagnosis",
                    "system": "icpc2",
                    "codes": ["R95-R96"],
                },
                {"key": "bmi", "kind": "value", "weight": "weak", "codes": ["BMI"], "months": 24, "above": 35},
                {"key": "old", "kind": "age", "weight": "certain", "ages": {"from_years": 65}},
            ],
        }
    ],
}
RULE = ("groups", 0, "rules", 0)
VALUE = ("groups", 0, "rules", 1)
AGE = ("groups", 0, "rules", 2, "ages")


def test_a_whole_file_is_read():
    found = programme(copy.deepcopy(WHOLE), "test.json")

    assert [rule.key for _group, rule in found.rules] == ["lung", "bmi", "old"]
    assert found.groups[0].rules[0].codes == ("R95", "R96")


def test_every_shipped_programme_is_whole_and_for_the_season():
    assert [one.key for one in offered(date(2026, 11, 23))] == ["influenza", "covid19", "pneumococcus"]
    assert all(one.is_in_season(date(2026, 11, 23)) and one.sources for one in shipped())
    assert checks.programmes_can_be_read(None) == []


MISSING = object()


@pytest.mark.parametrize(
    ("path", "value", "wrong"),
    [
        (("key",), "Stor", "test.json.key: should be 1 to 24 small letters"),
        (("name",), "", "test.json.name: should be a text"),
        (("name",), MISSING, "test.json: lacks «name»"),
        (("vekt",), 1, "test.json: has unknown keys: vekt"),
        (("season", "first"), "1.7.2026", "test.json.season.first: should be a day"),
        (("season", "last"), "2026-06-30", "test.json.season: ends before it begins"),
        (("groups",), [], "test.json.groups: should be a list with something in it"),
        (("groups",), {}, "test.json.groups: should be a list"),
        (("groups", 0), 7, "test.json.groups[0]: should be an object"),
        ((*RULE, "kind"), "codes", "test.json.groups[0].rules[0].kind: should be one of age, code, value"),
        ((*RULE, "kind"), ["code"], "rules[0].kind: should be one of"),
        ((*RULE, "weight"), "sure", "rules[0].weight: should be one of certain, weak, review"),
        ((*RULE, "type"), "illness", "rules[0].type: should be one of"),
        ((*RULE, "system"), "icpc", "rules[0].system: should be one of"),
        ((*RULE, "codes"), ["r95"], "rules[0].codes[0]: should be in capitals"),
        ((*RULE, "codes"), ["R96-R95"], "rules[0].codes[0]: should go from a lower to a higher"),
        ((*RULE, "codes"), ["R95-S96"], "rules[0].codes[0]: should go from a lower to a higher"),
        ((*RULE, "codes"), ["R"], "groups[0]: rule lung finds R74, which should not count alone"),
        ((*RULE, "but_not"), ["K86"], "rules[0]: excepts K86, which none of its codes finds"),
        ((*RULE, "months"), 0, "rules[0].months: should be a whole number above 0"),
        ((*RULE, "months"), True, "rules[0].months: should be a whole number above 0"),
        ((*RULE, "monts"), 12, "rules[0]: has unknown keys: monts"),
        ((*RULE, "key"), "bmi", "test.json: has rules with the same key: bmi"),
        ((*VALUE, "below"), 60, "rules[1]: should have either «above» or «below»"),
        ((*VALUE, "above"), "35", "rules[1].above: should be a number"),
        ((*VALUE, "months"), MISSING, "rules[1]: lacks «months»"),
        ((*AGE, "until_years"), 65, "rules[2].ages: ends before it begins"),
        (("vaccinated", "codes"), {"atcc": ["J07BB"]}, "vaccinated.codes: has unknown keys: atcc"),
        (("vaccinated", "codes"), {}, "vaccinated.codes: should name codes"),
        (("sources", 0, "url"), "http://fhi.no", "sources[0]: should have an address that begins with https://"),
    ],
)
def test_a_broken_file_says_where(path, value, wrong):
    definition = copy.deepcopy(WHOLE)
    part = definition
    for key in path[:-1]:
        part = part[key]
    if value is MISSING:
        del part[path[-1]]
    else:
        part[path[-1]] = value

    with pytest.raises(ProgrammeError) as error:
        programme(definition, "test.json")

    assert wrong in str(error.value)


def test_a_file_that_is_no_json_says_so(tmp_path):
    (tmp_path / "broken.json").write_text("{")

    with pytest.raises(ProgrammeError, match="broken.json: is not JSON"):
        read_file(tmp_path / "broken.json")


def test_the_product_does_not_start_with_a_broken_programme(tmp_path, monkeypatch):
    (tmp_path / "broken.json").write_text(json.dumps(WHOLE | {"version": ""}))
    monkeypatch.setattr(checks, "shipped", lambda: shipped(tmp_path))

    assert [(error.id, error.msg) for error in checks.programmes_can_be_read(None)] == [
        (
            "selection.E001",
            "A risk programme cannot be read: broken.json.version: should be a text of 1 to 20 characters",
        )
    ]


def test_the_version_for_the_day_is_offered_and_otherwise_the_newest(tmp_path, monkeypatch):
    for year in (2025, 2026):
        season = {"name": f"{year}", "first": f"{year}-07-01", "last": f"{year + 1}-06-30"}
        (tmp_path / f"{year}.json").write_text(json.dumps(WHOLE | {"season": season, "version": str(year)}))
    files = shipped(tmp_path)
    monkeypatch.setattr("selection.risk_reading.shipped", lambda: files)

    days = [date(2025, 8, 1), date(2026, 8, 1), date(2028, 1, 1), date(2020, 1, 1)]

    assert [offered_one("test", day).version for day in days] == ["2025", "2026", "2026", "2026"]
    assert offered_one("other", days[0]) is None


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 23), 12, date(2025, 11, 23)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12 * 65, date(1961, 12, 31)),
        (date(2026, 1, 1), 12 * 3000, date(1, 1, 1)),
    ],
)
def test_months_are_counted_back(day, months, before):
    assert months_before(day, months) == before


def test_born_on_the_29th_of_february_turns_older_on_the_first_of_march():
    ages = Ages(from_months=12 * 65)

    assert ages.born(date(2027, 2, 28))[1] == date(1962, 2, 28)
    assert ages.born(date(2025, 2, 28))[1] < date(1960, 2, 29) <= ages.born(date(2025, 3, 1))[1]
