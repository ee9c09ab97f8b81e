"""Short messages after something was done, with a way to undo it where there is one."""

from __future__ import annotations

from typing import TypedDict

from django.http import HttpRequest


class Toast(TypedDict):
    """What the page shows: the text, where «Angre» posts to, and the version it undoes."""

    text: str
    undo: str
    version: int


def say(request: HttpRequest, text: object, *, undo: str = "", version: int = 0) -> None:
    """Tell the user on the next page. The text must carry no patient data: it rests in the session."""
    toast = Toast(text=str(text), undo=undo, version=version)
    request.session["toasts"] = [*request.session.get("toasts", []), toast]


def take(request: HttpRequest) -> list[Toast]:
    """Return what should be told, once."""
    waiting: list[Toast] = request.session.pop("toasts", []) if hasattr(request, "session") else []
    return waiting
