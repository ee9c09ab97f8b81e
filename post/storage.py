"""Where attachments rest: private, outside the web root, under random names (threats 20, 35)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404

from post.models import Attachment


def folder() -> Path:
    """Return the folder, readable by the product alone."""
    path = Path(settings.VAR_DIR) / "attachments"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep(content: bytes) -> str:
    """Write the content to disk and return the name it is stored under."""
    stored = uuid.uuid4().hex
    descriptor = os.open(folder() / stored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return stored


def path_of(stored: str) -> Path:
    """Return the path of a stored file."""
    return folder() / stored


def handed_out(row: Attachment) -> FileResponse:
    """Return the file to be saved and never shown in the page (threat 20). Raises Http404 when it is gone."""
    try:
        file = path_of(row.stored).open("rb")
    except FileNotFoundError as missing:
        raise Http404 from missing
    charset = "; charset=utf-8" if row.content_type == "text/plain" else ""
    return FileResponse(file, as_attachment=True, filename=row.name, content_type=f"{row.content_type}{charset}")


def forget(stored: str) -> None:
    """Delete the file."""
    path_of(stored).unlink(missing_ok=True)


def older_than(moment: float) -> Iterator[str]:
    """Yield the names of files last written before the moment (seconds since the epoch)."""
    yield from (path.name for path in folder().iterdir() if path.stat().st_mtime < moment)
