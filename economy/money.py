"""Money is whole øre everywhere (spec F5); here it is read from what people type and written as they write it."""

from __future__ import annotations

import re

MOST = 10_000_000  # øre, 100 000 kr: more on one line is a slip of the finger
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
TYPED = re.compile(
    r"(?P<sign>[-\u2212]?)(?P<kroner>\d{1,3}(?: \d{3})+|\d{1,3}(?:\.\d{3})+(?=,)|\d+)(?:[.,](?P<oere>\d{1,2}))?",
    re.ASCII,
)


def parse(text: str) -> int:
    """Return øre from «1234,50», «1 234.50» or «1.234,50 kr». Raises ValueError for anything else."""
    bare = " ".join(text.split()).removesuffix("kr").removesuffix(",-").strip()
    found = TYPED.fullmatch(bare)
    if not found or len(bare) > 20:
        raise ValueError("not an amount")
    kroner = int(re.sub(r"[ .]", "", found["kroner"]))
    oere = int((found["oere"] or "0").ljust(2, "0"))
    amount = 100 * kroner + oere
    return -amount if found["sign"] else amount


def amount(oere: int) -> str:
    """Return «1 234,50»; negative with a minus sign."""
    kroner, rest = divmod(abs(oere), 100)
    grouped = f"{kroner:,}".replace(",", SPACE)
    return f"{MINUS if oere < 0 else ''}{grouped},{rest:02d}"


def kr(oere: int) -> str:
    """Return «1 234,50 kr»."""
    return f"{amount(oere)}{SPACE}kr"
