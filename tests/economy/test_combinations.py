"""Which taksts do not belong together: a table (spec F1)."""

from __future__ import annotations

import pytest

from economy.combinations import Item, matches, warnings

CONSULTATION = {"not_with": ["1", "2ak", "11"], "except": ["11e"], "once": True}
A, B = Item("2ad", 1, CONSULTATION), Item("701a", 1, {})


@pytest.mark.parametrize(
    ("pattern", "code", "meant"),
    [
        ("1", "1bd", True),
        ("1", "10a", False),
        ("1", "11ad", False),
        ("11", "11ad", True),
        ("10a", "10A", True),
        ("10a", "10b", False),
        ("H1", "h1", True),
        ("1", "H1", False),
        ("*", "701a", True),
        ("701", "701c", True),
    ],
)
def test_a_number_means_all_its_letters(pattern: str, code: str, meant: bool) -> None:
    assert matches(pattern, code) is meant


CASES = [
    ([A], [], []),
    ([A, B], [], []),
    ([A, Item("1bd")], [], ["2ad kan ikke kombineres med 1bd."]),
    ([Item("1bd"), A], [], ["1bd kan ikke kombineres med 2ad."]),
    ([A, Item("11e")], [], []),
    ([A, Item("11ad")], [], ["2ad kan ikke kombineres med 11ad."]),
    ([A], [Item("1bd")], ["2ad kan ikke kombineres med 1bd, som står på et annet kort samme dag."]),
    ([Item("1bd")], [A], ["1bd kan ikke kombineres med 2ad, som står på et annet kort samme dag."]),
    ([Item("1be", 1, {"not_with": ["*"]}), B], [], ["1be kan ikke kombineres med 701a."]),
    ([Item("2ae", 1, {"only_with": ["701a"]}), B], [], []),
    ([Item("2ae", 1, {"only_with": ["701a"]}), Item("10x")], [], ["2ae kan ikke kombineres med 10x."]),
    ([Item("701c", 1, {"needs": ["701a"]})], [], ["701c forutsetter 701a på samme kort."]),
    ([Item("701c", 1, {"needs": ["701a"]}), B], [], []),
    ([Item("9x", 1, {"needs": ["a", "b"]})], [], ["9x forutsetter a eller b på samme kort."]),
    ([Item("2ad", 2, CONSULTATION)], [], ["2ad kan ikke gjentas på samme kort."]),
    ([A, A], [], ["2ad kan ikke gjentas på samme kort."]),
    ([Item("701c", 3, {})], [], []),
    (
        [Item("z", 1, {"once_per_day": True})],
        [Item("z")],
        ["z kan brukes én gang per pasient og dag, og står på et annet kort."],
    ),
    ([Item("z", 2, {"once_per_day": True})], [], ["z kan ikke gjentas på samme kort."]),
    ([A], [A], []),
    ([], [A], []),
]


@pytest.mark.parametrize(("mine", "others", "expected"), CASES)
def test_warnings_say_what_does_not_go_together(mine: list[Item], others: list[Item], expected: list[str]) -> None:
    """spec F1: staff are warned."""
    assert warnings(mine, others) == expected


def test_the_same_warning_is_given_once() -> None:
    assert len(warnings([A, Item("1bd"), Item("1bd")])) == 1
