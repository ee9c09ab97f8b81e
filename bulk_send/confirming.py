"""«Send nå»: what is asked of a bulk before it is frozen (spec I4-I6)."""

from __future__ import annotations

import hashlib
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from bulk_send import eligibility, placeholders, summary
from bulk_send.models import Bulk, Recipient, RecipientState, State
from clinics import audit
from clinics.models import AuditAction, Clinic, Practitioner, User
from economy.tariff import Tariff
from notifications.kinds import Reason
from selection import false_positives

MOST_A_DAY = 3  # bulks to one person in 24 hours, whoever sends them (peers: a hundred SMS to one person)
SMS_MAX = 1_600  # characters that the provider takes in one SMS


class CannotSend(Exception):
    """The bulk cannot be sent as it is; the text says why and what to do, in bokmål."""


@transaction.atomic
def confirm(bulk: Bulk, *, version: int, by: User, now: datetime, accepts_cards: bool = False) -> Bulk:
    """Freeze the recipients and start the countdown; until it ends nothing is made, and it can be undone (spec I4).

    Pressed twice, reloaded or by two colleagues, it is confirmed once (spec I6): a bulk that is under way is returned
    as it is. Those who cannot be sent to any more are left out, with the reason. Raises CannotSend, ValidationError.
    """
    # Two bulks must not pass the daily limit together; rows that only point at the clinic need not wait.
    Clinic.objects.select_for_update(no_key=True).get(pk=bulk.clinic_id)
    current = locked(bulk)
    if not current.is_draft:
        return current
    if current.version != version:
        raise CannotSend(_("Mottakere eller tekst er endret siden du så på dem. Se over, og send på nytt."))
    refuse_incomplete(current, accepts_cards=accepts_cards)
    leave_out(current, now)
    freeze(current, by=by, now=now)
    refuse_too_many(current, now)
    audit.record(
        AuditAction.BULK,
        clinic=current.clinic,
        actor=by,
        what=f"confirmed {current.pk} {current.type} {current.size} {current.purpose}",
    )
    return current


def locked(bulk: Bulk) -> Bulk:
    """Lock the bulk, whatever its state, and return it fresh."""
    rows = Bulk.objects.select_for_update(of=("self",)).select_related("clinic", "selection__clinic")
    row: Bulk = rows.get(pk=bulk.pk)
    return row


def refuse_incomplete(bulk: Bulk, *, accepts_cards: bool) -> None:
    """Raise CannotSend or ValidationError unless everything is there (spec I1, I2)."""
    if why := eligibility.unavailable(bulk.clinic).get(bulk.type):
        raise CannotSend(why)
    errors: dict[str, str] = {}
    if not bulk.text.strip():
        errors["text"] = _("Skriv teksten som skal sendes.")
    if unknown := placeholders.unknown(bulk.text):
        known = ", ".join(f"{{{name}}}" for name in placeholders.NAMES)
        said = _("{%(name)s} finnes ikke. Bruk en av disse: %(known)s.")
        errors["text"] = said % {"name": unknown[0], "known": known}
    if bulk.is_sms and (longest := longest_text(bulk)) > SMS_MAX:
        said = _("SMS-en blir på %(longest)s tegn med flettefeltene utfylt, og kan ha høyst %(most)s. Kort den ned.")
        errors["text"] = said % {"longest": longest, "most": SMS_MAX}
    if not bulk.is_sms and not bulk.subject:
        errors["subject"] = _("Skriv et emne.")
    if not bulk.is_sms and placeholders.BRACES.search(bulk.subject):
        errors["subject"] = _("Emnet kan ikke ha flettefelt.")
    if not bulk.purpose:
        errors["purpose"] = _("Velg formålet med utsendelsen. Det står i loggen, ikke i meldingen.")
    if not bulk.is_sms and not accepts_cards:
        errors["accepts_cards"] = _("Kryss av for at du godtar at takst %(code)s føres.") % {
            "code": bulk.clinic.econtact_code
        }
    if errors:
        raise ValidationError(errors)


def longest_text(bulk: Bulk) -> int:
    """Return how many characters the longest of the messages has, by the longest given name among the recipients."""
    names = bulk.recipients.order_by().annotate(length=Length("patient__given_name"))
    longest = int(names.aggregate(most=Max("length", default=0))["most"]) if placeholders.is_personal(bulk.text) else 0
    return len(placeholders.fill(bulk.text, placeholders.Filled("x" * longest, bulk.clinic.alias, bulk.clinic.phone)))


