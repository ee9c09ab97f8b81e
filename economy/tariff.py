"""The dated tariff table: what a takst costs on a day, and which rules it has (spec F1). National, not per clinic."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from patients.names import search_key


class TariffQuerySet(models.QuerySet["Tariff"]):
    """Ways to find taksts."""

    def on(self, day: date) -> Self:
        """Keep what is valid on the day, both ends included."""
        not_ended = models.Q(valid_to=None) | models.Q(valid_to__gte=day)
        return self.filter(not_ended, valid_from__lte=day)

    def of_code(self, code: str, day: date) -> Tariff | None:
        """Return the takst as it is on the day, or None. Codes are known in any case."""
        return self.on(day).filter(code__iexact=code.strip()).order_by("-valid_from").first()

    def matching(self, text: str, day: date, limit: int) -> list[Tariff]:
        """Return taksts by the start of the code or words of the text, those by code first."""
        words = search_key(text).split()
        if not words:
            return []
        rows = self.on(day)
        by_code = list(rows.filter(code__istartswith=words[0]).order_by("code")[:limit]) if len(words) == 1 else []
        for word in words:
            rows = rows.filter(search_text__contains=word)
        known = {row.pk for row in by_code}
        by_text = [row for row in rows.order_by("code")[: limit + len(known)] if row.pk not in known]
        return [*by_code, *by_text][:limit]


class Tariff(models.Model):
    """A takst in one period: fee = refund + patient's share, in øre. `rules` are those of `combinations.py`."""

    code = models.CharField(_("takst"), max_length=12)
    text = models.CharField(_("tekst"), max_length=300)
    search_text = models.CharField(max_length=320, editable=False)
    valid_from = models.DateField(_("gyldig fra"))
    valid_to = models.DateField(_("gyldig til"), null=True, blank=True)  # the last day; none while it still holds
    fee_ore = models.PositiveIntegerField(_("honorar"))
    refund_ore = models.PositiveIntegerField(_("refusjon"))
    patient_ore = models.PositiveIntegerField(_("egenandel"))
    is_exemptible = models.BooleanField(default=True)  # frikort and age under 16 take the share away
    rules = models.JSONField(default=dict, blank=True)
    source = models.CharField(_("kilde"), max_length=200)

    objects = TariffQuerySet.as_manager()

    class Meta:
        verbose_name = _("takst")
        verbose_name_plural = _("takster")
        constraints: ClassVar = [
            # load_tariff finds the row a line of the file describes.
            models.UniqueConstraint(fields=["code", "valid_from"], name="tariff_once_from"),
            models.CheckConstraint(
                condition=models.Q(fee_ore=models.F("refund_ore") + models.F("patient_ore")), name="tariff_adds_up"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="tariff_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the normalised words that the search reads."""
        self.search_text = search_key(f"{self.code} {self.text}")[:320]
        super().save(*args, **kwargs)
