"""The warning by a patient's name, wherever staff choose or meet a patient (spec B3, D12, E3)."""

from __future__ import annotations

from django import template

from notifications.reach import Mark, mark
from patients.models import Patient

register = template.Library()


@register.simple_tag
def standing_mark(patient: Patient) -> Mark | None:
    """Return the mark by the name, or nothing. Costs no query when the patient's clinic is loaded."""
    return mark(patient)
