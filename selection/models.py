"""Who: frozen selections of patients, and what they came from (spec G, H)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import User
from clinics.scope import ClinicRow
from patients.models import Patient


class Origin(models.TextChoices):
    """What a selection was made from."""

    JOURNAL = "journal", _("Journalsøk")
    RISK = "risk", _("Risikogruppe")
    RESEND = "resend", _("Ny utsendelse")


class Selection(ClinicRow):
    """Persons as they were when someone pressed «Send pasientvarsel» or «Send varsel»; never changed (spec G4, H3)."""

    origin = models.CharField(max_length=7, choices=Origin.choices)
    origin_id = models.BigIntegerField(null=True)  # the search's version, the analysis, or the bulk
    name = models.CharField(_("navn"), max_length=120)  # as the composer says it; staff's own words, never a patient's
    size = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("utvalg")
        verbose_name_plural = _("utvalg")
        indexes: ClassVar = [models.Index(fields=["clinic", "origin", "origin_id"], name="selection_by_origin")]

    def __str__(self) -> str:
        return f"Utvalg {self.pk}"


class Member(models.Model):
    """One person of a selection."""

    selection = models.ForeignKey(Selection, models.CASCADE, related_name="members", db_index=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+", db_index=False)  # begins member_once
    position = models.PositiveIntegerField()  # by name, from 1: a page of a hundred thousand is found in the index

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "selection"], name="member_once"),
            models.UniqueConstraint(fields=["selection", "position"], name="member_position"),  # what lists read
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}/{self.patient_id}"


from selection.risk_models import RiskAnalysis  # noqa: E402, F401 - Django finds models through this module
from selection.search_models import SavedChange, SavedSearch, SearchVersion  # noqa: E402, F401 - as above
