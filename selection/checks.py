"""Refuse to start with a risk programme that cannot be read (spec H1)."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from selection.risk_parts import ProgrammeError
from selection.risk_reading import shipped


@register()
def programmes_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every shipped programme is whole; otherwise the place that is wrong."""
    try:
        shipped()
    except ProgrammeError as error:
        return [Error(f"A risk programme cannot be read: {error}", id="selection.E001")]
    return []
