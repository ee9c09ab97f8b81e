"""Searches as they are kept: versions that never change, and the names that point to them (spec G3)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import User
from clinics.scope import ClinicRow


class SearchVersion(ClinicRow):
    """The criteria of a search, once for each clinic; what a page's address and a selection's origin point to."""

    criteria = models.JSONField()  # selection.reading.packed
    digest = models.CharField(max_length=64)  # SHA-256 of the criteria in canonical JSON
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")  # who first ran it
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("søk")
        verbose_name_plural = _("søk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "digest"], name="search_once")]

    def __str__(self) -> str:
        return f"Søk {self.pk}"


class SavedSearch(ClinicRow):
    """A name for a search: the owner's own, or common to the clinic. Changing it points it to another version."""

    name = models.CharField(_("navn"), max_length=80)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    is_common = models.BooleanField(_("felles for klinikken"), default=False)
    is_active = models.BooleanField(default=True)  # deleted ones stay, for the log of their versions
    version = models.ForeignKey(SearchVersion, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("lagret søk")
        verbose_name_plural = _("lagrede søk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "name"], condition=Q(is_common=True, is_active=True), name="saved_common_once"
            ),
            models.UniqueConstraint(
                fields=["clinic", "owner", "name"],
                condition=Q(is_common=False, is_active=True),
                name="saved_own_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SavedChange(models.Model):
    """One line of a saved search's history: which version, by whom, when. Append-only."""

    search = models.ForeignKey(SavedSearch, models.CASCADE, related_name="changes")
    version = models.ForeignKey(SearchVersion, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.search_id}/{self.version_id}"
