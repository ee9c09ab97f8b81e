"""Words for «Hvorfor?»: what would have had to be otherwise, and what to do about a provider's answer (spec J3)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models import Module
from notifications.decision import Change, Seen
from notifications.kinds import MODULE_OF, Reason

CALL = gettext_lazy("Ta kontakt med pasienten på en annen måte.")
ADVICE = {
    Reason.INVALID_NUMBER: gettext_lazy("Rett mobilnummeret på pasientkortet, og send på nytt."),
    Reason.NOT_SMS_CAPABLE: gettext_lazy("Registrer et mobilnummer som kan ta imot SMS, og send på nytt."),
    Reason.OPTED_OUT: gettext_lazy("Pasienten må selv oppheve reservasjonen, eller registrer e-postadresse."),
    Reason.BLOCKED: gettext_lazy("Spør pasienten om meldinger fra klinikken er blokkert, eller bruk en annen kanal."),
    Reason.UNREACHABLE: gettext_lazy("Send på nytt når telefonen er på, eller ta kontakt på en annen måte."),
    Reason.FILTERED: gettext_lazy("Be pasienten se i søppelposten, eller registrer mobilnummer."),
    Reason.UNKNOWN_ADDRESS: gettext_lazy("Rett e-postadressen på pasientkortet, og send på nytt."),
    Reason.EMAIL_DEAD: gettext_lazy("Rett e-postadressen på pasientkortet, og send på nytt."),
    Reason.MOBILE_DEAD: gettext_lazy("Rett mobilnummeret på pasientkortet, og send på nytt."),
    Reason.NO_EMAIL: gettext_lazy("Registrer e-postadresse på pasientkortet, og send på nytt."),
    Reason.NO_MOBILE: gettext_lazy("Registrer mobilnummer på pasientkortet, og send på nytt."),
    Reason.LANDLINE: gettext_lazy("Registrer et mobilnummer på pasientkortet, og send på nytt."),
    Reason.MAILBOX_FULL: gettext_lazy("Postkassen må tømmes før det sendes på nytt, eller registrer mobilnummer."),
    Reason.COMPLAINT: gettext_lazy("Pasienten vil ikke ha e-post herfra. Fjern adressen, og bruk SMS."),
    Reason.REJECTED: gettext_lazy("Send på nytt. Skjer det igjen, ta kontakt med support."),
    Reason.SUBSCRIPTION_GONE: gettext_lazy("Pasienten må tillate push i appen igjen."),
    Reason.PROVIDER_SETUP: gettext_lazy("Ta kontakt med support. Meldingen går når oppsettet er rettet."),
    Reason.NO_ANSWER: gettext_lazy("Spør pasienten om meldingen kom før du sender på nytt."),
    Reason.PROVIDER_ERROR: gettext_lazy("Spør pasienten om meldingen kom før du sender på nytt."),
    Reason.WORKER_LOST: gettext_lazy("Spør pasienten om meldingen kom før du sender på nytt."),
    Reason.NO_RECEIPT: gettext_lazy("Meldingen er sendt, men operatøren har ikke bekreftet at den kom fram."),
    Reason.TOO_LATE: CALL,
    Reason.INTERNAL_ERROR: gettext_lazy("Ta kontakt med support, og med pasienten på en annen måte."),
    Reason.DEMO: gettext_lazy("Oppdiktede personer får ingen virkelige meldinger."),
}


def advice(reason: str) -> str:
    """Say what to do about a reason; empty when the reason itself says it all."""
    return str(ADVICE[Reason(reason)]) if reason in ADVICE else ""


def condition(change: Change, seen: Seen) -> str:
    """Put one change into words that follow «hvis»."""
    match change:
        case Change.CONSENT:
            return _("pasienten hadde samtykket")
        case Change.MODULE:
            return _("varsler for %(module)s var på") % {"module": Module(MODULE_OF[seen.kind]).label}
        case Change.TYPE:
            return _("varsling var på for timetypen")
        case Change.MOBILE:
            return mobile_condition(seen.sms)
        case Change.EMAIL:
            is_dead = seen.email == Reason.EMAIL_DEAD
            return _("e-postadressen var rettet") if is_dead else _("e-postadresse var registrert")
        case Change.FOREIGN:
            return _("klinikken sendte SMS til utenlandske numre")
        case Change.PUSH:
            return _("pasienten hadde tillatt push i appen")


def mobile_condition(problem: str) -> str:
    """Say what the mobile number lacked."""
    if problem == Reason.LANDLINE:
        return _("et mobilnummer var registrert i stedet for fasttelefonen")
    return _("mobilnummeret var rettet") if problem == Reason.MOBILE_DEAD else _("mobilnummer var registrert")


def conditions_joined(conditions: Sequence[str]) -> str:
    """Join conditions as a sentence does: «a, b og c»."""
    if len(conditions) < 2:
        return "".join(conditions)
    return _("%(first)s og %(last)s") % {"first": ", ".join(conditions[:-1]), "last": conditions[-1]}
