"""Cells of the spreadsheets that staff download (threat 19)."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def formula_safe(text: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula (threat 19)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
