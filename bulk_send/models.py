"""A bulk (masseutsendelse), its recipients, and the e-contacts that go through a provider's gateway (spec I)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import EContactProvider, Practitioner, User
from clinics.scope import ClinicRow
from notifications.queries import ClaimingQuerySet
from patients.models import Patient
from selection.models import Selection

SUBJECT_MAX = 80  # characters
TEXT_MAX = 4_000


class Type(models.TextChoices):
    """What is sent (spec I2)."""

    SMS = "sms", _("SMS")
    ECONTACT = "econtact", _("EP-kontakt")


class Purpose(models.TextChoices):
    """Why the clinic writes to these people; goes to the log, never into the message (closed list)."""

    RECALL = "recall", _("Innkalling til kontroll")
    VACCINATION = "vaccination", _("Vaksinasjon")
    OPERATION = "operation", _("Drift og åpningstider")
    INFORMATION = "information", _("Helseinformasjon")
    OTHER = "other", _("Annet")


class State(models.TextChoices):
    """Where a bulk stands."""

    DRAFT = "draft", _("Kladd")
    COUNTDOWN = "countdown", _("Sendes straks")  # can still be undone
    RUNNING = "running", _("Sender")
    DONE = "done", _("Ferdig")  # every recipient is planned or left out; messages may be on their way
    UNDONE = "undone", _("Angret")
    STOPPED = "stopped", _("Stoppet")


IN_HAND = (State.COUNTDOWN, State.RUNNING)  # the worker has something to do with it


class Bulk(ClinicRow):
    """One bulk: a draft until Send freezes its recipients, and then never changed but for where it stands."""

    selection = models.ForeignKey(Selection, models.PROTECT, related_name="bulks")
    type = models.CharField(_("type"), max_length=8, choices=Type.choices, default=Type.SMS)
    subject = models.CharField(_("emne"), max_length=SUBJECT_MAX, blank=True)  # e-contact only
    text = models.TextField(_("tekst"), max_length=TEXT_MAX, blank=True)
    purpose = models.CharField(_("formål"), max_length=11, blank=True, choices=Purpose.choices)
    # On the cards of patients without a GP, when the sender is no clinician (spec I5).
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("status"), max_length=9, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)  # rises at every change of the draft
    size = models.PositiveIntegerField(default=0, editable=False)  # recipients when it was confirmed
    digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256 of the frozen recipient list
    code = models.CharField(max_length=12, blank=True, editable=False)  # the takst on the cards
    tariff_on = models.DateField(null=True, editable=False)  # the day whose tariff gives the amount
    resend_of = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="resends")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    confirmed_at = models.DateTimeField(null=True, editable=False)
    release_at = models.DateTimeField(null=True, editable=False)  # when undoing ends
    ended_at = models.DateTimeField(null=True, editable=False)  # done, stopped or undone

    class Meta:
        verbose_name = _("masseutsendelse")
        verbose_name_plural = _("masseutsendelser")
        constraints: ClassVar = [
            # «Send pasientvarsel» twice, or the back button, comes to the same draft.
            models.UniqueConstraint(
                fields=["selection", "created_by"], condition=Q(state=State.DRAFT), name="bulk_one_draft"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-created_at"], name="bulk_list"),  # the overview
            models.Index(fields=["release_at"], condition=Q(state__in=IN_HAND), name="bulk_in_hand"),  # the worker
            models.Index(fields=["clinic", "confirmed_at"], name="bulk_per_day"),  # the clinic's daily limit
        ]

    def __str__(self) -> str:
        return f"Masseutsendelse {self.pk}"

    @property
    def is_draft(self) -> bool:
        """Whether it can be changed."""
        return self.state == State.DRAFT

    @property
    def is_sms(self) -> bool:
        """Whether it is an SMS, and no e-contact."""
        return self.type == Type.SMS


class RecipientState(models.TextChoices):
    """What has become of a recipient; the rest is in the notice and its deliveries."""

    CHOSEN = "chosen", _("Valgt")
    PLANNED = "planned", _("Varsel laget")
    LEFT_OUT = "left_out", _("Falt ut")  # could no longer be notified when their turn came
    STOPPED = "stopped", _("Stoppet")  # the bulk was stopped before their turn


class Recipient(ClinicRow):
    """One person of the left-hand list; the subject of the SMS's notice, and the origin of dialog and card."""

    clinic = models.ForeignKey("clinics.Clinic", models.PROTECT, related_name="+", db_index=False)
    bulk = models.ForeignKey(Bulk, models.CASCADE, related_name="recipients", db_index=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+", db_index=False)  # begins recipient_once
    position = models.PositiveIntegerField()  # as in the selection
    state = models.CharField(max_length=8, choices=RecipientState.choices, default=RecipientState.CHOSEN)
    reason = models.CharField(max_length=24, blank=True)  # of the closed lists: notifications.Reason, eligibility.Why

    class Meta:
        verbose_name = _("mottaker")
        verbose_name_plural = _("mottakere")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "bulk"], name="recipient_once"),
            models.UniqueConstraint(fields=["bulk", "position"], name="recipient_position"),  # what lists read
        ]
        indexes: ClassVar = [
            # The slices: who is still to be planned.
            models.Index(fields=["bulk", "id"], condition=Q(state=RecipientState.CHOSEN), name="recipient_to_plan"),
            models.Index(fields=["bulk", "state", "reason"], name="recipient_report"),
        ]

    def __str__(self) -> str:
        return f"{self.bulk_id}/{self.patient_id}"


