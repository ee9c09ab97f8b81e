"""The searches that are shipped («Predefinert journalsøk»): data, read once from the package (spec G3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from selection import criteria as c
from selection.reading import read

FOLDER = Path(__file__).parent / "searches"


@dataclass(frozen=True, slots=True)
class Shipped:
    """One shipped search."""

    key: str
    name: str
    about: str
    root: c.Group


@lru_cache(maxsize=1)
def shipped() -> dict[str, Shipped]:
    """Return the shipped searches by key, in the file's order. Raises reading.Unreadable when one is wrong."""
    return {
        one["key"]: Shipped(one["key"], one["name"], one["about"], read(one["criteria"]))
        for one in load("predefined.json")["searches"]
    }


@lru_cache(maxsize=1)
def code_names() -> dict[str, dict[str, str]]:
    """Return names of codes by code system; under "" those that are told apart by the code alone."""
    return {system: names for system, names in load("code_names.json").items() if isinstance(names, dict)}


def load(name: str) -> dict[str, Any]:
    """Read one of the package's files."""
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found
