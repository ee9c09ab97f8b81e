"""Where uploaded files rest: private, outside the web root, until the import has succeeded."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings


def folder() -> Path:
    """Return the folder, readable by the product alone."""
    path = Path(settings.VAR_DIR) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep(chunks: Iterable[bytes]) -> str:
    """Write the upload to disk and return the name it is stored under."""
    stored = uuid.uuid4().hex
    descriptor = os.open(folder() / stored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return stored


def path_of(stored: str) -> Path:
    """Return the path of a stored file."""
    return folder() / stored


def report_of(stored: str) -> Path:
    """Return the path of the report about a stored file."""
    return folder() / f"{stored}.rapport.csv"


def forget(stored: str) -> None:
    """Delete the file; the report stays."""
    path_of(stored).unlink(missing_ok=True)
