"""Risk analyses, whom they found and on what evidence, and the marks that staff set (spec H1, H2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import User
from clinics.scope import ClinicQuerySet, ClinicRow
from patients.models import Patient

KEY_MAX = 24  # characters: of a programme, a group, a rule
REASON_TEXT_MAX = 200


class Weight(models.IntegerChoices):
    """How much a piece of evidence says; a person has the weight of the strongest (spec H1)."""

    CERTAIN = 1, _("Sikker")
    WEAK = 2, _("Svak")
    REVIEW = 3, _("Til vurdering")


class Change(models.TextChoices):
    """What is different from the analysis before."""

    FIRST = "first", _("Første analyse")  # nothing to compare with
    NEW = "new", _("Ny")
    CHANGED = "changed", _("Endret grunnlag")
    KEPT = "kept", _("Uendret")


class RunState(models.TextChoices):
    """How far an analysis has come."""

    WAITING = "waiting", _("Venter")
    RUNNING = "running", _("Analyserer")
    DONE = "done", _("Ferdig")
    BROKEN = "broken", _("Stoppet underveis")


IN_HAND = (RunState.WAITING, RunState.RUNNING)


class RiskAnalysis(ClinicRow):
    """One run of a programme over the clinic's patients; the row is the promise that it is done."""

    programme = models.CharField(_("program"), max_length=KEY_MAX)
    version = models.CharField(_("versjon"), max_length=20)
    definition = models.JSONField(default=dict, editable=False)  # the programme as it was: what the result rests on
    day = models.DateField(_("dato"))  # the clinic's day that ages and periods are counted from
    previous = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="+")
    state = models.CharField(_("status"), max_length=7, choices=RunState.choices, default=RunState.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0, editable=False)  # a worker of an older one writes nothing
    steps_done = models.PositiveSmallIntegerField(default=0, editable=False)
    steps = models.PositiveSmallIntegerField(default=0, editable=False)
    counts = models.JSONField(default=dict, editable=False)  # see risk_summary.COUNTS
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    beat_at = models.DateTimeField(null=True, editable=False)  # the worker's last sign of life
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("risikoanalyse")
        verbose_name_plural = _("risikoanalyser")
        constraints: ClassVar = [
            # Two presses, or two colleagues, come to the same analysis.
            models.UniqueConstraint(
                fields=["clinic", "programme"], condition=Q(state__in=IN_HAND), name="risk_one_in_hand"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "programme", "-asked_at"], name="risk_by_programme"),  # the page, «last»
            models.Index(fields=["beat_at"], condition=Q(state__in=IN_HAND), name="risk_in_hand"),  # the worker's tick
        ]

    def __str__(self) -> str:
        return f"Risikoanalyse {self.pk}"

    @property
    def is_running(self) -> bool:
        """Whether the page should ask again."""
        return self.state in IN_HAND


class RiskPerson(models.Model):
    """One person whom an analysis found."""

    analysis = models.ForeignKey(RiskAnalysis, models.CASCADE, related_name="people", db_index=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    weight = models.PositiveSmallIntegerField(_("vekt"), choices=Weight.choices)
    change = models.CharField(_("endring"), max_length=7, choices=Change.choices, default=Change.FIRST)
    done_on = models.DateField(_("vaksinert"), null=True)  # the newest vaccine within the programme's period

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["analysis", "patient"], name="risk_person_once"),  # also comparing, lists
        ]

    def __str__(self) -> str:
        return f"{self.analysis_id}/{self.patient_id}"


class RiskEvidence(models.Model):
    """Why a person was found: one row for each rule and code, with the newest date it stands in the journal.

    A copy, so that the analysis shows what it saw also when the journal has changed.
    """

    analysis = models.ForeignKey(RiskAnalysis, models.CASCADE, related_name="evidence", db_index=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+", db_index=False)
    group = models.CharField(_("risikogruppe"), max_length=KEY_MAX)
    rule = models.CharField(max_length=KEY_MAX)
    weight = models.PositiveSmallIntegerField(_("vekt"), choices=Weight.choices)
    type = models.CharField(_("type"), max_length=11)  # EntryType, or "age"
    system = models.CharField(_("kodeverk"), max_length=6, blank=True)
    code = models.CharField(_("kode"), max_length=40, blank=True)
    text = models.CharField(_("tekst"), max_length=200, blank=True)
    on = models.DateField(_("dato"))  # the newest entry; for an age, the day of birth
    entries = models.PositiveIntegerField(_("antall"), default=1)
    value = models.DecimalField(_("verdi"), max_digits=14, decimal_places=4, null=True)
    unit = models.CharField(_("enhet"), max_length=20, blank=True)
    # What makes it the same evidence in another analysis: rule and code, and for a measurement also its day.
    key = models.CharField(max_length=90)

    class Meta:
        constraints: ClassVar = [
            # Also the evidence of a person, and what another analysis or a mark did not know.
            models.UniqueConstraint(fields=["analysis", "patient", "key"], name="risk_evidence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.analysis_id}/{self.patient_id} {self.key}"


class FalseReason(models.TextChoices):
    """Why staff say that a person is not in the risk group (closed list; own words go beside it)."""

    WRONG_CODE = "wrong_code", _("Feil kode eller utelukket diagnose")
    NOT_NOW = "not_now", _("Tilstanden er over")
    MILD = "mild", _("For mild til å gi økt risiko")
    OTHER_USE = "other_use", _("Legemidlet brukes mot noe annet")
    WRONG_VALUE = "wrong_value", _("Feil måling")
    OTHER = "other", _("Annet")


class FalsePositiveQuerySet(ClinicQuerySet):
    """Ways to find marks."""

    def standing(self) -> FalsePositiveQuerySet:
        """Keep the marks that hold: set and not withdrawn, also those raised again on new evidence."""
        return self.filter(withdrawn_at=None)


class FalsePositive(ClinicRow):
    """A person whom staff have marked *falsk positiv* for a programme; holds until withdrawn (spec H2).

    New evidence raises it: staff are asked again, and until they answer the person still comes along nowhere (H3).
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    programme = models.CharField(_("program"), max_length=KEY_MAX)
    reason = models.CharField(_("grunn"), max_length=11, choices=FalseReason.choices)
    text = models.CharField(_("utdyping"), max_length=REASON_TEXT_MAX, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    raised_at = models.DateTimeField(null=True, editable=False)  # when an analysis saw evidence that is not `known`
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")

    objects = FalsePositiveQuerySet.as_manager()  # type: ignore[misc]  # narrows ClinicRow.objects

    class Meta:
        verbose_name = _("falsk positiv")
        verbose_name_plural = _("falske positive")
        constraints: ClassVar = [
            # Two colleagues mark once; also what analysis, overview and sending ask.
            models.UniqueConstraint(
                fields=["clinic", "programme", "patient"], condition=Q(withdrawn_at=None), name="risk_mark_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Falsk positiv {self.pk}"


class KnownEvidence(models.Model):
    """Evidence that stood when the mark was set or upheld; only other evidence raises it again."""

    mark = models.ForeignKey(FalsePositive, models.CASCADE, related_name="known", db_index=False)
    key = models.CharField(max_length=90)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mark", "key"], name="risk_known_once"),
        ]

    def __str__(self) -> str:
        return f"{self.mark_id} {self.key}"
