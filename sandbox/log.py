"""The ground truth: an append-only file with one JSON line for every message offered, taken or not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path


class GroundTruth:
    """A JSONL file that outlives the process; every line is flushed, with `fsync` it is on the disk as well."""

    def __init__(self, path: Path, *, fsync: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.fsync = fsync
        self.file = path.open("a", encoding="utf-8")

    def write(self, line: dict[str, object]) -> None:
        """Append one line."""
        self.file.write(json.dumps(line) + "\n")
        self.flush()

    def write_many(self, lines: list[dict[str, object]]) -> None:
        """Append the lines of one request with one flush."""
        self.file.write("".join(json.dumps(line) + "\n" for line in lines))
        self.flush()

    def flush(self) -> None:
        """Hand what is written to the operating system, or to the disk."""
        self.file.flush()
        if self.fsync:
            os.fsync(self.file.fileno())

    def lines(self) -> Iterator[dict[str, object]]:
        """Return every line; a line cut off by a crash is left out."""
        with self.path.open(encoding="utf-8") as file:
            for text in file:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                yield line

    def since_cleared(self) -> list[dict[str, object]]:
        """Return the lines after the last DELETE /messages."""
        kept: list[dict[str, object]] = []
        for line in self.lines():
            if line.get("kind") == "cleared":
                kept.clear()
            else:
                kept.append(line)
        return kept

    def close(self) -> None:
        """Close the file."""
        self.file.close()
