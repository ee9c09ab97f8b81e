"""Billing cards with lines, their receipts, and what a receipt says of the clinic (spec F1, F2, F5).

All amounts are whole øre. Times are UTC; `service_date` is the day at the clinic.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, Practitioner, User
from clinics.scope import ClinicRow
from economy.kinds import Exemption, Method, Source, State
from economy.sealing import SEALED, CardQuerySet, LineQuerySet, ReceiptQuerySet, Sealed
from economy.tariff import Tariff
from patients.models import Patient

__all__ = [
    "BillingCard",
    "Exemption",
    "Issuer",
    "Line",
    "Method",
    "NumberSeries",
    "Receipt",
    "Source",
    "State",
    "Tariff",
]

MOST_OF_ONE = 99  # of one takst on one card


class BillingCard(ClinicRow):
    """A billing card (regningskort). Its totals are the sums of its lines; sealed when paid or void (spec F5)."""

    number = models.PositiveIntegerField(_("nummer"))
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="billing_cards", verbose_name=_("pasient"))
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+", verbose_name=_("behandler"))
    service_date = models.DateField(_("dato for behandlingen"))
    state = models.CharField(_("status"), max_length=5, choices=State.choices, default=State.DRAFT)
    exemption = models.CharField(_("fri egenandel"), max_length=1, blank=True, choices=Exemption.choices)
    fee_ore = models.BigIntegerField(default=0, editable=False)
    refund_ore = models.BigIntegerField(default=0, editable=False)
    patient_ore = models.BigIntegerField(default=0, editable=False)
    credit_of = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="credits")
    source = models.CharField(max_length=7, choices=Source.choices, default=Source.OWN, editable=False)
    request_key = models.UUIDField(
        null=True, editable=False
    )  # of the form that made it: a second submit makes no other
    origin = models.BigIntegerField(null=True, editable=False)  # the bulk's recipient that it was made for (spec I5)
    version = models.PositiveIntegerField(default=1, editable=False)  # rises at every change: the second of two is told
    reason = models.CharField(_("begrunnelse"), max_length=200, blank=True, editable=False)  # of voiding or crediting
    method = models.CharField(_("betalingsmåte"), max_length=8, blank=True, choices=Method.choices, editable=False)
    payment_reference = models.CharField(max_length=80, blank=True, editable=False)  # the terminal's, once (spec F4)
    settled_at = models.DateTimeField(null=True, editable=False)  # paid or made void
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CardQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("regningskort")
        verbose_name_plural = _("regningskort")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "number"], name="card_number_once"),
            # The same form twice makes one card.
            models.UniqueConstraint(
                fields=["clinic", "request_key"],
                condition=models.Q(request_key__isnull=False),
                name="card_request_once",
            ),
            # A bulk's recipient gets one card, whoever tries twice (spec I5, I6).
            models.UniqueConstraint(
                fields=["origin"], condition=models.Q(origin__isnull=False), name="card_origin_once"
            ),
            # The same payment at the terminal twice pays one card, once (spec F4).
            models.UniqueConstraint(
                fields=["clinic", "payment_reference"],
                condition=~models.Q(payment_reference=""),
                name="card_payment_once",
            ),
            models.CheckConstraint(
                condition=models.Q(fee_ore=models.F("refund_ore") + models.F("patient_ore")), name="card_adds_up"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="paid") | (models.Q(settled_at__isnull=False) & ~models.Q(method="")),
                name="card_paid_says_how",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "service_date", "-number"], name="card_by_day"),  # the day list
            models.Index(fields=["patient", "-service_date", "-number"], name="card_by_patient"),  # the card's tab
        ]

    def __str__(self) -> str:
        return f"Regningskort {self.number}"

    @property
    def is_draft(self) -> bool:
        """Whether its lines can be changed."""
        return self.state == State.DRAFT

    @property
    def is_credit(self) -> bool:
        """Whether it gives back what another card took."""
        return self.credit_of_id is not None

    @property
    def standing_lines(self) -> models.QuerySet[Line]:
        """Its lines without those removed."""
        rows: models.QuerySet[Line] = Line.objects.standing().filter(card=self)
        return rows

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what is not final. Raises Sealed when the stored card is paid or void."""
        if self.pk and type(self).objects.filter(pk=self.pk, state__in=SEALED).exists():
            raise Sealed("a paid or void card cannot be changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: a card that is not wanted is made void. Raises Sealed."""
        raise Sealed("billing cards are never deleted")


class Line(models.Model):
    """One line: what was done, how often, and the unit amounts as they were then; a new tariff changes no card."""

    card = models.ForeignKey(BillingCard, models.PROTECT, related_name="lines")
    code = models.CharField(_("takst"), max_length=12, blank=True)  # none: the clinic's own goods or services
    text = models.CharField(_("tekst"), max_length=300)
    quantity = models.SmallIntegerField(
        _("antall"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_OF_ONE)]
    )
    fee_ore = models.IntegerField()
    refund_ore = models.IntegerField()
    patient_ore = models.IntegerField()
    share_ore = models.IntegerField()  # the patient's unit share when not exempt
    is_exemptible = models.BooleanField(default=False)
    rules = models.JSONField(default=dict, blank=True)
    tariff_from = models.DateField(null=True)  # since when the amounts hold; none without a takst
    credits = models.ForeignKey("self", models.PROTECT, null=True, related_name="credited_by")
    request_key = models.UUIDField(null=True)  # of the form that added it
    removed_at = models.DateTimeField(null=True)  # removed from the draft, can be undone until it is opened

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = _("linje")
        verbose_name_plural = _("linjer")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(fee_ore=models.F("refund_ore") + models.F("patient_ore")), name="line_adds_up"
            ),
            models.CheckConstraint(condition=~models.Q(quantity=0), name="line_counts"),
            models.UniqueConstraint(
                fields=["card", "request_key"], condition=models.Q(request_key__isnull=False), name="line_request_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code or 'egen'} x {self.quantity}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a draft's line. Raises Sealed when its card is no draft."""
        self.refuse_settled()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft's line. Raises Sealed when its card is no draft."""
        self.refuse_settled()
        return super().delete(*args, **kwargs)

    @property
    def fee_sum(self) -> int:
        """The fee of all of them, in øre."""
        return self.quantity * self.fee_ore

    @property
    def refund_sum(self) -> int:
        """What Helfo pays of it, in øre."""
        return self.quantity * self.refund_ore

    @property
    def patient_sum(self) -> int:
        """What the patient pays of it, in øre."""
        return self.quantity * self.patient_ore

    def refuse_settled(self) -> None:
        """Raise Sealed when the card it stands on, or is moved to, is no draft."""
        cards = BillingCard.objects.filter(models.Q(pk=self.card_id) | models.Q(lines=self.pk))
        if cards.exclude(state=State.DRAFT).exists():
            raise Sealed("only a draft's lines can be changed")


class Receipt(ClinicRow):
    """The receipt of a paid card, as it was issued (spec F2); numbers rise by one within the clinic, without gaps."""

    card = models.OneToOneField(BillingCard, models.PROTECT, related_name="receipt")
    number = models.PositiveIntegerField(_("kvitteringsnummer"))
    issued_at = models.DateTimeField()
    fee_ore = models.BigIntegerField()
    refund_ore = models.BigIntegerField()
    patient_ore = models.BigIntegerField()
    patient_name = models.CharField(max_length=320)
    practitioner_name = models.CharField(max_length=120)
    issuer_name = models.CharField(max_length=120)
    issuer_number = models.CharField(max_length=9, blank=True)
    issuer_address = models.CharField(max_length=200, blank=True)

    objects = ReceiptQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("kvittering")
        verbose_name_plural = _("kvitteringer")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "number"], name="receipt_number_once")]

    def __str__(self) -> str:
        return f"Kvittering {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Issue it; once issued it is final. Raises Sealed."""
        if not self._state.adding:
            raise Sealed("receipts are final")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse. Raises Sealed."""
        raise Sealed("receipts are final")


class NumberSeries(models.Model):
    """The clinic's last numbers; the row is the lock that keeps them without gaps."""

    clinic = models.OneToOneField(Clinic, models.PROTECT, related_name="+")
    cards = models.PositiveIntegerField(default=0)
    receipts = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"Nummerserie {self.pk}"


class Issuer(ClinicRow):
    """What receipts say of the clinic: legal name, organisation number and address; kept by the clinic manager."""

    name = models.CharField(_("juridisk navn"), max_length=120)
    organisation_number = models.CharField(_("organisasjonsnummer"), max_length=9, blank=True)
    address = models.CharField(_("adresse"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("utsteder av kvitteringer")
        verbose_name_plural = _("utstedere av kvitteringer")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic"], name="issuer_once")]

    def __str__(self) -> str:
        return self.name
