"""Dialogs with patients: the thread, its messages, files, drafts and templates (spec E)."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import User
from clinics.scope import ClinicQuerySet, ClinicRow
from patients.models import Patient, Person
from post.file_reasons import Why

SUBJECT_MAX = 120  # characters
TEXT_MAX = 10_000  # characters


class DialogKind(models.TextChoices):
    """The kinds of dialogs (spec E1); e-contact comes from bulk sending (spec I5)."""

    E_DIALOG = "e_dialog", _("E-dialog")
    E_CONSULTATION = "e_consultation", _("E-konsultasjon")
    PRESCRIPTION = "prescription", _("Reseptforespørsel")
    INVOICE_QUESTION = "invoice_question", _("Fakturaspørsmål")
    E_CONTACT = "e_contact", _("E-kontakt")


SWITCHED = tuple(kind for kind in DialogKind if kind != DialogKind.E_CONTACT)  # the clinic's own switches (spec E1)


class Source(models.TextChoices):
    """Where a dialog comes from; foreign systems notify about their own (spec D13)."""

    OWN = "own", _("Pasientportalen")
    HELSENORGE = "helsenorge", _("Helsenorge")
    DIGICARE = "digicare", _("DigiCare")
    BESOKLEGEN = "besoklegen", _("Besøklegen")


class Party(models.TextChoices):
    """Who wrote."""

    STAFF = "staff", _("Klinikken")
    PATIENT = "patient", _("Pasienten")


class DialogState(models.TextChoices):
    """Where a dialog stands, as the inbox sorts it (spec E4)."""

    WAITING = "waiting", _("Venter på svar")  # the patient wrote last
    ANSWERED = "answered", _("Besvart")  # the staff answered
    SENT = "sent", _("Sendt")  # the staff began, and the patient has not written yet
    CLOSED = "closed", _("Avsluttet")


class DialogQuerySet(ClinicQuerySet):
    """Dialogs, found by where they stand."""

    def unread(self) -> Self:
        """Keep those in which the patient has written something nobody has opened."""
        return self.filter(is_unread=True)

    def mine(self, user: User) -> Self:
        """Keep the open ones that the user has taken."""
        return self.filter(taken_by=user).exclude(state=DialogState.CLOSED)

    def waiting(self) -> Self:
        """Keep those that wait for the clinic's answer."""
        return self.filter(state=DialogState.WAITING)

    def answered(self) -> Self:
        """Keep those the clinic has answered."""
        return self.filter(state=DialogState.ANSWERED)


