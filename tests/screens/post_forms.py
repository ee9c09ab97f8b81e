"""What the tests of the post's pages share: complete forms, addresses, and the page as text."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse

from post import writing
from post.models import Dialog
from tests.access.world import World

HTMX = {"HX-Request": "true"}


def text_of(response: Any) -> str:
    """Return the page without runs of white space."""
    return " ".join(response.content.decode().split())


def said(dialog: Dialog, **changes: Any) -> dict[str, Any]:
    """Return a complete answer."""
    known = {"text": "Kom på tirsdag.", "key": str(uuid.uuid4()), "seen": writing.newest(dialog)}
    return known | changes


def new(here: World, **changes: Any) -> dict[str, Any]:
    """Return a complete new dialog."""
    known = {"patient": here.patient.pk, "subject": "Prøvesvar", "text": "Alt er fint.", "key": str(uuid.uuid4())}
    return known | changes


def to(name: str, dialog: Dialog) -> str:
    """Return the address of something about the dialog."""
    return reverse(f"post:{name}", args=[dialog.pk])


def taken_by(dialog: Dialog) -> int | None:
    """Return who has the dialog now."""
    return Dialog.objects.values_list("taken_by", flat=True).get(pk=dialog.pk)
