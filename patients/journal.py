"""Journal entries: what the clinic's record says of a patient, as far as searching and risk groups need it (spec G2).

Codes stand as they were given; one that no known system holds is kept under `other` and can be searched too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.scope import ClinicRow

CODE_MAX = 40  # characters
TEXT_MAX = 200


class EntryType(models.TextChoices):
    """What an entry tells; FHIR's Condition, MedicationStatement/-Request, Observation, Encounter, Immunization."""

    DIAGNOSIS = "diagnosis", _("Diagnose")
    MEDICINE = "medicine", _("Legemiddel")
    OBSERVATION = "observation", _("Måling eller prøve")
    CONTACT = "contact", _("Kontakt")
    VACCINE = "vaccine", _("Vaksine")


class CodeSystem(models.TextChoices):
    """Which table a code is from."""

    ICPC2 = "icpc2", _("ICPC-2")
    ICD10 = "icd10", _("ICD-10")
    ATC = "atc", _("ATC")
    NPU = "npu", _("NPU")
    SYSVAK = "sysvak", _("SYSVAK")
    OTHER = "other", _("Annet kodeverk")


class JournalEntry(ClinicRow):
    """One entry; days are the clinic's own. Without an end it still holds (a medicine in use, a chronic illness)."""

    # Both are led by the indexes below; ten million rows pay for no others.
    clinic = models.ForeignKey("clinics.Clinic", models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="journal", db_index=False)
    type = models.CharField(_("type"), max_length=11, choices=EntryType.choices)
    system = models.CharField(_("kodeverk"), max_length=6, choices=CodeSystem.choices, default=CodeSystem.OTHER)
    code = models.CharField(_("kode"), max_length=CODE_MAX, blank=True)  # upper case, no blanks
    text = models.CharField(_("tekst"), max_length=TEXT_MAX, blank=True)
    starts_on = models.DateField(_("fra"))
    ends_on = models.DateField(_("til"), null=True, blank=True)  # the last day; none while it holds
    value = models.DecimalField(_("verdi"), max_digits=14, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("enhet"), max_length=20, blank=True)
    external_id = models.CharField(max_length=200, blank=True)  # the sender's own; the same twice is one entry

    class Meta:
        verbose_name = _("journalinnslag")
        verbose_name_plural = _("journalinnslag")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "type", "external_id"], condition=~Q(external_id=""), name="journal_external_once"
            ),
        ]
        indexes: ClassVar = [
            # Journal search and risk analysis: who has a code that begins so, in a period; answered from the index.
            models.Index(
                fields=["clinic", "type", "code", "patient", "starts_on"],
                name="journal_by_code",
                opclasses=["int8_ops", "varchar_pattern_ops", "varchar_pattern_ops", "int8_ops", "date_ops"],
            ),
            # The evidence of the rows on a page, a card's own entries, and «no contact since».
            models.Index(fields=["patient", "type", "starts_on"], name="journal_by_patient"),
        ]

    @property
    def value_shown(self) -> str:
        """The value and its unit as people write them, for example 48,5 mmol/mol."""
        if self.value is None:
            return ""
        number = f"{self.value.normalize():f}".replace(".", ",")
        return f"{number} {self.unit}".strip()

    def __str__(self) -> str:
        return f"{self.type} {self.code}"
