"""The engine's vocabulary: kinds, channels, states and the closed list of reasons. No rules here."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models import Module


class Kind(models.TextChoices):
    """What the product decides to tell a patient."""

    APPOINTMENT_SET_UP = "appointment_set_up", _("Bekreftelse på oppsatt time")
    APPOINTMENT_BOOKED = "appointment_booked", _("Bekreftelse på timebestilling")
    APPOINTMENT_CHANGED = "appointment_changed", _("Endring av time")
    APPOINTMENT_CANCELLED = "appointment_cancelled", _("Avlyst time")
    APPOINTMENT_CALLED_OFF = "appointment_called_off", _("Avbestilt time")
    APPOINTMENT_REMINDER = "appointment_reminder", _("Påminnelse om time")
    DIALOG_RECEIVED = "dialog_received", _("Ny dialog")
    ANSWER_RECEIVED = "answer_received", _("Svar på dialog")
    RECEIPT = "receipt", _("Kvittering mottatt")
    BULK_SMS = "bulk_sms", _("SMS fra masseutsendelse")
    ECONTACT = "econtact", _("E-kontakt")
    APP_INVITATION = "app_invitation", _("Invitasjon til appen")


NEWS = frozenset(
    {
        Kind.APPOINTMENT_SET_UP,
        Kind.APPOINTMENT_BOOKED,
        Kind.APPOINTMENT_CHANGED,
        Kind.APPOINTMENT_CANCELLED,
        Kind.APPOINTMENT_CALLED_OFF,
    }
)
CONFIRMATIONS = frozenset({Kind.APPOINTMENT_SET_UP, Kind.APPOINTMENT_BOOKED})
CANCELLATIONS = frozenset({Kind.APPOINTMENT_CANCELLED, Kind.APPOINTMENT_CALLED_OFF})

MODULE_OF: dict[str, str] = {
    Kind.APPOINTMENT_SET_UP: Module.TIMEBOOK,
    Kind.APPOINTMENT_BOOKED: Module.TIMEBOOK,
    Kind.APPOINTMENT_CHANGED: Module.TIMEBOOK,
    Kind.APPOINTMENT_CANCELLED: Module.TIMEBOOK,
    Kind.APPOINTMENT_CALLED_OFF: Module.TIMEBOOK,
    Kind.APPOINTMENT_REMINDER: Module.TIMEBOOK,
    Kind.DIALOG_RECEIVED: Module.POST,
    Kind.ANSWER_RECEIVED: Module.POST,
    Kind.ECONTACT: Module.POST,
    Kind.RECEIPT: Module.ECONOMY,
    Kind.BULK_SMS: "",  # depends on no module (spec C6)
    Kind.APP_INVITATION: "",  # Convene's, recorded only (spec F4)
}

# How long after it was due a notice may still go out; appointments' news and reminders die at the start (spec D7).
LIFETIME: dict[str, timedelta] = {
    Kind.APPOINTMENT_CANCELLED: timedelta(hours=24),
    Kind.APPOINTMENT_CALLED_OFF: timedelta(hours=24),
    Kind.DIALOG_RECEIVED: timedelta(hours=72),
    Kind.ANSWER_RECEIVED: timedelta(hours=72),
    Kind.ECONTACT: timedelta(hours=72),
    Kind.RECEIPT: timedelta(hours=72),
    Kind.BULK_SMS: timedelta(hours=24),
    Kind.APP_INVITATION: timedelta(hours=72),  # recorded only: it has no start to die at (spec F4)
}

# After an unknown outcome these are never sent again by the engine itself (design, section 3).
NEVER_RESENT = frozenset({Kind.BULK_SMS, Kind.ECONTACT})


class Channel(models.TextChoices):
    """One way to reach a patient."""

    EMAIL = "email", _("E-post")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Push")


class Lane(models.TextChoices):
    """Which queue a row waits in, so that a bulk never delays a single notice."""

    URGENT = "urgent", _("Enkeltvarsel")
    BULK = "bulk", _("Masseutsendelse")


class SubjectType(models.TextChoices):
    """What a notice is about."""

    APPOINTMENT = "appointment", _("Time")
    MESSAGE = "message", _("Melding")
    CARD = "card", _("Regningskort")
    BULK = "bulk", _("Masseutsendelse")


class State(models.TextChoices):
    """States of a Notification, labelled as staff see them (design, section 3)."""

    WAITING = "waiting", _("Planlagt")
    DISPATCHED = "dispatched", _("I kø")
    REPLACED = "replaced", _("Erstattet")
    CANCELLED = "cancelled", _("Stoppet")
    EXPIRED = "expired", _("For sent")
    SUPPRESSED = "suppressed", _("Ikke mulig")  # or «Stoppet», by its reason: see history.label
    EXTERNAL = "external", _("Varsles av andre")


class DeliveryState(models.TextChoices):
    """States of a Delivery, labelled as staff see them (design, section 3)."""

    QUEUED = "queued", _("I kø")
    SENDING = "sending", _("I kø")
    ACCEPTED = "accepted", _("Sendt")
    DELIVERED = "delivered", _("Levert")
    FAILED = "failed", _("Feilet")
    UNDELIVERED = "undelivered", _("Feilet")
    BOUNCED = "bounced", _("Feilet")
    UNKNOWN = "unknown", _("Ukjent")
    FAILED_UNKNOWN = "failed_unknown", _("Ukjent")
    UNCONFIRMED = "unconfirmed", _("Sendt, ikke bekreftet")
    EXPIRED = "expired", _("For sent")
    SUPPRESSED = "suppressed", _("Ikke mulig")


OPEN_DELIVERY = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
FAILED_STATES = (
    DeliveryState.FAILED,
    DeliveryState.UNDELIVERED,
    DeliveryState.BOUNCED,
    DeliveryState.FAILED_UNKNOWN,
    DeliveryState.EXPIRED,
)


class Reason(models.TextChoices):
    """Why something did not go, was stopped or replaced. Closed: no free text anywhere."""

    # The clinic's and the patient's side
    NO_CONSENT = "no_consent", _("Pasienten har ikke samtykket")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("Pasienten har trukket samtykket")
    NO_CONTACT = "no_contact", _("Pasienten har verken gyldig e-post eller mobilnummer")
    NO_EMAIL = "no_email", _("E-postadresse mangler")
    NO_MOBILE = "no_mobile", _("Mobilnummer mangler")
    LANDLINE = "landline", _("Nummeret er en fasttelefon")
    EMAIL_DEAD = "email_dead", _("E-postadressen virker ikke")
    MOBILE_DEAD = "mobile_dead", _("Mobilnummeret virker ikke")
    NO_PUSH = "no_push", _("Pasienten har ikke tillatt push")
    FOREIGN_NUMBER = "foreign_number", _("Klinikken sender ikke SMS til utenlandske numre")
    DEMO = "demo", _("Demodata overlates ikke til en virkelig leverandør")
    MODULE_OFF = "module_off", _("Varsler er av for modulen")
    TYPE_OFF = "type_off", _("Varsling er av for timetypen")
    # The subject's side
    APPOINTMENT_CANCELLED = "appointment_cancelled", _("Timen er avlyst eller avbestilt")
    APPOINTMENT_MOVED = "appointment_moved", _("Timen er flyttet")
    APPOINTMENT_RESTORED = "appointment_restored", _("Avlysningen ble angret")
    NEWER_NEWS = "newer_news", _("En nyere hendelse kom før varselet gikk ut")
    SUBJECT_GONE = "subject_gone", _("Det varselet gjelder, finnes ikke lenger")
    TOO_LATE = "too_late", _("Varselet ble for sent")
    UNDER_48_HOURS = "under_48_hours", _("Timen ble satt opp eller flyttet mindre enn 48 timer før den begynner")
    IMPORTED = "imported", _("Timen er importert: import gir ingen bekreftelse")
    SWITCHED_ON_LATE = "switched_on_late", _("Varsling ble slått på samme dag som timen eller dagen før")
    NOTIFIED_BY_OTHERS = "notified_by_others", _("Varsles av Helsenorge eller DigiCare")
    ALREADY_REMINDED = "already_reminded", _("Pasienten er alt påminnet om dette tidspunktet")
    NOT_ELECTRONIC = "not_electronic", _("Pasienten har verken ePortal eller EP-kontakt")
    NO_PRACTITIONER = "no_practitioner", _("Ingen behandler å føre regningskortet på")
    GRANT_GONE = "grant_gone", _("Klinikken kan ikke lenger sende dette")
    FALSE_POSITIVE = "false_positive", _("Merket som falsk positiv")
    TOO_MANY = "too_many", _("Pasienten har alt fått tre masseutsendelser siste døgn")
    BULK_STOPPED = "bulk_stopped", _("Masseutsendelsen ble stoppet")
    GATEWAY_REFUSED = "gateway_refused", _("Leverandøren av e-kontakt avviste meldingen")
    # The providers' side
    INVALID_NUMBER = "invalid_number", _("Operatøren kjenner ikke nummeret")
    NOT_SMS_CAPABLE = "not_sms_capable", _("Nummeret kan ikke ta imot SMS")
    OPTED_OUT = "opted_out", _("Mottakeren har reservert seg hos operatøren")
    BLOCKED = "blocked", _("Operatøren eller mottakeren blokkerte meldingen")
    UNREACHABLE = "unreachable", _("Telefonen var ikke å få tak i")
    FILTERED = "filtered", _("Meldingen ble filtrert bort som søppel")
    UNKNOWN_ADDRESS = "unknown_address", _("Mottakeren finnes ikke")
    MAILBOX_FULL = "mailbox_full", _("Postkassen er full")
    COMPLAINT = "complaint", _("Mottakeren har meldt e-posten som søppelpost")
    REJECTED = "rejected", _("Leverandøren avviste meldingen")
    SUBSCRIPTION_GONE = "subscription_gone", _("Appen er avinstallert eller push er slått av")
    PROVIDER_BUSY = "provider_busy", _("Leverandøren ba oss vente")
    PROVIDER_DOWN = "provider_down", _("Leverandøren svarte ikke på tilkobling")
    PROVIDER_SETUP = "provider_setup", _("Feil i oppsettet hos leverandøren")
    NO_ANSWER = "no_answer", _("Leverandøren svarte ikke: ukjent om meldingen gikk")
    PROVIDER_ERROR = "provider_error", _("Leverandøren svarte med feil: ukjent om meldingen gikk")
    WORKER_LOST = "worker_lost", _("Sendingen ble avbrutt: ukjent om meldingen gikk")
    NO_RECEIPT = "no_receipt", _("Ingen leveringskvittering innen 72 timer")
    INTERNAL_ERROR = "internal_error", _("Intern feil: meldingen ble ikke laget")


class External(models.TextChoices):
    """Who notifies instead of us (spec D13, F4)."""

    HELSENORGE = "helsenorge", _("Helsenorge")
    DIGICARE = "digicare", _("DigiCare")
    CONVENE = "convene", _("Convene")
