"""The engine's rows: what is promised, each hop on a channel, its attempts, its log, and the providers' health."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import User
from clinics.scope import ClinicRow
from notifications.kinds import (
    MODULE_OF,
    Channel,
    DeliveryState,
    External,
    Kind,
    Lane,
    Reason,
    State,
    SubjectType,
)
from notifications.queries import DeliveryQuerySet, NotificationQuerySet
from patients.models import Patient


def link_token() -> str:
    """Return 128 random bits for the link in a message; it identifies nobody by itself (spec C5)."""
    return secrets.token_urlsafe(16)


class Notification(ClinicRow):
    """A notice (varsel): one per event and patient. The outbox and the history at once."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="notifications")
    kind = models.CharField(_("hendelse"), max_length=24, choices=Kind.choices)
    subject_type = models.CharField(max_length=12, choices=SubjectType.choices)
    subject_id = models.BigIntegerField()
    slot = models.CharField(max_length=60)  # news | reminder:<start in UTC> | resend:<pk>:<n> | message …
    lane = models.CharField(max_length=6, choices=Lane.choices, default=Lane.URGENT)
    state = models.CharField(_("status"), max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("årsak"), max_length=24, blank=True, choices=Reason.choices)
    external = models.CharField(_("varsles av"), max_length=10, blank=True, choices=External.choices)
    baseline = models.JSONField(null=True, blank=True)  # what the patient knew before this chain of news (spec D5)
    seen = models.JSONField(null=True, blank=True)  # what the decision rested on (decision.Seen, packed; spec J3)
    event_at = models.DateTimeField(_("hendelsen skjedde"))
    due_at = models.DateTimeField(_("skal ut"))
    expires_at = models.DateTimeField(_("siste frist"))
    settled_at = models.DateTimeField(_("avgjort"), null=True, blank=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    resend_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="resends")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")  # staff behind the event
    token = models.CharField(max_length=24, unique=True, default=link_token)
    batch = models.BigIntegerField(null=True, blank=True)  # the bulk it goes out with

    objects = NotificationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("varsel")
        verbose_name_plural = _("varsler")
        constraints: ClassVar = [
            # At most one piece of news waits per subject; two racing planners cannot both win (spec D5).
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "slot"],
                condition=Q(state=State.WAITING),
                name="notification_one_waiting",
            ),
            # One reminder ever per appointment and start, those already dispatched included (spec D6).
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "slot"],
                condition=Q(state__in=[State.WAITING, State.DISPATCHED]) & ~Q(slot="news"),
                name="notification_one_ever",
            ),
        ]
        indexes: ClassVar = [
            # dispatch.run: due rows of a lane; partial, so ten million settled rows cost nothing.
            models.Index(fields=["lane", "due_at"], condition=Q(state=State.WAITING), name="notification_due"),
            # The card's history, newest first (spec J1).
            models.Index(fields=["patient", "-due_at", "-id"], name="notification_history"),
            # The clinic's log, newest first; what is planned lies in an index of its own, or it would be walked first.
            models.Index(fields=["clinic", "-due_at", "-id"], condition=~Q(state="waiting"), name="notification_log"),
            models.Index(fields=["clinic", "due_at"], condition=Q(state="waiting"), name="notification_planned"),
            # The clinic's log, narrowed to what never became a hop, and what must be followed up (filters.py).
            models.Index(
                fields=["clinic", "state", "-due_at"],
                condition=Q(state__in=["replaced", "cancelled", "expired", "suppressed", "external"]),
                name="notification_unsent",
            ),
            # Which of a bulk's SMS staff have sent again one by one; a handful among millions.
            models.Index(
                fields=["subject_id"],
                condition=Q(subject_type=SubjectType.BULK, resend_of__isnull=False),
                name="notification_bulk_resent",
            ),
            # A bulk's progress, and stopping it.
            models.Index(fields=["batch", "state"], condition=Q(batch__isnull=False), name="notification_batch"),
            # Planning asks what stands for a subject.
            models.Index(fields=["subject_type", "subject_id"], name="notification_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def module(self) -> str:
        """The module the notice belongs to; empty for bulk SMS and invitations."""
        return MODULE_OF[self.kind]


class Silence(ClinicRow):
    """An event that called for no notice, and why, so that «Hvorfor?» can answer (spec J3). Append-only."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="silences")
    kind = models.CharField(_("hendelse"), max_length=24, choices=Kind.choices)
    subject_type = models.CharField(max_length=12, choices=SubjectType.choices)
    subject_id = models.BigIntegerField()
    reason = models.CharField(_("årsak"), max_length=24, choices=Reason.choices)
    seen = models.JSONField(default=dict)  # decision.Seen, packed
    remedy_at = models.DateTimeField(null=True)  # the latest moment at which the event would have given the notice
    event_at = models.DateTimeField(_("hendelsen skjedde"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("hendelse uten varsel")
        verbose_name_plural = _("hendelser uten varsel")
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"], name="silence_subject"),  # «Hvorfor?»
            models.Index(fields=["patient", "-event_at"], name="silence_history"),  # the card
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reason}"


class Delivery(ClinicRow):
    """One hop on one channel, with the very text that goes out (spec J1)."""

    notification = models.ForeignKey(Notification, models.PROTECT, related_name="deliveries")
    channel = models.CharField(_("metode"), max_length=5, choices=Channel.choices)
    is_fallback = models.BooleanField(default=False)  # opened because the other channel failed (spec C3)
    lane = models.CharField(max_length=6, choices=Lane.choices, default=Lane.URGENT)
    state = models.CharField(_("status"), max_length=14, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    reason = models.CharField(_("årsak"), max_length=24, blank=True, choices=Reason.choices)
    recipient = models.CharField(_("mottaker"), max_length=254, blank=True)  # address, E.164 number; empty for push
    template = models.CharField(max_length=60, blank=True)  # name@version
    subject = models.CharField(_("emne"), max_length=200, blank=True)
    text = models.TextField(_("beskjed"), blank=True)
    calendar = models.TextField(blank=True)  # the .ics of an appointment's e-mail
    subject_version = models.IntegerField(default=0)  # of what the text tells; a newer one stops the hop
    due_at = models.DateTimeField()  # next attempt, not before
    expires_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)  # times handed over, or tried to be
    lease_until = models.DateTimeField(null=True)  # while sending: after this the worker is given up
    check_at = models.DateTimeField(null=True)  # when to reconcile an unknown outcome or poll an accepted one
    provider_id = models.CharField(max_length=120, blank=True)
    batch = models.BigIntegerField(null=True)  # the notice's: a bulk's progress is counted in one index
    created_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("sending")
        verbose_name_plural = _("sendinger")
        constraints: ClassVar = [
            # A channel is used once per notice: fallback cannot double it, nor can two dispatchers.
            models.UniqueConstraint(fields=["notification", "channel"], name="delivery_once_per_channel"),
        ]
        indexes: ClassVar = [
            # sending.run: queued hops of a channel and lane.
            models.Index(
                fields=["channel", "lane", "due_at"], condition=Q(state=DeliveryState.QUEUED), name="delivery_queued"
            ),
            # reconcile's reaper: leases that ran out.
            models.Index(fields=["lease_until"], condition=Q(state=DeliveryState.SENDING), name="delivery_leases"),
            # reconcile and poll: outcomes to ask the provider about.
            models.Index(
                fields=["state", "check_at"],
                condition=Q(state__in=[DeliveryState.UNKNOWN, DeliveryState.ACCEPTED]),
                name="delivery_checks",
            ),
            # The clinic's log, narrowed to what is on its way or uncertain.
            models.Index(
                fields=["clinic", "state"],
                condition=Q(state__in=["queued", "sending", "unknown", "failed_unknown"]),
                name="delivery_unsettled",
            ),
            # A bulk's progress, polled each second while it runs.
            models.Index(fields=["batch", "state", "reason"], condition=Q(batch__isnull=False), name="delivery_batch"),
            # Receipts that carry no token of ours.
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="delivery_provider_id"),
            # The alarm bell and «Må følges opp»: what failed lately at the clinic, read from the index alone.
            models.Index(
                fields=["clinic", "-settled_at", "notification"],
                condition=Q(state__in=["failed", "undelivered", "bounced", "failed_unknown", "expired"]),
                name="delivery_failures",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class Attempt(models.Model):
    """A write-ahead line: committed before the provider is called. Append-only."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="tries")
    number = models.SmallIntegerField()
    token = models.CharField(max_length=32, unique=True)  # 128 random bits: callback path, ESP metadata
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"{self.delivery_id}/{self.number}"


class DeliveryEvent(models.Model):
    """One line of a delivery's log: answers, callbacks, decisions. Append-only; the expanded history row shows it."""

    class What(models.TextChoices):
        """What happened."""

        QUEUED = "queued", _("Lagt i kø")
        HANDED = "handed", _("Overlates til leverandøren")
        ACCEPTED = "accepted", _("Mottatt av leverandøren")
        REFUSED = "refused", _("Avvist")
        LATER = "later", _("Prøves igjen senere")
        UNKNOWN = "unknown", _("Uvisst om den gikk")
        RECEIPT = "receipt", _("Kvittering")
        RECONCILED = "reconciled", _("Avklart hos leverandøren")
        STOPPED = "stopped", _("Stoppet")
        FALLBACK = "fallback", _("Gikk over til en annen kanal")
        EXPIRED = "expired", _("Ble for sent")

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="events")
    what = models.CharField(max_length=10, choices=What.choices)
    state = models.CharField(max_length=14, blank=True, choices=DeliveryState.choices)
    reason = models.CharField(max_length=24, blank=True, choices=Reason.choices)
    code = models.CharField(max_length=20, blank=True)  # the provider's own code, as given
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.what}"


