"""Template context: for which clinic, with which rights."""

from typing import Any

from django.http import HttpRequest

from clinics.access import Right


def acting_clinic(request: HttpRequest) -> dict[str, Any]:
    """Give templates the acting clinic, the membership and `can.<right>`."""
    rights = getattr(request, "rights", frozenset())
    return {
        "clinic": getattr(request, "clinic", None),
        "membership": getattr(request, "membership", None),
        "other_memberships": getattr(request, "other_memberships", []),
        "can": {right.value: right in rights for right in Right},
    }
