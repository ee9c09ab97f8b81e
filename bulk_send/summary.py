"""What the confirmation says: which channels, and what a card costs (spec I4, I5)."""

from __future__ import annotations

from collections import Counter

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from bulk_send.models import Bulk
from clinics.models import Clinic, EContactProvider
from economy.tariff import Tariff
from notifications import rules
from notifications.kinds import Channel, Kind
from patients import receiving
from patients.models import PushSubscription
from patients.proxy_models import Proxy

CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.PUSH)


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
    email = ~Q(patient__email="") & Q(patient__email_dead="")
    sms = ~Q(patient__mobile="") & Q(patient__is_landline=False, patient__mobile_dead="")
    if not bulk.clinic.foreign_numbers:
        sms &= Q(patient__mobile__startswith="+47")
    today = receiving.today(bulk.clinic, timezone.now())
    receiver = Proxy.objects.in_force(today).filter(patient=OuterRef("patient"), receives_notices=True)
    told = Coalesce(Subquery(receiver.values("person")), F("patient__person"))
    push = Exists(PushSubscription.objects.filter(person=OuterRef("told")))
    ways = (
        people.annotate(email=yes(email), sms=yes(sms), told=told)
        .annotate(push=push)
        .values_list("patient__preferred_method", "email", "sms", "push")
    )
    for preferred, *is_possible, count in ways.annotate(count=Count("pk")):
        possible = {channel for channel, can in zip(CHANNELS, is_possible, strict=True) if can}
        for channel in rules.channels(preferred, Kind.ECONTACT, possible):
            found[str(channel.label)] += count
    names = [str(one.label) for one in (EContactProvider.HELSENORGE, *Channel)]
    return {name: found[name] for name in names if found[name]}


def yes(condition: Q) -> Case:
    """Return the condition as a column to group by."""
    return Case(When(condition, then=Value(True)), default=Value(False))


def takst(clinic: Clinic) -> Tariff | None:
    """Return the takst as it is, or as it last was."""
    today = timezone.now().astimezone(clinic.zone).date()
    known = Tariff.objects.filter(code__iexact=clinic.econtact_code, valid_from__lte=today)
    return known.order_by("-valid_from").first()
