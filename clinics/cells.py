"""Cells of the spreadsheets that staff download (threat 19)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def formula_safe(text: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula (threat 19)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def line(cells: Iterable[object]) -> str:
    """Return one line of CSV, «;» between the cells, each of them formula-safe."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow([formula_safe(str(cell)) for cell in cells])
    return out.getvalue()
