"""Users, clinics, who works where, and the audit log (spec A)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.scope import ClinicQuerySet, ClinicRow


class StaffUserManager(BaseUserManager["User"]):
    """Makes users known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; without a password the account cannot log in."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user with every right in Django admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by e-mail address, whatever the case."""
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person who logs in to the staff web; `is_staff` marks the vendor's support people (spec A7)."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-post"))
    sessions_valid_from = models.DateTimeField(_("økter gyldige fra"), default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = StaffUserManager()  # type: ignore[assignment,misc]

    class Meta:
        verbose_name = _("bruker")
        verbose_name_plural = _("brukere")
        constraints: ClassVar = [
            # Log-in looks users up by address, whatever the case.
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        return ((self.first_name[:1] + self.last_name[:1]) or self.email[:2]).upper()


class Module(models.TextChoices):
    """The modules that notices can be active for (spec A1)."""

    POST = "post", _("Post")
    TIMEBOOK = "timebook", _("Timebok")
    ECONOMY = "economy", _("Økonomi")


class EContactProvider(models.TextChoices):
    """Who carries e-contact for the clinic (spec A6); empty means none."""

    HELSENORGE = "helsenorge", _("Helsenorge")
    BESOKLEGEN = "besoklegen", _("Besøklegen")


def validate_time_zone(value: str) -> None:
    """Refuse a name that the time zone table does not hold."""
    if value not in available_timezones():
        raise ValidationError(_("Ukjent tidssone. Skriv for eksempel Europe/Oslo."))


class Clinic(models.Model):
    """A clinic: the tenant, with the modules it has ordered and what support has granted it (spec A1, A2, A6)."""

    name = models.CharField(_("navn"), max_length=120)
    alias = models.CharField(
        _("navn i varsler"),
        max_length=60,
        help_text=_("Vises i SMS, e-post og push. Skal ikke røpe hva klinikken behandler."),
    )
    sms_sender = models.CharField(
        _("SMS-avsender"),
        max_length=11,
        validators=[
            RegexValidator(
                r"^(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}$",
                _("Inntil 11 tegn: A–Z, a–z, 0–9 og mellomrom, minst én bokstav."),
            )
        ],
    )
    phone = models.CharField(_("telefon"), max_length=20, blank=True)
    time_zone = models.CharField(_("tidssone"), max_length=40, default="Europe/Oslo", validators=[validate_time_zone])
    post_notices = models.BooleanField(_("varsler for Post"), default=False)
    timebook_notices = models.BooleanField(_("varsler for Timebok"), default=False)
    economy_notices = models.BooleanField(_("varsler for Økonomi"), default=False)
    free_text_sms = models.BooleanField(_("fritekst-SMS"), default=False)
    econtact_provider = models.CharField(
        _("leverandør av e-kontakt"), max_length=12, blank=True, choices=EContactProvider.choices
    )
    convene = models.BooleanField(_("Convene betalingsterminal"), default=False)
    foreign_numbers = models.BooleanField(_("SMS til utenlandske numre"), default=False)
    bulk_daily_limit = models.PositiveIntegerField(
        _("mottakere i masseutsendelse per døgn"),
        default=20_000,
        help_text=_("Høyste antall mottakere i masseutsendelser samme dag."),
    )
    econtact_code = models.CharField(_("takst for e-kontakt"), max_length=12, default="1be")  # the manager's (spec I5)
    is_demo = models.BooleanField(
        _("demoklinikk"),
        default=False,
        help_text=_("Bare oppdiktede personer. Ingenting overlates til en virkelig leverandør."),
    )
    is_active = models.BooleanField(_("i bruk"), default=True)
    created_at = models.DateTimeField(_("opprettet"), default=timezone.now, editable=False)

    timebook_before: bool = False  # set for the timebook's signals: whether the module was on before this save

    class Meta:
        verbose_name = _("klinikk")
        verbose_name_plural = _("klinikker")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let the timebook plan what switching its module on calls for, in one transaction (spec D8)."""
        super().save(*args, **kwargs)

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone: what staff and patients see; the database holds UTC (spec D14)."""
        return ZoneInfo(self.time_zone)

    def notifies(self, module: str) -> bool:
        """Whether notices are on for the module, as of this row (spec A1)."""
        return bool(getattr(self, f"{module}_notices"))


class Role(models.TextChoices):
    """What a member of the staff does at the clinic (spec A7)."""

    CLINICIAN = "clinician", _("Behandler")
    SECRETARY = "secretary", _("Helsesekretær")
    MANAGER = "manager", _("Klinikkleder")


class Membership(ClinicRow):
    """A user's role at a clinic."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("bruker"))
    role = models.CharField(_("rolle"), max_length=10, choices=Role.choices)
    may_bulk_send = models.BooleanField(_("masseutsendelse"), default=False)
    may_export = models.BooleanField(_("eksport"), default=False)
    is_active = models.BooleanField(_("i bruk"), default=True)

    class Meta:
        verbose_name = _("ansatt")
        verbose_name_plural = _("ansatte")
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"


class Invitation(ClinicRow):
    """An address asked to join the clinic. The link's token is known by its hash alone, and works once."""

    email = models.EmailField(_("e-post"))
    role = models.CharField(_("rolle"), max_length=10, choices=Role.choices)
    may_bulk_send = models.BooleanField(_("masseutsendelse"), default=False)
    may_export = models.BooleanField(_("eksport"), default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # empty when the mail provider did not take it
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("invitasjon")
        verbose_name_plural = _("invitasjoner")
        constraints: ClassVar = [
            # Inviting twice, or at the same time as a colleague, makes one invitation.
            models.UniqueConstraint(
                "clinic",
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"

    def is_open(self, now: datetime) -> bool:
        """Whether the link still works."""
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at


class Practitioner(ClinicRow):
    """Someone patients have appointments with; may or may not be a user (FHIR Practitioner)."""

    name = models.CharField(_("navn"), max_length=120)
    title = models.CharField(_("tittel"), max_length=60, blank=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, verbose_name=_("bruker"))
    external_id = models.CharField(_("ekstern id"), max_length=200, blank=True)
    is_active = models.BooleanField(_("i bruk"), default=True)

    class Meta:
        verbose_name = _("behandler")
        verbose_name_plural = _("behandlere")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            # An import that runs twice finds the practitioner it made (FHIR identifier or name in the file).
            models.UniqueConstraint(
                fields=["clinic", "external_id"], condition=~models.Q(external_id=""), name="practitioner_external_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Place(ClinicRow):
    """Where an appointment takes place (FHIR Location)."""

    name = models.CharField(_("navn"), max_length=80)
    address = models.CharField(_("adresse"), max_length=120, blank=True)
    is_active = models.BooleanField(_("i bruk"), default=True)

    class Meta:
        verbose_name = _("sted")
        verbose_name_plural = _("steder")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "name"], name="place_once")]

    def __str__(self) -> str:
        return self.name


class AuditAction(models.TextChoices):
    """What the audit log can say (closed list)."""

    SEARCH = "search", _("Søkte etter pasient")
    READ = "read", _("Åpnet pasientkort")
    CREATE = "create", _("Opprettet pasientkort")
    CONTACT = "contact", _("Endret kontaktopplysninger")
    PERSONAL = "personal", _("Endret personalia")
    PREFERENCE = "preference", _("Endret varslingsmetode")
    CONSENT = "consent", _("Endret samtykke")
    APPOINTMENT = "appointment", _("Endret time")
    DIALOG = "dialog", _("Leste eller skrev dialog")
    CARD = "card", _("Leste eller endret regningskort")
    RESEND = "resend", _("Sendte varsel på nytt")
    JOURNAL = "journal", _("Søkte i journalen")
    RISK = "risk", _("Brukte risikogruppe")
    BULK = "bulk", _("Masseutsendelse")
    SETTING = "setting", _("Endret innstilling")
    IMPORT = "import", _("Importerte")
    EXPORT = "export", _("Eksporterte")
    STAFF = "staff", _("Endret ansattes tilgang")
    AUDIT = "audit", _("Leste loggen")
    REFUSED = "refused", _("Ble nektet tilgang")


class AuditEvent(models.Model):
    """Who read or changed which patient. Append-only: the database refuses UPDATE and DELETE (threat 34)."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    patient_id = models.BigIntegerField(null=True)  # a plain number: the log outlives the card
    action = models.CharField(max_length=12, choices=AuditAction.choices)
    what = models.CharField(max_length=120, blank=True)  # field names, view names, counts; never values
    source = models.CharField(max_length=12, default="web")
    at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = _("logginnslag")
        verbose_name_plural = _("logginnslag")
        indexes: ClassVar = [
            models.Index(fields=["patient_id", "-at"], name="audit_by_patient"),  # «hvem har sett på meg»
            models.Index(fields=["clinic", "-at"], name="audit_by_clinic"),  # the manager's log page
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at:%d.%m.%Y %H:%M}"


from clinics.hours import ClosedDay, OpeningHours  # noqa: E402, F401 - Django finds models through this module
