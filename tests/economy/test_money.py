"""Reading and writing amounts: whole øre, never a float (spec F5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economy import money

TYPED = [
    ("0", 0),
    ("61", 6_100),
    ("61,5", 6_150),
    ("61,50", 6_150),
    ("61.05", 6_105),
    ("1234,50", 123_450),
    ("1 234,50", 123_450),
    ("1 234.50", 123_450),
    ("1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}kr", 123_450),
    ("1.234,50", 123_450),
    ("1.234.567,00 kr", 123_456_700),
    ("160,-", 16_000),
    ("  72 kr ", 7_200),
    ("-160,00", -16_000),
    ("\N{MINUS SIGN}0,05", -5),
]
REFUSED = [
    "",
    " ",
    "kr",
    "1.234",
    "1,234",
    "12 34",
    "1,2,3",
    "1e3",
    "0x10",
    "١٢",
    "1,",
    "+5",
    "--5",
    "5 000 0",
    "9" * 30,
]
REFUSED += ["1;DROP TABLE economy_line", "<b>1</b>", "1\x00", "nan", "inf", "1_000"]


@pytest.mark.parametrize(("text", "oere"), TYPED)
def test_amounts_are_read_as_people_type_them(text: str, oere: int) -> None:
    """spec F5."""
    assert money.parse(text) == oere


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        money.parse(text)


@pytest.mark.parametrize(
    ("oere", "shown"),
    [(0, "0,00"), (5, "0,05"), (16_000, "160,00"), (123_450, "1 234,50"), (-123_456_789, "\N{MINUS SIGN}1 234 567,89")],
)
def test_amounts_are_written_in_norwegian(oere: int, shown: str) -> None:
    assert money.amount(oere) == shown.replace(" ", "\N{NO-BREAK SPACE}")
    assert money.kr(oere) == f"{shown} kr".replace(" ", "\N{NO-BREAK SPACE}")


@given(st.integers(-(10**11), 10**11))
def test_what_is_written_is_read_back(oere: int) -> None:
    """spec F5: money never drifts."""
    assert money.parse(money.kr(oere)) == oere
