"""What is written in the portal and not sent (spec K2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from patients.models import Patient, Person
from post.models import SUBJECT_MAX, TEXT_MAX, Dialog, DialogKind


class PatientDraft(models.Model):
    """One for each writer and dialog, or new dialog about a card. Nobody but the writer sees it, least of all staff."""

    person = models.ForeignKey(
        Person, models.CASCADE, related_name="+"
    )  # the writer: the patient, or who acts for them
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    dialog = models.ForeignKey(Dialog, models.CASCADE, null=True, related_name="+")  # empty: a new dialog
    kind = models.CharField(max_length=16, blank=True, choices=DialogKind.choices)
    subject = models.CharField(max_length=SUBJECT_MAX, blank=True)
    text = models.TextField(max_length=TEXT_MAX, blank=True)
    key = models.UUIDField(unique=True)  # of the message it becomes
    updated_at = models.DateTimeField(db_index=True)  # old ones are forgotten

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "dialog"], condition=~Q(dialog=None), name="patient_draft_answer_once"
            ),
            models.UniqueConstraint(
                fields=["person", "patient"], condition=Q(dialog=None), name="patient_draft_new_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Utkast {self.pk}"