class HandoverState(models.TextChoices):
    """Where an e-contact stands with the provider's gateway."""

    QUEUED = "queued", _("I kø")
    SENDING = "sending", _("Overleveres")
    UNKNOWN = "unknown", _("Ukjent")  # it may have arrived: asked about by our reference, never sent blindly again
    DELIVERED = "delivered", _("Levert")
    REFUSED = "refused", _("Avvist")
    EXPIRED = "expired", _("For sent")
    STOPPED = "stopped", _("Stoppet")  # by ourselves, before the gateway had it


OPEN_HANDOVER = (HandoverState.QUEUED, HandoverState.SENDING, HandoverState.UNKNOWN)


class Handover(ClinicRow):
    """An e-contact on its way to the gateway of the clinic's provider. The dialog is `dialog.origin == recipient`."""

    bulk = models.ForeignKey(Bulk, models.PROTECT, related_name="handovers", db_index=False)
    recipient = models.OneToOneField(Recipient, models.PROTECT, related_name="handover")
    provider = models.CharField(max_length=12, choices=EContactProvider.choices)
    reference = models.UUIDField(unique=True)  # ours, the same at every attempt: the gateway takes it once
    state = models.CharField(max_length=9, choices=HandoverState.choices, default=HandoverState.QUEUED)
    reason = models.CharField(max_length=24, blank=True)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()  # when to look at it next: hand it over, give the worker up, or ask
    expires_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = ClaimingQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("overlevering")
        verbose_name_plural = _("overleveringer")
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["queued", "sending", "unknown"]), name="handover_due"
            ),
            models.Index(fields=["bulk", "state"], name="handover_progress"),
        ]

    def __str__(self) -> str:
        return f"Overlevering {self.pk}"


class GatewayPause(models.Model):
    """A gateway that rests: it asked us to wait, does not answer, or its set-up is wrong (then an alarm shows)."""

    provider = models.CharField(max_length=12, choices=EContactProvider.choices, unique=True)
    reason = models.CharField(max_length=24)  # notifications.Reason
    since = models.DateTimeField()
    until = models.DateTimeField()  # then one e-contact is tried; an answer lifts the pause

    class Meta:
        verbose_name = _("leverandør på pause")
        verbose_name_plural = _("leverandører på pause")

    def __str__(self) -> str:
        return f"{self.provider}: {self.reason}"
