"""Neighbouring systems: each clinic's key pair, the inbox of what they have told us, and the log of calls."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import User
from clinics.scope import ClinicRow
from notifications.queries import ClaimingQuerySet
from post.models import Message
from timebook.models import Appointment


class Neighbour(models.TextChoices):
    """The systems that may call us; the values are those of `post.Source` and `timebook.Source` too."""

    HELSENORGE = "helsenorge", "Helsenorge"
    DIGICARE = "digicare", "DigiCare"
    BESOKLEGEN = "besoklegen", "Besøklegen"
    CONVENE = "convene", "Convene"


class Result(models.TextChoices):
    """How a call went."""

    DONE = "done", _("Utført")
    REPEATED = "repeated", _("Gjentatt: alt utført")
    REFUSED = "refused", _("Avvist")
    FORGED = "forged", _("Ikke godkjent")
    LATER = "later", _("Prøves igjen")
    FAILED = "failed", _("Feilet")


class Why(models.TextChoices):
    """Why a call was not carried out. Closed: the contract names every one, and no free text is kept."""

    BAD_SIGNATURE = "bad_signature", _("Signaturen stemmer ikke med hemmeligheten")
    STALE = "stale", _("Tidsstempelet er mer enn fem minutter fra vår klokke")
    TOO_MANY = "too_many", _("For mange kall på ett minutt")
    MALFORMED = "malformed", _("Innholdet følger ikke kontrakten")
    UNKNOWN_TYPE = "unknown_type", _("Hendelsen er ikke en av dem nabosystemet kan melde")
    NOT_GRANTED = "not_granted", _("Klinikken har ikke tilgang til integrasjonen")
    ID_REUSED = "id_reused", _("Samme hendelses-id kom med et annet innhold")
    UNKNOWN_PATIENT = "unknown_patient", _("Klinikken har ikke pasientkortet")
    UNKNOWN_PRACTITIONER = "unknown_practitioner", _("Klinikken har ikke behandleren")
    UNKNOWN_CARD = "unknown_card", _("Klinikken har ikke regningskortet")
    UNKNOWN_APPOINTMENT = "unknown_appointment", _("Klinikken har ikke timen")
    UNKNOWN_DIALOG = "unknown_dialog", _("Klinikken har ikke dialogen")
    UNKNOWN_REFERENCE = "unknown_reference", _("Klinikken har ikke sendt e-kontakten")
    WRONG_AMOUNT = "wrong_amount", _("Beløpet er et annet enn egenandelen på regningskortet")
    NOT_PAYABLE = "not_payable", _("Regningskortet kan ikke betales slik det står")
    ALREADY_PAID = "already_paid", _("Regningskortet er alt betalt på en annen måte")
    PAYMENT_USED = "payment_used", _("Betalingen er alt ført på et annet regningskort")
    OTHER_PATIENT = "other_patient", _("Det gjelder en annen pasient enn før")
    SLOT_TAKEN = "slot_taken", _("Tidspunktet er ikke lenger ledig")
    CHANGED_HERE = "changed_here", _("Klinikken har endret timen, og nabosystemet har ikke hørt det ennå")
    TEXT_CHANGED = "text_changed", _("Meldingen er mottatt før, med et annet innhold")
    ENDED = "ended", _("Overleveringen er alt avsluttet")
    NO_ADDRESS = "no_address", _("Nabosystemets adresse er ikke satt opp hos leverandøren vår")
    NO_CONTACT = "no_contact", _("Nabosystemet svarte ikke")
    THEIR_ERROR = "their_error", _("Nabosystemet svarte med feil")
    REJECTED = "rejected", _("Nabosystemet avviste det vi sendte")
    OUR_KEY = "our_key", _("Nabosystemet godtok ikke nøkkelen vår")
    OUR_ERROR = "our_error", _("Feil hos oss: nabosystemet må prøve igjen")


class KeyPair(ClinicRow):
    """What a neighbour signs with for one clinic. Secrets are derived, never stored: see keys.py."""

    neighbour = models.CharField(max_length=10, choices=Neighbour.choices)
    key_id = models.CharField(max_length=40, unique=True)
    salt = models.CharField(max_length=32)
    turn = models.PositiveIntegerField(default=1)  # rises at every rotation: the second of two presses is told
    old_salt = models.CharField(max_length=32, blank=True)
    old_until = models.DateTimeField(null=True)  # the secret before this one is taken until then
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # nobody: the demo's
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("nøkkelpar")
        verbose_name_plural = _("nøkkelpar")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "neighbour"], name="key_pair_once")]

    def __str__(self) -> str:
        return f"Nøkkelpar {self.pk}"

    def is_rotating(self, now: datetime) -> bool:
        """Whether the secret before this one is still taken."""
        return self.old_until is not None and self.old_until > now


class InboxEvent(ClinicRow):
    """Something a neighbour has told us, kept so that telling it again does nothing more; no content."""

    neighbour = models.CharField(max_length=10, choices=Neighbour.choices)
    event_id = models.CharField(max_length=64)  # the neighbour's `webhook-id`
    digest = models.CharField(max_length=64)  # SHA-256 of the body
    type = models.CharField(max_length=32)
    answer = models.JSONField(null=True)  # numbers and ids; empty until it has been carried out
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "neighbour", "event_id"], name="inbox_event_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["received_at"], name="inbox_event_old")]  # the nightly purge

    def __str__(self) -> str:
        return f"{self.neighbour} {self.type}"


class Call(ClinicRow):
    """Calls of one kind that went the same way in the same minute, either way; no content (spec C4)."""

    neighbour = models.CharField(max_length=10, choices=Neighbour.choices)
    kind = models.CharField(max_length=32)
    result = models.CharField(max_length=8, choices=Result.choices)
    reason = models.CharField(max_length=20, blank=True, choices=Why.choices)
    minute = models.DateTimeField()
    at = models.DateTimeField()  # of the latest
    count = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("kall")
        verbose_name_plural = _("kall")
        constraints: ClassVar = [
            # A storm writes one row a minute.
            models.UniqueConstraint(
                fields=["clinic", "neighbour", "minute", "kind", "result", "reason"], name="call_once_a_minute"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "neighbour", "-at"], name="call_latest"),  # the settings page
            models.Index(fields=["at"], name="call_old"),  # the nightly purge
        ]

    def __str__(self) -> str:
        return f"{self.neighbour} {self.kind} {self.result}"


class ForeignVersion(ClinicRow):
    """The newest version of a neighbour's appointment that we have heard of: what comes late changes nothing."""

    neighbour = models.CharField(max_length=10, choices=Neighbour.choices)
    external_id = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "neighbour", "external_id"], name="foreign_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.neighbour} {self.version}"


