"""The patient's next appointment, for the bar on top of the patient card."""

from __future__ import annotations

from django import template
from django.utils import timezone

from patients.models import Patient
from timebook.models import Appointment

register = template.Library()


@register.simple_tag
def next_appointment(patient: Patient) -> Appointment | None:
    """Return the patient's next standing appointment at this clinic, in one query."""
    rows = Appointment.objects.of(patient.clinic).filter(patient=patient).coming(timezone.now())
    found: Appointment | None = rows.order_by("starts_at").first()
    return found