class Dialog(ClinicRow):
    """A thread of messages between clinic and patient. The flags repeat what the messages say, for the inbox."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="dialogs", verbose_name=_("pasient"))
    kind = models.CharField(_("type"), max_length=16, choices=DialogKind.choices)
    subject = models.CharField(_("emne"), max_length=SUBJECT_MAX)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.OWN)
    external_id = models.CharField(max_length=200, blank=True)  # the id in the system it comes from
    state = models.CharField(_("status"), max_length=8, choices=DialogState.choices)
    is_unread = models.BooleanField(default=False)  # by the staff
    last_message_at = models.DateTimeField()
    read_by_patient_at = models.DateTimeField(null=True)  # of the clinic's last message; empty until it is read
    answer_by = models.DateTimeField(_("svarfrist"), null=True)  # an unanswered e-consultation's
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("tatt av"))
    started_by = models.CharField(max_length=7, choices=Party.choices)
    origin = models.BigIntegerField(null=True, editable=False)  # the bulk's recipient that it was opened for (spec I5)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DialogQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("dialog")
        verbose_name_plural = _("dialoger")
        constraints: ClassVar = [
            # A foreign system that delivers twice opens one dialog.
            models.UniqueConstraint(
                fields=["clinic", "source", "external_id"], condition=~Q(external_id=""), name="dialog_external_once"
            ),
            # A bulk's recipient gets one e-contact, whoever tries twice (spec I6).
            models.UniqueConstraint(fields=["origin"], condition=Q(origin__isnull=False), name="dialog_origin_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-last_message_at", "-id"], name="dialog_inbox"),  # «Alle»
            models.Index(
                fields=["clinic", "state", "-last_message_at"], name="dialog_by_state"
            ),  # «Venter», «Besvarte»
            models.Index(fields=["clinic", "-last_message_at"], condition=Q(is_unread=True), name="dialog_unread"),
            models.Index(fields=["taken_by", "-last_message_at"], name="dialog_taken"),  # «Mine»
            models.Index(fields=["patient", "-last_message_at"], name="dialog_by_patient"),  # the card's tab
        ]

    def __str__(self) -> str:
        return f"Dialog {self.pk}"

    @property
    def is_closed(self) -> bool:
        """Whether it is put away; a message from the patient opens it again."""
        return self.state == DialogState.CLOSED

    @property
    def is_foreign(self) -> bool:
        """Whether another system notifies about it (spec D13)."""
        return self.source in (Source.HELSENORGE, Source.DIGICARE)


class Message(ClinicRow):
    """One message. Never changed, but for when the other side read it."""

    dialog = models.ForeignKey(Dialog, models.PROTECT, related_name="messages")
    party = models.CharField(max_length=7, choices=Party.choices)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # the staff's
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # the patient's side
    text = models.TextField(_("melding"), max_length=TEXT_MAX)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # by the other side
    key = models.UUIDField(unique=True, default=uuid.uuid4)  # the form's: pressing Send twice sends once

    class Meta:
        verbose_name = _("melding")
        verbose_name_plural = _("meldinger")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(party=Party.STAFF, person=None) | Q(party=Party.PATIENT, author=None),
                name="message_one_side",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["dialog", "id"], name="message_thread")]  # the dialog's page

    def __str__(self) -> str:
        return f"Melding {self.pk}"

    @property
    def is_staffs(self) -> bool:
        """Whether the clinic wrote it."""
        return self.party == Party.STAFF


class Draft(ClinicRow):
    """What a colleague has written and not sent: an answer, or a new dialog with a patient (spec E3: it is kept)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    dialog = models.ForeignKey(Dialog, models.CASCADE, null=True, related_name="drafts")  # empty: a new dialog
    subject = models.CharField(max_length=SUBJECT_MAX, blank=True)
    text = models.TextField(max_length=TEXT_MAX, blank=True)
    key = models.UUIDField(unique=True)  # of the message it becomes
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("kladd")
        verbose_name_plural = _("kladder")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "dialog"], condition=~Q(dialog=None), name="draft_answer_once"),
            models.UniqueConstraint(
                fields=["user", "clinic", "patient"], condition=Q(dialog=None), name="draft_new_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Kladd {self.pk}"


class Attachment(ClinicRow):
    """A file of a message or a draft. Its content rests outside the web root, under a random name."""

    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="attachments")
    draft = models.ForeignKey(Draft, models.SET_NULL, null=True, related_name="attachments")
    name = models.CharField(_("navn"), max_length=120)  # cleaned: no path, no control characters, the type's ending
    content_type = models.CharField(max_length=40)  # as found in the content, never as claimed
    size = models.PositiveIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=32, unique=True)  # random; the name on disk
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("vedlegg")
        verbose_name_plural = _("vedlegg")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            # The nightly purge: files that belong to nothing.
            models.Index(fields=["created_at"], condition=Q(message=None, draft=None), name="attachment_orphans"),
        ]

    def __str__(self) -> str:
        return f"Vedlegg {self.pk}"


class RefusedFile(ClinicRow):
    """A file that a neighbour brought with a message and that was not kept: its name, and why. Never its content."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="refused_files")
    position = models.PositiveSmallIntegerField()  # among the files of the message, from 0
    name = models.CharField(max_length=120)
    reason = models.CharField(max_length=14, choices=Why.choices)

    class Meta:
        verbose_name = _("avvist vedlegg")
        verbose_name_plural = _("avviste vedlegg")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "position"], name="refused_file_once"),
        ]

    def __str__(self) -> str:
        return f"Avvist vedlegg {self.pk}"


class MessageTemplate(ClinicRow):
    """Text to begin from: common to the clinic, or one colleague's own."""

    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")  # empty: common
    name = models.CharField(_("navn"), max_length=80)
    subject = models.CharField(_("emne"), max_length=SUBJECT_MAX, blank=True)
    text = models.TextField(_("tekst"), max_length=TEXT_MAX)

    class Meta:
        verbose_name = _("mal")
        verbose_name_plural = _("maler")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name"], condition=Q(owner=None), name="template_common_once"),
            models.UniqueConstraint(
                fields=["clinic", "owner", "name"], condition=~Q(owner=None), name="template_private_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class KindSwitch(ClinicRow):
    """Whether the clinic uses a kind of dialog (spec E1). No row counts as off: nobody watches what nobody chose."""

    kind = models.CharField(_("type"), max_length=16, choices=DialogKind.choices)
    is_on = models.BooleanField(_("i bruk"), default=False)

    class Meta:
        verbose_name = _("dialogtype")
        verbose_name_plural = _("dialogtyper")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "kind"], name="kind_switch_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.is_on}"
