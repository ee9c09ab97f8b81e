"""What an import did: counters, and a line for each thing a person should look at."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import IO, NamedTuple

from clinics.cells import formula_safe
from integrations.reasons import ACTIONS, Reason, Weight

KEPT = 200  # lines held in memory and shown on the page; the rest is in the file
HEADER = ["Fil", "Rad", "Gjelder", "Utfall", "Grunn", "Hva du gjør"]


class Where(NamedTuple):
    """Where in the files a row stands; `label` names the resource, never the person."""

    source: str
    row: int
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report."""

    source: str
    row: int
    label: str
    weight: str
    reason: str

    def cells(self) -> list[str]:
        """Return the line as a person reads it."""
        reason = Reason(self.reason)
        texts = [self.source, str(self.row), self.label, Weight(self.weight).label, reason.label, ACTIONS[reason]]
        return [formula_safe(text) for text in texts]


def without_numbers(label: str) -> str:
    """Hide an identity number that a system has used as its id: reports carry none (spec C4)."""
    return re.sub(r"\d{11}", "•••", label)


@dataclass
class Report:
    """Counts everything; keeps the first lines, and streams all of them to `sink` as CSV when there is one."""

    sink: IO[str] | None = None
    counts: Counter[str] = field(default_factory=Counter)
    kept: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.sink:
            self.sink.write("\ufeff")
            self.write_cells(HEADER)

    def count(self, what: str, number: int = 1) -> None:
        """Add to a counter such as `patients.created`."""
        if number:
            self.counts[what] += number

    def refuse(self, where: Where, reason: Reason) -> None:
        """Say that the row is not imported."""
        self.add(where, Weight.REFUSED, reason)

    def leave_out(self, where: Where, reason: Reason) -> None:
        """Say that the row is imported without one of its values."""
        self.add(where, Weight.LEFT_OUT, reason)

    def note(self, where: Where, reason: Reason) -> None:
        """Say something about a row that is imported or stands already."""
        self.add(where, Weight.NOTE, reason)

    def add(self, where: Where, weight: Weight, reason: Reason) -> None:
        """Write one line and count it."""
        line = Line(where.source, where.row, without_numbers(where.label), weight.value, reason.value)
        self.counts[f"{weight.value}.{reason.value}"] += 1
        if len(self.kept) < KEPT:
            self.kept.append(line)
        if self.sink:
            self.write_cells(line.cells())

    def write_cells(self, cells: Iterable[str]) -> None:
        """Write one CSV row as Norwegian spreadsheets read it."""
        if self.sink:
            csv.writer(self.sink, delimiter=";", lineterminator="\r\n").writerow(cells)

    @property
    def refused(self) -> int:
        """How many rows were not imported."""
        return sum(count for name, count in self.counts.items() if name.startswith(f"{Weight.REFUSED.value}."))

    def lines_as_json(self) -> list[dict[str, object]]:
        """Return the kept lines for storing with the run."""
        return [asdict(line) for line in self.kept]
