"""docs/peers.md names tests; a test that is renamed or removed must not leave the table claiming it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"`([a-z_]+/[a-z_]+(?:\.py)?)?(?:::(test_\w+))?`")


def named() -> list[tuple[Path, str]]:
    """Return the files and tests of the table; a name without a file stands in the file before it."""
    found, file = [], TESTS
    for path, test in NAMED.findall((TESTS.parent / "docs" / "peers.md").read_text(encoding="utf-8")):
        if path:
            folder, _, name = path.partition("/")
            file = TESTS / folder / (name if name.endswith(".py") else f"test_{name}.py")
        found.append((file, test))
    return found


def test_every_test_in_the_table_exists() -> None:
    rows = named()

    assert len(rows) > 50
    missing = [
        f"{file.name}::{test}"
        for file, test in rows
        if not file.is_file() or (test and f"def {test}(" not in file.read_text(encoding="utf-8"))
    ]
    assert missing == []
