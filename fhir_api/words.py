"""How FHIR writes instants and whole resources. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def instant(at: datetime) -> str:
    """Write a moment in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def without_empty(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out elements without content: FHIR has no null and no empty list."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}


def encoded(resource: Mapping[str, Any]) -> bytes:
    """Return the resource as JSON in UTF-8."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
