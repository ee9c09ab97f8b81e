"""Files on drafts and messages: checked, kept, moved along, and forgotten when they belong to nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from post import filetypes, storage, texts
from post.file_reasons import Why
from post.filetypes import Found
from post.models import Attachment, Draft, Message

NAME_MAX = 100  # characters
NOT_IN_NAMES = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))
ORPHAN_AGE = timedelta(days=1)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be kept."""

    name: str
    found: Found

    @property
    def sha256(self) -> str:
        """The content's fingerprint, in hex."""
        return hashlib.sha256(self.found.content).hexdigest()


def check(uploads: Sequence[UploadedFile[Any]], *, already: int = 0) -> list[Checked]:
    """Look into every file; `already` is how many the message has. Raises ValidationError with a line for each refused.

    The limits are settings: ATTACHMENT_MAX_BYTES for each file and ATTACHMENT_MAX_COUNT for each message.
    """
    if already + len(uploads) > settings.ATTACHMENT_MAX_COUNT:
        words = _("En melding kan ha høyst %(count)s vedlegg.") % {"count": settings.ATTACHMENT_MAX_COUNT}
        raise ValidationError({"uploads": words})
    checked, refused = [], []
    for upload in uploads:
        name = cleaned_name(upload.name or "")
        try:
            found = looked_into(upload)
        except filetypes.Refused as error:
            refused.append(f"{name or _('Vedlegg')}: {error}")
        else:
            checked.append(Checked(with_ending(name, found.ending), found))
    if refused:
        raise ValidationError({"uploads": refused})
    return checked


def looked_into(upload: UploadedFile[Any]) -> Found:
    """Read the file, no further than the limit. Raises Refused."""
    limit = settings.ATTACHMENT_MAX_BYTES
    content = upload.read(limit + 1)
    if len(content) > limit:
        words = _("Filen er for stor. Grensen er %(limit)s.") % {"limit": filesizeformat(limit)}
        raise filetypes.Refused(Why.TOO_LARGE, words)
    return filetypes.inspect(content)


def cleaned_name(claimed: str) -> str:
    """Return the last part of the name without what cannot be seen or means something to a file system."""
    last = texts.one_line(claimed.replace("\\", "/").rsplit("/", 1)[-1])
    return last.translate(NOT_IN_NAMES).strip(". ")[:NAME_MAX]


def with_ending(name: str, ending: str) -> str:
    """Return the name with the ending its content calls for, whatever it claimed."""
    stem = name
    while suffix := PurePath(stem).suffix:
        stem = stem.removesuffix(suffix)
        if len(suffix) > 5:  # no ending, but a full stop in the name
            stem += suffix
            break
    return f"{stem or 'vedlegg'}{ending}"


def keep(checked: Iterable[Checked], *, draft: Draft | None = None, message: Message | None = None) -> list[Attachment]:
    """Write the files and their rows, in the caller's transaction; a file whose row is lost is purged later."""
    owner = draft or message
    if owner is None:
        raise ValueError("a file belongs to a draft or a message")
    return [
        Attachment.objects.create(
            clinic_id=owner.clinic_id,
            draft=draft,
            message=message,
            name=one.name,
            content_type=one.found.content_type,
            size=len(one.found.content),
            sha256=one.sha256,
            stored=storage.keep(one.found.content),
        )
        for one in checked
    ]


def remove(attachment: Attachment) -> None:
    """Take a file off a draft. Raises ValueError for one that has been sent."""
    if attachment.message_id is not None:
        raise ValueError("what has been sent stays")
    attachment.delete()
    transaction.on_commit(lambda: storage.forget(attachment.stored))


def purge(now: datetime) -> int:
    """Delete files that have belonged to nothing for a day, with or without a row. Returns how many."""
    before = now - ORPHAN_AGE
    orphans = Attachment.objects.filter(message=None, draft=None, created_at__lt=before)
    names = list(orphans.values_list("stored", flat=True))
    orphans.filter(stored__in=names).delete()
    old = iter(storage.older_than(before.timestamp()))
    while chunk := list(islice(old, CHUNK)):
        known = set(Attachment.objects.filter(stored__in=chunk).values_list("stored", flat=True))
        names += [name for name in chunk if name not in known]
    for name in set(names):
        storage.forget(name)
    return len(set(names))
