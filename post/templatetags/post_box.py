"""How much is unread, for the side navigation."""

from __future__ import annotations

from django import template

from clinics.models import Clinic
from post.models import Dialog

register = template.Library()


@register.simple_tag
def unread_dialogs(clinic: Clinic | None) -> int:
    """Return how many dialogs the staff have not read, in one query on a partial index."""
    return Dialog.objects.of(clinic).unread().count() if clinic else 0
