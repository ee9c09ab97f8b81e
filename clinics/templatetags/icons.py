"""Icons, drawn once a process: a table of fifty rows has three hundred of them."""

from __future__ import annotations

from functools import lru_cache

from django import template
from lucide.templatetags import lucide as drawn

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int | None = 24, **attributes: object) -> str:
    """Return the icon as SVG, as the package's own tag does. Raises IconDoesNotExist."""
    return once(name, size, tuple(sorted(attributes.items())))


@lru_cache(maxsize=1024)  # templates name them all; attributes are constants in them
def once(name: str, size: int | None, attributes: tuple[tuple[str, object], ...]) -> str:
    """Draw one icon; what was drawn is safe markup, and stays marked so."""
    icon: str = drawn.lucide(name, size=size, **dict(attributes))
    return icon
