"""Files that come and go with another system's dialogs: each judged for itself, and no message lost with one (D13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from post import attachments, filetypes
from post.attachments import Checked
from post.file_reasons import Why
from post.filetypes import Found
from post.models import Attachment, Message, RefusedFile


@dataclass(frozen=True, slots=True)
class Turned:
    """A file that another system has brought and that is not kept; `position` is its place among them, from 0."""

    position: int
    name: str
    why: Why


@dataclass(frozen=True, slots=True)
class Brought:
    """What came with a message: the files that are kept, and those that are only told of."""

    kept: Sequence[Checked] = ()
    turned: Sequence[Turned] = ()


def sort_out(files: Sequence[tuple[str, bytes | Why]]) -> Brought:
    """Judge files that another system brings, by name and content, or why there is none, each for itself.

    The limits are those of `attachments.check`; nothing is raised, because the message comes in whatever its files are.
    """
    kept: list[Checked] = []
    turned: list[Turned] = []
    for position, (claimed, content) in enumerate(files):
        name = attachments.cleaned_name(claimed)
        try:
            found = judged(content, has_room=len(kept) < settings.ATTACHMENT_MAX_COUNT)
        except filetypes.Refused as refused:
            turned.append(Turned(position, name or _("Vedlegg"), refused.why))
        else:
            kept.append(Checked(attachments.with_ending(name, found.ending), found))
    return Brought(kept, turned)


def judged(content: bytes | Why, *, has_room: bool) -> Found:
    """Return what the file is. Raises Refused."""
    if isinstance(content, Why):
        raise filetypes.Refused(content, "")
    if not has_room:
        raise filetypes.Refused(Why.TOO_MANY, "")
    if len(content) > settings.ATTACHMENT_MAX_BYTES:
        raise filetypes.Refused(Why.TOO_LARGE, "")
    return filetypes.inspect(content)


def receive(brought: Brought, message: Message) -> None:
    """Keep what came with the message, and what was refused of it, in the caller's transaction."""
    attachments.keep(brought.kept, message=message)
    RefusedFile.objects.bulk_create(
        RefusedFile(clinic_id=message.clinic_id, message=message, position=one.position, name=one.name, reason=one.why)
        for one in brought.turned
    )


def refuse_too_heavy(files: Iterable[Attachment], system: str) -> None:
    """Refuse more than a neighbour takes with one message. Raises ValidationError."""
    limit = settings.NEIGHBOUR_ATTACHMENTS_MAX_BYTES
    if sum(file.size for file in files) > limit:
        words = _("Vedleggene er til sammen for store til å sendes gjennom %(system)s. Grensen er %(limit)s.")
        raise ValidationError({"uploads": words % {"system": system, "limit": filesizeformat(limit)}})
