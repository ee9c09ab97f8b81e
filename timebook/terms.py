"""What a clinic lets its patients do themselves in the portal, and until when (spec K2). Kept by the clinic manager."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.scope import ClinicRow

if TYPE_CHECKING:
    from clinics.models import Clinic

MONTH = 30 * 24  # hours


class BookingTerms(ClinicRow):
    """How early and how late patients book, move and cancel; a clinic without a row has these defaults."""

    notice_hours = models.PositiveSmallIntegerField(
        _("timer fra nå til første ledige"), default=4, validators=[MaxValueValidator(MONTH)]
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("dager fram i tid"), default=60, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    call_hours = models.PositiveSmallIntegerField(
        _("timer før start da pasienten må ringe"), default=24, validators=[MaxValueValidator(MONTH)]
    )

    class Meta:
        verbose_name = _("vilkår for bestilling i portalen")
        verbose_name_plural = _("vilkår for bestilling i portalen")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic"], name="booking_terms_once")]

    def __str__(self) -> str:
        return f"Vilkår {self.pk}"

    def earliest(self, now: datetime) -> datetime:
        """Return the first start that can be booked."""
        return now + timedelta(hours=self.notice_hours)

    def latest(self, now: datetime) -> datetime:
        """Return the last start that can be booked."""
        return now + timedelta(days=self.horizon_days)

    def last_call(self, starts_at: datetime) -> datetime:
        """Return until when the patient moves and cancels in the portal; later they must call."""
        return starts_at - timedelta(hours=self.call_hours)


def of(clinic: Clinic) -> BookingTerms:
    """Return the clinic's terms, or the defaults unsaved."""
    found: BookingTerms | None = BookingTerms.objects.of(clinic).first()
    return found or BookingTerms(clinic=clinic)
