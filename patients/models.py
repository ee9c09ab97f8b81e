"""The person, the card at one clinic, contact values, consent and preferred method (spec B)."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import phonenumbers
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import Practitioner, User
from clinics.scope import ClinicQuerySet, ClinicRow


class Person(models.Model):
    """A human, known by a national identity number, who can have a card at many clinics."""

    national_number = models.CharField(_("fødselsnummer"), max_length=11, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("personer")

    def __str__(self) -> str:
        return f"Person {self.pk}"


class PortalAccount(models.Model):
    """The person's use of the portal or app; its existence is the green icon (spec B4)."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="account")
    first_login_at = models.DateTimeField(default=timezone.now)
    last_login_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Konto {self.pk}"


class PushSubscription(models.Model):
    """A browser or app of the person's that push may be sent to."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="subscriptions")
    endpoint = models.URLField(max_length=600, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    device = models.CharField(max_length=60, blank=True)  # how the person knows it: «Chrome på Android»
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Abonnement {self.pk}"


class Sex(models.TextChoices):
    """Administrative sex, as the card has it; never derived from a number that cannot tell (2032)."""

    FEMALE = "female", _("Kvinne")
    MALE = "male", _("Mann")
    UNKNOWN = "", _("Ikke oppgitt")


class Consent(models.TextChoices):
    """Consent to be contacted and booked through the platform; not asked counts as none (spec B3)."""

    GIVEN = "given", _("Samtykke gitt")
    WITHDRAWN = "withdrawn", _("Samtykke trukket")
    NOT_ASKED = "", _("Ikke spurt om samtykke")


class PreferredMethod(models.TextChoices):
    """Preferred method of notice, these very labels (spec B2)."""

    NOT_CHOSEN = "", _("Ikke valgt (standard)")
    EMAIL = "email", _("E-post (SMS sendes dersom e-post ikke er mulig)")
    SMS = "sms", _("SMS (E-post sendes dersom SMS ikke er mulig)")
    BOTH = "both", _("E-post og SMS")


class Language(models.TextChoices):
    """The language of a card's notices and of its owner's portal, each by its own name."""

    NB = "nb", "Bokmål"
    NN = "nn", "Nynorsk"
    EN = "en", "English"
    SE = "se", "Davvisámegiella"


class DeadContact(models.TextChoices):
    """Why a contact value is known not to work since it was last edited (spec C3); empty means it may work."""

    ALIVE = "", _("Virker")
    HARD_BOUNCE = "hard_bounce", _("Adressen finnes ikke")
    NOT_IN_SERVICE = "not_in_service", _("Nummeret er ikke i bruk")
    OPTED_OUT = "opted_out", _("Har reservert seg hos operatøren")
    COMPLAINT = "complaint", _("Har meldt e-posten som søppelpost")


class PatientQuerySet(ClinicQuerySet):
    """Ways to find cards."""

    def with_activity(self) -> Self:
        """Annotate `is_active_user`: the person has ever logged in to the portal or app (spec B4)."""
        return self.annotate(
            is_active_user=models.Exists(PortalAccount.objects.filter(person=models.OuterRef("person")))
        )


class Patient(ClinicRow):
    """A person's card at ONE clinic (pasientkort)."""

    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="cards")
    local_number = models.CharField(_("lokalt nummer"), max_length=40, blank=True)
    given_name = models.CharField(_("fornavn"), max_length=150)
    family_name = models.CharField(_("etternavn"), max_length=150)
    search_name = models.CharField(max_length=320, editable=False)
    birth_date = models.DateField(_("fødselsdato"), null=True, blank=True)
    sex = models.CharField(_("kjønn"), max_length=6, blank=True, choices=Sex.choices)
    general_practitioner = models.ForeignKey(
        Practitioner, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("fastlege")
    )
    postal_code = models.CharField(_("postnummer"), max_length=4, blank=True)
    municipality = models.CharField(_("kommunenummer"), max_length=4, blank=True)  # Statistics Norway's four digits
    has_econtact = models.BooleanField(_("EP-kontakt"), default=False)  # the clinic's e-contact provider knows them
    email = models.CharField(_("e-post"), max_length=254, blank=True)
    email_dead = models.CharField(max_length=14, blank=True, choices=DeadContact.choices)
    mobile = models.CharField(_("telefon"), max_length=16, blank=True)  # E.164
    is_landline = models.BooleanField(_("fasttelefon"), default=False)  # kept, marked, makes no SMS possible (spec B5)
    mobile_dead = models.CharField(max_length=14, blank=True, choices=DeadContact.choices)
    preferred_method = models.CharField(
        _("foretrukket varslingsmetode"), max_length=5, blank=True, choices=PreferredMethod.choices
    )
    preferred_at = models.DateTimeField(null=True, editable=False)
    preferred_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    language = models.CharField(
        _("språk"), max_length=2, choices=Language.choices, default=Language.NB, db_default=Language.NB
    )
    consent = models.CharField(_("samtykke"), max_length=9, blank=True, choices=Consent.choices)
    consent_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)  # a trigger sets it

    objects = PatientQuerySet.as_manager()  # type: ignore[misc]  # narrows ClinicRow.objects

    class Meta:
        verbose_name = _("pasient")
        verbose_name_plural = _("pasienter")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "person"], condition=models.Q(person__isnull=False), name="patient_person_once"
            ),
            models.UniqueConstraint(
                fields=["clinic", "local_number"], condition=~models.Q(local_number=""), name="patient_local_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "search_name"], name="patient_by_name"),  # quick search (spec G1)
            models.Index(fields=["clinic", "birth_date"], name="patient_by_birth"),  # quick search
            models.Index(fields=["clinic", "mobile"], name="patient_by_mobile"),  # quick search
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def mobile_shown(self) -> str:
        """The phone number as people write it, for example +47 429 00 000."""
        if not self.mobile:
            return ""
        return phonenumbers.format_number(phonenumbers.parse(self.mobile), phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    @property
    def age(self) -> int | None:
        """Whole years today, or None without a birth date."""
        if self.birth_date is None:
            return None
        today = timezone.localdate()
        return (
            today.year
            - self.birth_date.year
            - ((today.month, today.day) < (self.birth_date.month, self.birth_date.day))
        )

    @property
    def has_consent(self) -> bool:
        """Whether the clinic may contact and book the patient through the platform (spec B3)."""
        return self.consent == Consent.GIVEN

    @property
    def email_possible(self) -> bool:
        """Registered, valid and not known to be dead (spec C3)."""
        return bool(self.email) and not self.email_dead

    @property
    def sms_possible(self) -> bool:
        """Registered, valid, a mobile number and not known to be dead (spec B5, C3)."""
        return bool(self.mobile) and not self.is_landline and not self.mobile_dead

    @property
    def can_be_notified(self) -> bool:
        """E-mail or SMS is possible; push does not count here (spec C2, D12, E3)."""
        return self.email_possible or self.sms_possible

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the normalised name that quick search reads (spec G1)."""
        from patients.names import search_key  # noqa: PLC0415 - names is pure; models stay importable first

        self.search_name = search_key(f"{self.given_name} {self.family_name}")
        if (fields := kwargs.get("update_fields")) and {"given_name", "family_name"} & set(fields):
            kwargs["update_fields"] = {*fields, "search_name"}
        super().save(*args, **kwargs)


class ConsentChange(ClinicRow):
    """One line of the consent log: who, when, how (spec B3). Append-only."""

    class How(models.TextChoices):
        """Where the change was made."""

        STAFF = "staff", _("av klinikken på vegne av pasienten")
        PORTAL = "portal", _("av pasienten i portalen")
        FILE = "file", _("fra importfil")
        BATCH = "batch", _("for hele importen: samtykke er innhentet i gammelt system")

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consent_log")
    consent = models.CharField(max_length=9, choices=Consent.choices)
    how = models.CharField(max_length=6, choices=How.choices)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("samtykkeendring")
        verbose_name_plural = _("samtykkeendringer")
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_consent_display()} {self.at:%d.%m.%Y}"


from patients.journal import CodeSystem, EntryType, JournalEntry  # noqa: E402, F401 - Django finds models through this module
from patients.proxy_models import Proxy, ProxyKind  # noqa: E402, F401 - the same
