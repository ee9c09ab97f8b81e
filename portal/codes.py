"""Prove a new e-mail address or mobile number by a code sent there, then let it count on every card (spec B1, K3)."""

from __future__ import annotations

import hmac
import logging
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinics.models import Clinic
from notifications import messages, reach
from notifications.kinds import Channel, Reason
from notifications.models import new_token
from notifications.providers.base import Outgoing, Verdict
from notifications.providers.registry import provider_for
from notifications.sending import FICTIONAL
from patients import receiving
from patients.contact import change_contact_as_person, cleaned_values
from patients.models import Patient, Person
from portal.code_models import ContactCode, Field

log = logging.getLogger(__name__)
LASTS = timedelta(minutes=10)
MOST_TRIES = 5  # of one code
KEPT = timedelta(days=1)  # what was typed is no longer than needed in a table of its own
WINDOW = timedelta(hours=1)
MOST_CODES = 5  # a person may ask for, and any value be sent, in the window
CHANNELS = {Field.EMAIL: Channel.EMAIL, Field.MOBILE: Channel.SMS}


def ask(person: Person, field: Field, text: str, *, card: Patient, now: datetime) -> None:
    """Send a code to the value as typed, from the clinic of the card; nothing changes before it comes back.

    Raises ValidationError for a value that cannot be, too many codes, or a provider that did not take it.
    """
    value = cleaned(person, field, text, card.clinic, now)
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)  # two presses count as two
        ContactCode.objects.filter(sent_at__lt=now - KEPT).delete()
        refuse_too_many(person, value, now)
        row = ContactCode.objects.create(
            person=person, field=field, value=value, code_hash=hashed(person, code), sent_at=now
        )
    send(row, code, card.clinic, now)


def cleaned(person: Person, field: Field, text: str, clinic: Clinic, now: datetime) -> str:
    """Return the value as every clinic that is to have it would keep it. Raises ValidationError."""
    if not text.strip():
        raise ValidationError(_("Skriv den nye verdien, eller velg å fjerne den du har."))
    values: dict[str, object] = {}
    own = Patient.objects.filter(person=person).select_related("clinic")
    clinics = [card.clinic for card in own] + [row.clinic for row in receiving.received_by(person.pk, now)]
    for one in clinics:
        try:
            values = cleaned_values(one, **{"email": None, "mobile": None, field: text})
        except ValidationError as error:
            raise ValidationError(error.message_dict[field]) from error
    if field == Field.MOBILE:
        probe = Patient(mobile=str(values["mobile"]), is_landline=bool(values["is_landline"]))
        if problem := reach.sms_problem(probe, clinic):
            raise ValidationError(no_sms(problem))
    return str(values[field])


def no_sms(problem: Reason) -> str:
    """Say why a number takes no code, and what to write instead."""
    if problem == Reason.LANDLINE:
        return _("Dette er en fasttelefon, som ikke kan ta imot koden. Skriv et mobilnummer.")
    return _("Klinikken sender ikke SMS til utenlandske numre. Skriv et norsk mobilnummer.")


def refuse_too_many(person: Person, value: str, now: datetime) -> None:
    """Raise ValidationError when enough codes have gone: from this person, or to this value from anyone."""
    lately = ContactCode.objects.filter(sent_at__gt=now - WINDOW)
    if max(lately.filter(person=person).count(), lately.filter(value=value).count()) >= MOST_CODES:
        raise ValidationError(_("Det er sendt for mange koder. Vent en time og prøv igjen."))


def send(row: ContactCode, code: str, clinic: Clinic, now: datetime) -> None:
    """Hand the code to the provider, with no transaction open. Raises ValidationError when it was not taken."""
    channel = CHANNELS[Field(row.field)]
    provider = provider_for(channel)
    if provider.is_real and (clinic.is_demo or row.value.startswith(FICTIONAL)):
        raise ValidationError(_("Demoklinikken sender ingenting til virkelige mottakere."))
    text = _("Koden din er %(code)s. Skriv den i pasientportalen innen ti minutter.") % {"code": code}
    subject = _("Bekreft e-postadressen din")
    is_mail = channel == Channel.EMAIL
    if is_mail:
        text += "\n\n" + _("Har du ikke bedt om koden, kan du se bort fra denne e-posten.") + "\n"
    outcome = provider.send(
        [
            Outgoing(
                token=new_token(),
                recipient=row.value,
                text=text,
                expires_at=now + LASTS,
                subject=subject if is_mail else "",
                html=messages.html(text, subject, get_language() or "") if is_mail else "",
                sender=clinic.alias if is_mail else clinic.sms_sender,
            )
        ]
    )[0]
    if outcome.verdict not in {Verdict.ACCEPTED, Verdict.UNKNOWN}:
        log.warning("Contact code %s was not taken: %s", row.pk, outcome.verdict)
        raise ValidationError(_("Koden kunne ikke sendes dit nå. Se etter om verdien er riktig, eller prøv igjen."))


def waiting(person: Person, field: Field, now: datetime) -> ContactCode | None:
    """Return the newest code if it can still be used."""
    row = ContactCode.objects.filter(person=person, field=field).order_by("-sent_at", "-pk").first()
    is_open = row and row.used_at is None and row.tries < MOST_TRIES and now - row.sent_at <= LASTS
    return row if is_open else None


def confirm(person: Person, field: Field, code: str, *, now: datetime) -> int:
    """Let the value count on all of the person's cards if the code is right. Returns how many cards changed.

    Raises ValidationError; a wrong try counts all the same.
    """
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        row = waiting(person, field, now)
        if row is None:
            raise ValidationError(_("Koden er for gammel eller brukt opp. Be om en ny."), code="over")
        if hmac.compare_digest(row.code_hash, hashed(person, "".join(code.split()))):
            row.used_at = now
            row.save(update_fields=["used_at"])
            return change_contact_as_person(person, now=now, **{field: row.value})
        row.tries += 1
        row.save(update_fields=["tries"])
    raise ValidationError(_("Koden er feil. Se etter i den siste meldingen."), code="wrong")


def hashed(person: Person, code: str) -> str:
    """Return what is kept of a code."""
    return salted_hmac("portal.codes", f"{person.pk}:{code}", algorithm="sha256").hexdigest()
