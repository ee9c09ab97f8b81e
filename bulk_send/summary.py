"""What the confirmation says: which channels, and what a card costs (spec I4, I5)."""

from __future__ import annotations

from collections import Counter

from django.utils import timezone

from bulk_send.models import Bulk
from clinics.models import Clinic, EContactProvider
from economy.tariff import Tariff
from notifications import rules
from notifications.kinds import Channel, Kind
from patients.models import PushSubscription

CHUNK = 5_000


def channels(bulk: Bulk) -> dict[str, int]:
    """Count how the chosen would be told now: those of an e-contact by their own preference (spec C2).

    Those whom Helsenorge knows are told by Helsenorge (spec I5), and counted so.
    """
    if bulk.is_sms:
        return {str(Channel.SMS.label): bulk.recipients.count()}
    found: Counter[str] = Counter()
    people = bulk.recipients.order_by()
    if bulk.clinic.econtact_provider == EContactProvider.HELSENORGE:
        known = people.filter(patient__has_econtact=True)
        found[str(EContactProvider.HELSENORGE.label)] = known.count()
        people = people.exclude(patient__has_econtact=True)
    rows = people.values_list(
        "patient__preferred_method",
        "patient__email",
        "patient__email_dead",
        "patient__mobile",
        "patient__mobile_dead",
        "patient__is_landline",
        "patient__person",
    )
    with_push = set(PushSubscription.objects.order_by().values_list("person", flat=True).distinct())
    for preferred, email, email_dead, mobile, mobile_dead, is_landline, person in rows.iterator(CHUNK):
        possible = set()
        if email and not email_dead:
            possible.add(Channel.EMAIL)
        if mobile and not mobile_dead and not is_landline:
            possible.add(Channel.SMS)
        if person in with_push:
            possible.add(Channel.PUSH)
        found.update(str(channel.label) for channel in rules.channels(preferred, Kind.ECONTACT, possible))
    names = [str(one.label) for one in (EContactProvider.HELSENORGE, *Channel)]
    return {name: found[name] for name in names if found[name]}


def takst(clinic: Clinic) -> Tariff | None:
    """Return the takst as it is, or as it last was."""
    today = timezone.now().astimezone(clinic.zone).date()
    known = Tariff.objects.filter(code__iexact=clinic.econtact_code, valid_from__lte=today)
    return known.order_by("-valid_from").first()
