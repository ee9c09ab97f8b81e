"""A relation that lets one person act for one patient at one clinic, and perhaps get the notices (spec K2)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from clinics.models import User
from clinics.scope import ClinicQuerySet, ClinicRow
from patients.models import Patient, Person


class ProxyKind(models.TextChoices):
    """Why one person acts for another (Volven 7611)."""

    PARENT = "FO", gettext_lazy("Foreldreansvar")
    GUARDIAN = "VE", gettext_lazy("Verge")
    AUTHORISED = "FU", gettext_lazy("Fullmakt")
    ASSIGNED = "TD", gettext_lazy("Tildelt fullmakt")


COMES_OF_AGE = 16  # years; from then on a parent sees nothing without the patient's own authorisation


def birthday(born: date, year: int) -> date:
    """Return the birthday of the year; one born on a leap day has it on 1 March where there is none."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def over(on: date) -> Q:
    """Return what finds relations whose last day was before the day.

    A parent's is over when the child has come of age by the birth date on the card, whatever it was at first.
    """
    outgrown = Q(kind=ProxyKind.PARENT, patient__birth_date__lte=birthday(on, on.year - COMES_OF_AGE))
    return Q(valid_to__lt=on) | outgrown


class ProxyQuerySet(ClinicQuerySet):
    """Relations, found by whether they hold."""

    def in_force(self, on: date) -> Self:
        """Keep those that hold on the day: begun, not over and not withdrawn."""
        return self.filter(valid_from__lte=on, withdrawn_at=None).exclude(over(on))


class Proxy(ClinicRow):
    """One person's right to act for one patient at one clinic. Never deleted: withdrawn."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="proxies")
    person = models.ForeignKey(Person, models.PROTECT, related_name="proxied")
    kind = models.CharField(gettext_lazy("type"), max_length=2, choices=ProxyKind.choices)
    valid_from = models.DateField(gettext_lazy("gjelder fra"))
    valid_to = models.DateField(gettext_lazy("gjelder til og med"), null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    receives_notices = models.BooleanField(gettext_lazy("mottar varslene"), default=False)
    kept = models.JSONField(default=dict, blank=True)  # the card's own contact values while it carries the person's

    objects = ProxyQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = gettext_lazy("fullmakt")
        verbose_name_plural = gettext_lazy("fullmakter")
        ordering: ClassVar = ["-recorded_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="proxy_ends_after_it_begins"
            ),
            # Recording the same relation twice records it once.
            models.UniqueConstraint(
                fields=["patient", "person"], condition=Q(withdrawn_at=None), name="proxy_once_at_a_time"
            ),
            # One place for a card's notices; the engine finds it by this index, a batch at a time.
            models.UniqueConstraint(
                fields=["patient"], condition=Q(receives_notices=True), name="proxy_one_receives_notices"
            ),
            models.CheckConstraint(
                condition=Q(receives_notices=False) | Q(withdrawn_at=None), name="proxy_withdrawn_receives_none"
            ),
        ]

    def __str__(self) -> str:
        return f"Fullmakt {self.pk}"

    @property
    def last_day(self) -> date | None:
        """The last day that it holds, as `over` has it; None for one without end. Looks at the patient."""
        born = self.patient.birth_date if self.kind == ProxyKind.PARENT else None
        childhood = birthday(born, born.year + COMES_OF_AGE) - timedelta(days=1) if born else None
        return min((day for day in (self.valid_to, childhood) if day), default=None)

    def is_over(self, on: date) -> bool:
        """Whether the last day was before the day."""
        return self.last_day is not None and self.last_day < on

    @property
    def mark(self) -> str:
        """What an audit line ends with when the person has acted for the patient; audit_words.PROXY reads it."""
        return f" by proxy {self.pk}"
