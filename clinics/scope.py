"""Rows that belong to one clinic, and the one way to ask for them (spec A7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from clinics.models import Clinic


class ClinicQuerySet(models.QuerySet[Any]):
    """A queryset of rows that carry `clinic`."""

    def of(self, clinic: Clinic) -> Self:
        """Keep the rows of one clinic."""
        return self.filter(clinic=clinic)


class ClinicRow(models.Model):
    """Abstract base: a row that belongs to exactly one clinic."""

    clinic = models.ForeignKey("clinics.Clinic", models.PROTECT, related_name="+")

    objects = ClinicQuerySet.as_manager()

    class Meta:
        abstract = True