def leave_out(bulk: Bulk, now: datetime) -> None:
    """Mark those who can no longer be sent to, with the reason: what was true in the composer may not be true now."""
    chosen = Recipient.objects.filter(bulk=bulk, state=RecipientState.CHOSEN)
    chosen.filter(patient__in=false_positives.among(bulk.selection)).update(
        state=RecipientState.LEFT_OUT, reason=Reason.FALSE_POSITIVE
    )
    judged = chosen.annotate(why=eligibility.why_not(bulk.type, bulk.clinic, "patient__")).exclude(why="")
    for reason in list(judged.order_by().values_list("why", flat=True).distinct()):
        keys = judged.filter(why=reason).order_by().values("pk")
        Recipient.objects.filter(pk__in=keys).update(state=RecipientState.LEFT_OUT, reason=reason)
    chosen.filter(patient__in=pestered(bulk.clinic, now)).update(state=RecipientState.LEFT_OUT, reason=Reason.TOO_MANY)


def pestered(clinic: Clinic, now: datetime) -> QuerySet[Any, Any]:
    """Return the ids of patients who have had as many bulks as one person gets in 24 hours."""
    lately = Recipient.objects.filter(
        bulk__clinic=clinic,
        bulk__confirmed_at__gt=now - timedelta(days=1),
        state__in=[RecipientState.CHOSEN, RecipientState.PLANNED],
    ).exclude(bulk__state__in=[State.DRAFT, State.UNDONE])
    counted = lately.order_by().values("patient").annotate(count=Count("pk")).filter(count__gte=MOST_A_DAY)
    people: QuerySet[Any, Any] = counted.values("patient")
    return people


def freeze(bulk: Bulk, *, by: User, now: datetime) -> None:
    """Fix the list by its hash, and what the cards will cost; start the countdown."""
    chosen = Recipient.objects.filter(bulk=bulk, state=RecipientState.CHOSEN)
    bulk.digest, bulk.size = digest(chosen.order_by("patient").values_list("patient", flat=True).iterator())
    if not bulk.size:
        raise CannotSend(_("Ingen av mottakerne kan få meldingen. Flytt noen til venstre først."))
    if not bulk.is_sms:
        refuse_without_practitioner(bulk, by)
        tariff = tariff_of(bulk.clinic)
        bulk.code, bulk.tariff_on = tariff.code, tariff.valid_from
    bulk.state, bulk.confirmed_by = State.COUNTDOWN, by
    bulk.confirmed_at, bulk.release_at = now, now + timedelta(seconds=settings.BULK_UNDO_SECONDS)
    bulk.save()


def digest(patient_ids: object) -> tuple[str, int]:
    """Return the SHA-256 of the list, one id a line in rising order, and how many they are."""
    found, count = hashlib.sha256(), 0
    for pk in patient_ids:  # type: ignore[attr-defined]
        found.update(f"{pk}\n".encode())
        count += 1
    return found.hexdigest(), count


def tariff_of(clinic: Clinic) -> Tariff:
    """Return the takst as it is, else as it last was: 1be left the tariff in 2022 (spec I5). Raises CannotSend."""
    if found := summary.takst(clinic):
        return found
    words = _("Taksten %(code)s finnes ikke i tariffen. Endre «Takst for e-kontakt».")
    raise CannotSend(words % {"code": clinic.econtact_code})


def sender_as_practitioner(bulk: Bulk, by: User) -> Practitioner | None:
    """Return the sender when a clinician: someone patients have appointments with (spec I5)."""
    found: Practitioner | None = Practitioner.objects.of(bulk.clinic).filter(user=by, is_active=True).first()
    return found


def refuse_without_practitioner(bulk: Bulk, by: User) -> None:
    """Raise ValidationError when some cards would have no practitioner: sender, GP, or the one chosen."""
    if bulk.practitioner_id or sender_as_practitioner(bulk, by):
        return
    without = Recipient.objects.filter(
        bulk=bulk, state=RecipientState.CHOSEN, patient__general_practitioner=None
    ).count()
    if without:
        words = _("%(count)s mottakere har ingen fastlege. Velg hvem regningskortene deres skal føres på.")
        raise ValidationError({"practitioner": words % {"count": without}})


def refuse_too_many(bulk: Bulk, now: datetime) -> None:
    """Raise CannotSend above the clinic's daily limit, this bulk included (threat: runaway cost)."""
    limit = bulk.clinic.bulk_daily_limit
    if (used := sent_today(bulk.clinic, now)) > limit:
        words = _(
            "Klinikken kan sende til %(limit)s mottakere i døgnet. Denne gjør det til %(used)s. Be leverandøren øke."
        )
        raise CannotSend(words % {"limit": limit, "used": used})


def sent_today(clinic: Clinic, now: datetime) -> int:
    """Return the recipients of bulks confirmed on the clinic's own day."""
    local = now.astimezone(clinic.zone)
    start = datetime.combine(local.date(), time(), clinic.zone)
    rows = Bulk.objects.filter(clinic=clinic, confirmed_at__gte=start, confirmed_at__lt=start + timedelta(days=1))
    return int(rows.aggregate(total=Sum("size", default=0))["total"])
