"""What the files call their rows, and who is busy when: on disk, so that memory stays constant."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE known (kind TEXT, ref TEXT, pk INTEGER, PRIMARY KEY (kind, ref)) WITHOUT ROWID;
    CREATE TABLE busy (practitioner INTEGER, starts INTEGER, ends INTEGER);
    CREATE INDEX busy_when ON busy (practitioner, starts);
    CREATE TABLE medicines (ref TEXT PRIMARY KEY, concept TEXT) WITHOUT ROWID;
"""
LONGEST = 24 * 3600  # seconds; longer appointments are refused
IN_ONE_QUERY = 400


class Ledger:
    """A private SQLite file of one import, deleted with it. A row that a dry run would make has a negative key."""

    def __init__(self) -> None:
        self.file = sqlite3.connect("", isolation_level=None)  # "" is a temporary file, not memory
        self.file.executescript(SCHEMA)
        self.last_imagined = 0

    def close(self) -> None:
        """Delete the file."""
        self.file.close()

    def imagine(self) -> int:
        """Return a key for a row that a dry run does not make."""
        self.last_imagined -= 1
        return self.last_imagined

    def learn(self, kind: str, refs: Iterable[tuple[str, int]]) -> None:
        """Remember what rows are called; the first to use a name keeps it."""
        self.file.executemany("INSERT OR IGNORE INTO known VALUES (?, ?, ?)", ((kind, ref, pk) for ref, pk in refs))

    def find(self, kind: str, refs: Iterable[str]) -> dict[str, int]:
        """Return the keys of those names that are known."""
        names = list(dict.fromkeys(refs))
        found: dict[str, int] = {}
        for first in range(0, len(names), IN_ONE_QUERY):
            some = names[first : first + IN_ONE_QUERY]
            marks = ",".join("?" * len(some))
            query = f"SELECT ref, pk FROM known WHERE kind = ? AND ref IN ({marks})"  # nosec B608 - question marks only
            found.update(self.file.execute(query, [kind, *some]))
        return found

    def learn_medicines(self, refs: Iterable[tuple[str, Any]]) -> None:
        """Remember what medicines that are named by reference are: (reference, concept as JSON can hold it)."""
        rows = ((ref, json.dumps(concept)) for ref, concept in refs)
        self.file.executemany("INSERT OR IGNORE INTO medicines VALUES (?, ?)", rows)

    def medicine(self, ref: str) -> Any:
        """Return the concept of a medicine, or None."""
        row = self.file.execute("SELECT concept FROM medicines WHERE ref = ?", (ref,)).fetchone()
        return json.loads(row[0]) if row else None

    def take(self, spans: Iterable[tuple[int, int, int]]) -> None:
        """Mark practitioners as busy: (practitioner, start, end) in epoch seconds."""
        self.file.executemany("INSERT INTO busy VALUES (?, ?, ?)", spans)

    def is_busy(self, practitioner: int, starts: int, ends: int) -> bool:
        """Whether the practitioner has something else at that time."""
        query = "SELECT 1 FROM busy WHERE practitioner = ? AND starts < ? AND starts > ? AND ends > ? LIMIT 1"
        return self.file.execute(query, (practitioner, ends, starts - LONGEST, starts)).fetchone() is not None