class ProviderReceipt(models.Model):
    """Inbox of status callbacks: stored first, applied afterwards; the same one twice is one row (spec J2)."""

    provider = models.CharField(max_length=12)
    token = models.CharField(max_length=64, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=24)  # as the provider spelled it
    state = models.CharField(max_length=14, choices=DeliveryState.choices)  # what it means
    reason = models.CharField(max_length=24, blank=True, choices=Reason.choices)
    code = models.CharField(max_length=20, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "token", "provider_id", "status", "code"], name="receipt_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(applied_at=None), name="receipt_unapplied"),  # receipts.apply
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.status}"


class ChannelPause(models.Model):
    """A channel that rests: the provider asked us to wait, or its set-up is wrong (then an alarm shows)."""

    channel = models.CharField(max_length=5, choices=Channel.choices, unique=True)
    reason = models.CharField(max_length=24, choices=Reason.choices)
    since = models.DateTimeField()
    until = models.DateTimeField()  # then one message is tried; success lifts the pause

    class Meta:
        verbose_name = _("kanal på pause")
        verbose_name_plural = _("kanaler på pause")

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_reason_display()}"


class Heartbeat(models.Model):
    """When the engine last ran a tick; an old one raises an alarm, because a connected worker may be dead."""

    name = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


def new_token() -> str:
    """Return 128 random bits as 32 hex digits for an attempt."""
    return secrets.token_hex(16)
