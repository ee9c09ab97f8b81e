"""Appointment types and appointments (spec D)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import Place, Practitioner, User
from clinics.scope import ClinicQuerySet, ClinicRow
from patients.models import Patient


class AppointmentType(ClinicRow):
    """A kind of appointment (timetype); born with notices off (spec D1)."""

    name = models.CharField(_("navn"), max_length=80)
    minutes = models.PositiveSmallIntegerField(
        _("varighet (minutter)"), default=30, validators=[MinValueValidator(5), MaxValueValidator(600)]
    )
    colour = models.PositiveSmallIntegerField(
        _("farge"), default=1, choices=[(1, _("Petrol")), (2, _("Lilla")), (3, _("Grønn")), (4, _("Oransje"))]
    )
    notices = models.BooleanField(_("varsling"), default=False)
    is_active = models.BooleanField(_("tilbys for nye timer"), default=True)  # off still notifies (spec D10)
    self_booking = models.BooleanField(_("kan bestilles i portalen"), default=False)  # spec K2
    is_import_default = models.BooleanField(_("standard for importerte timer"), default=False)  # spec D11

    # Set for the signals: whether notices were on before this save, and when it happens.
    notices_before: bool = False
    acting_at: datetime | None = None

    class Meta:
        verbose_name = _("timetype")
        verbose_name_plural = _("timetyper")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name"], name="type_name_once"),
            models.UniqueConstraint(
                fields=["clinic"], condition=models.Q(is_import_default=True), name="type_one_import_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and plan what switching on calls for, in one transaction (spec D8)."""
        super().save(*args, **kwargs)


class Status(models.TextChoices):
    """Where an appointment stands."""

    BOOKED = "booked", _("Avtalt")
    CANCELLED = "cancelled", _("Avlyst")


class Source(models.TextChoices):
    """Where an appointment comes from; foreign systems notify about their own (spec D13)."""

    OWN = "own", _("Klinikken")
    IMPORT = "import", _("Importert")
    HELSENORGE = "helsenorge", _("Helsenorge")
    DIGICARE = "digicare", _("DigiCare")


class ActorKind(models.TextChoices):
    """Who did it: the wording tells (spec D2, D4)."""

    STAFF = "staff", _("Klinikken")
    PATIENT = "patient", _("Pasienten")


class AppointmentQuerySet(ClinicQuerySet):
    """Appointments, found by when and whose."""

    def booked(self) -> AppointmentQuerySet:
        """Keep those that stand."""
        return self.filter(status=Status.BOOKED)

    def coming(self, now: datetime) -> AppointmentQuerySet:
        """Keep those that stand and have not started."""
        return self.booked().filter(starts_at__gt=now)

    def between(self, first: datetime, last: datetime) -> AppointmentQuerySet:
        """Keep those that overlap the span, earliest first."""
        return self.filter(starts_at__lt=last, ends_at__gt=first).order_by("starts_at", "pk")

    def overlapping(self, appointment: Appointment) -> AppointmentQuerySet:
        """Keep other standing appointments of the same practitioner at the same time (spec D14)."""
        rows = self.booked().between(appointment.starts_at, appointment.ends_at)
        return rows.filter(practitioner=appointment.practitioner_id).exclude(pk=appointment.pk)


class Appointment(ClinicRow):
    """A patient's appointment (time). Times in UTC; shown in the clinic's zone (spec D14)."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="appointments", verbose_name=_("pasient"))
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+", verbose_name=_("behandler"))
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sted"))
    type = models.ForeignKey(AppointmentType, models.PROTECT, related_name="+", verbose_name=_("timetype"))
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("slutt"))
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.BOOKED)
    set_up_by = models.CharField(max_length=7, choices=ActorKind.choices, default=ActorKind.STAFF)
    cancelled_by = models.CharField(max_length=7, blank=True, choices=ActorKind.choices)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.OWN)
    remark = models.TextField(_("merknad"), blank=True, max_length=2000)  # internal, never shown to the patient
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # of the calendar entry, stable
    version = models.PositiveIntegerField(default=1)  # rises at every save: the second of two editors is told
    sequence = models.PositiveIntegerField(default=0)  # rises when the patient would see it (iCalendar SEQUENCE)
    external_id = models.CharField(max_length=200, blank=True)  # the id in the system it was imported from
    barred_start = models.DateTimeField(null=True, editable=False)  # imported < 48 h ahead: no reminder (spec D11)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)  # a trigger sets it

    objects = AppointmentQuerySet.as_manager()  # type: ignore[misc]

    # Set by booking.py for the signals: who does it, and when. Staff and now unless said otherwise.
    acting: ActorKind = ActorKind.STAFF
    acting_user: User | None = None
    acting_at: datetime | None = None
    before: Appointment | None = None
    was: int = 0  # the pk, after deletion
    is_told: bool = False  # the system it comes from has told us this itself (spec D13)

    class Meta:
        verbose_name = _("time")
        verbose_name_plural = _("timer")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="appointment_ends_after_start",
                violation_error_message=_("Slutt må være etter start."),
            ),
            # The same file twice changes nothing.
            models.UniqueConstraint(
                fields=["clinic", "external_id"], condition=~models.Q(external_id=""), name="appointment_external_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "practitioner", "starts_at"], name="appointment_book"),  # day and week
            models.Index(fields=["clinic", "starts_at"], name="appointment_by_start"),  # switching a module on
            models.Index(fields=["type", "starts_at"], name="appointment_by_type"),  # switching a type on (spec D8)
            models.Index(fields=["patient", "-starts_at"], name="appointment_by_patient"),  # the card
        ]

    def __str__(self) -> str:
        return f"Time {self.pk}"

    @property
    def is_booked(self) -> bool:
        """Whether it stands."""
        return self.status == Status.BOOKED

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.ends_at - self.starts_at

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and plan what the patient should be told, in one transaction (design, section 2)."""
        super().save(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete; that counts as cancelling (spec D3)."""
        return super().delete(*args, **kwargs)


from timebook.feed_models import CalendarFeed  # noqa: E402, F401 - Django finds models through this module
from timebook.terms import BookingTerms  # noqa: E402, F401 - Django finds models through this module
