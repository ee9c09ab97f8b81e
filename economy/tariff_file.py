"""Read a tariff file: UTF-8 CSV with «;», one takst in one period a line (docs/tariff.md). Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from economy import money

REQUIRED = ("takst", "tekst", "gyldig_fra", "gyldig_til", "honorar", "refusjon", "egenandel", "kilde")
LISTS = {"ikke_med": "not_with", "unntatt": "except", "bare_med": "only_with", "krever": "needs"}
YES, NO = ("ja", "1", "true"), ("nei", "0", "false", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: the tariff's fields, or what is wrong with it, in bokmål."""

    number: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


def read(lines: Iterable[str]) -> list[Row]:
    """Return every line of the file with its fields or its error; line numbers as an editor shows them.

    Raises ValueError when the heading lacks a column.
    """
    reader = csv.DictReader(lines, delimiter=";")
    if missing := [name for name in REQUIRED if name not in (reader.fieldnames or [])]:
        raise ValueError(f"mangler kolonnene {', '.join(missing)}")
    return [row(reader.line_num, found) for found in reader]


def row(number: int, found: Mapping[str | None, Any]) -> Row:
    """Read one line."""
    try:
        texts = {str(name): str(value or "").strip() for name, value in found.items() if name is not None}
        if None in found:
            raise ValueError("har flere felter enn overskriften")
        return Row(number, fields_of(texts))
    except ValueError as error:
        return Row(number, error=str(error))


def fields_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the tariff's fields. Raises ValueError in bokmål."""
    for name in ("takst", "tekst", "kilde"):
        if not texts[name]:
            raise ValueError(f"{name} mangler")
    amounts = {name: oere(name, texts[name]) for name in ("honorar", "refusjon", "egenandel")}
    if amounts["honorar"] != amounts["refusjon"] + amounts["egenandel"]:
        raise ValueError("honorar er ikke refusjon + egenandel")
    first, last = day("gyldig_fra", texts["gyldig_fra"]), texts["gyldig_til"]
    until = day("gyldig_til", last) if last else None
    if until and until < first:
        raise ValueError("gyldig_til er før gyldig_fra")
    return {
        "code": short("takst", texts["takst"], 12),
        "text": short("tekst", texts["tekst"], 300),
        "valid_from": first,
        "valid_to": until,
        "fee_ore": amounts["honorar"],
        "refund_ore": amounts["refusjon"],
        "patient_ore": amounts["egenandel"],
        "is_exemptible": yes_or_no("frikort", texts.get("frikort") or "ja"),
        "rules": rules_of(texts),
        "source": short("kilde", texts["kilde"], 200),
    }


def rules_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the rules that the line gives, as `combinations.py` reads them."""
    rules: dict[str, Any] = {name: words for column, name in LISTS.items() if (words := texts.get(column, "").split())}
    if not yes_or_no("gjentas", texts.get("gjentas") or "ja"):
        rules["once"] = True
    if yes_or_no("per_dag", texts.get("per_dag", "")):
        rules["once_per_day"] = True
    return rules


def oere(name: str, text: str) -> int:
    """Return an amount in øre, never negative. Raises ValueError."""
    try:
        found = money.parse(text)
    except ValueError:
        raise ValueError(f"{name} er ikke et beløp") from None
    if not 0 <= found <= money.MOST:
        raise ValueError(f"{name} er utenfor 0–100 000 kr")
    return found


def day(name: str, text: str) -> date:
    """Return a date written as 2026-07-01. Raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} er ikke en dato som 2026-07-01") from None


def yes_or_no(name: str, text: str) -> bool:
    """Return whether it says ja. Raises ValueError for anything but ja and nei."""
    if text.lower() not in YES + NO:
        raise ValueError(f"{name} er verken ja eller nei")
    return text.lower() in YES


def short(name: str, text: str, most: int) -> str:
    """Return the text. Raises ValueError when it is too long."""
    if len(text) > most:
        raise ValueError(f"{name} har over {most} tegn")
    return text