class AnswerState(models.TextChoices):
    """Where the clinic's answer in a neighbour's dialog stands."""

    QUEUED = "queued", _("Overleveres")
    SENDING = "sending", _("Overleveres")
    UNKNOWN = "unknown", _("Uvisst om den kom fram")  # asked about by our reference, never sent blindly again
    DELIVERED = "delivered", _("Levert")
    REFUSED = "refused", _("Avvist")
    EXPIRED = "expired", _("Ikke levert i tide")


FILE_REFUSED = "attachment_refused"  # the neighbour's code: the answer can be sent again without the file
OPEN_ANSWERS = (AnswerState.QUEUED, AnswerState.SENDING, AnswerState.UNKNOWN)


class AnswerQuerySet(ClaimingQuerySet):
    """Answers, found by what is to be done with them."""

    def to_do(self, state: AnswerState, neighbour: str, now: datetime) -> Self:
        """Keep those in the state whose time has come, oldest first."""
        return self.filter(state=state, neighbour=neighbour, due_at__lte=now).order_by("due_at", "pk")


class Answer(ClinicRow):
    """What the clinic has done on its way back to the neighbour that it comes from; no content.

    A message in a dialog, or a change of an appointment, which is handed over as it stands then.
    """

    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="+")
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    neighbour = models.CharField(max_length=10, choices=Neighbour.choices)
    reference = models.UUIDField(unique=True, default=uuid4)  # the same at every attempt: the neighbour takes it once
    state = models.CharField(max_length=9, choices=AnswerState.choices, default=AnswerState.QUEUED)
    reason = models.CharField(max_length=24, blank=True)  # of notifications.Reason, or FILE_REFUSED
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()  # when to look at it next: hand it over, give the worker up, or ask
    expires_at = models.DateTimeField()
    since = models.DateTimeField(null=True)  # of an appointment: when the first change was made that it tells of
    settled_at = models.DateTimeField(null=True)

    objects = AnswerQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("svar til nabosystem")
        verbose_name_plural = _("svar til nabosystemer")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(message=None) ^ models.Q(appointment=None), name="answer_about_one"
            ),
            # A newer change of an appointment goes with the one that waits.
            models.UniqueConstraint(
                fields=["appointment"], condition=models.Q(state="queued"), name="answer_appointment_waits_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["neighbour", "due_at"], condition=models.Q(state__in=OPEN_ANSWERS), name="answer_due"),
        ]

    def __str__(self) -> str:
        return f"Svar {self.pk}"


class ActiveCheck(ClinicRow):
    """When the clinic's e-contact provider was last asked which patients are active there, and what came of it."""

    provider = models.CharField(max_length=12)
    wanted_at = models.DateTimeField(null=True)  # somebody has pressed the button, and nobody has begun
    begun_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)  # the latest attempt that broke off, until one has not
    asked_at = models.DateTimeField(null=True)  # the last time that everyone was asked about
    asked = models.PositiveIntegerField(default=0)  # patients with a number to ask by
    active = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=20, blank=True, choices=Why.choices)  # why the latest attempt broke off

    class Meta:
        verbose_name = _("spørring om EP-kontakt")
        verbose_name_plural = _("spørringer om EP-kontakt")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic"], name="active_check_once")]

    def __str__(self) -> str:
        return f"EP-kontakt {self.pk}"
