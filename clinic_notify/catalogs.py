"""Compiled catalogues of the other languages: made from locale/*.po when they are missing or older, never committed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def compiled(folder: Path) -> Path:
    """Compile what is not the .po file's own, beside it, and return the folder; a look at each file's time otherwise.

    Done when the settings are read, so that no process of any kind, nor any test, can run with old words or none.
    """
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or seconds(target) != seconds(source):
            compile_one(source, target)
    return folder


def seconds(file: Path) -> int:
    """Return when it was written, in whole seconds: images and archives keep no more."""
    return int(file.stat().st_mtime)


def compile_one(source: Path, target: Path) -> None:
    """Write one compiled catalogue; whole or not at all, whoever else writes it at the same time."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - not needed when nothing has changed
    from babel.messages.pofile import read_po  # noqa: PLC0415 - the same

    read_at = seconds(source)
    with source.open("rb") as text:
        catalogue = read_po(text, locale=None, abort_invalid=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        write_mo(file, catalogue)
    os.utime(file.name, (read_at, read_at))
    Path(file.name).chmod(0o644)
    Path(file.name).replace(target)
