"""Whose contact values a card carries: while its notices go to a proxy, the proxy's; its own rest on the relation.

Everything that asks whether a card can be reached reads the card's columns, so they are the one truth of where a notice
goes. Only push follows persons, and asks here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from patients.models import Patient, Person
from patients.proxy_models import Proxy

CHANGED_ELSEWHERE = gettext_lazy("Varslene går til fullmektig. Endre der, eller avslutt det først.")
VALUES = ("email", "email_dead", "mobile", "is_landline", "mobile_dead")


def today(clinic: Clinic, now: datetime) -> date:
    """Return the clinic's day: rights end with it."""
    return now.astimezone(clinic.zone).date()


def is_over(proxy: Proxy, now: datetime) -> bool:
    """Whether the last day has passed, at the clinic."""
    return proxy.is_over(today(proxy.clinic, now))


def values_of(card: Patient) -> dict[str, Any]:
    """Return the contact values that the card carries, with their marks."""
    return {field: getattr(card, field) for field in VALUES}


def carry(card: Patient, values: Mapping[str, Any]) -> None:
    """Let the card in memory carry the values."""
    for field, value in values.items():
        setattr(card, field, value)


def receivers(patients: Iterable[Patient], now: datetime) -> dict[int, Person]:
    """Return who gets the notices instead of the patient, by card: one query.

    A card whose relation ended with yesterday gets its own values back, in memory: nothing may reach who acts for
    nobody, even before the tick has written it.
    """
    cards: defaultdict[int, list[Patient]] = defaultdict(list)
    for card in patients:
        cards[card.pk].append(card)
    found: dict[int, Person] = {}
    rows = Proxy.objects.filter(patient__in=cards, receives_notices=True).select_related("clinic", "person", "patient")
    for proxy in rows:
        if is_over(proxy, now):
            for card in cards[proxy.patient_id]:
                carry(card, proxy.kept)
        else:
            found[proxy.patient_id] = proxy.person
    return found


def carry_own(cards: Iterable[Patient]) -> None:
    """Let the cards in memory carry the patients' own values, wherever their notices go: one query."""
    known = {card.pk: card for card in cards}
    for proxy in Proxy.objects.filter(patient__in=known, receives_notices=True):
        carry(known[proxy.patient_id], proxy.kept)


def of_card(card: Patient) -> Proxy | None:
    """Return the relation whose person's values the card carries, over or not."""
    rows = Proxy.objects.filter(patient=card, receives_notices=True).select_related("clinic", "person", "patient")
    return rows.first()


def own_values(card: Patient) -> dict[str, Any]:
    """Return the contact values that are the patient's own, whatever the card carries now."""
    proxy = of_card(card)
    return dict(proxy.kept) if proxy else values_of(card)


def current(card: Patient, now: datetime) -> Proxy | None:
    """Return the relation that gets the notices now; one that is over is ended first. Needs the card's row lock."""
    proxy = of_card(card)
    if proxy and is_over(proxy, now):
        carry(card, proxy.kept)
        give_back(proxy, by=None)
        return None
    return proxy


def received_by(person_id: int, now: datetime) -> list[Proxy]:
    """Return the relations through which the person gets others' notices."""
    rows = Proxy.objects.filter(person=person_id, receives_notices=True).select_related("clinic", "patient")
    return [row for row in rows if not is_over(row, now)]


def keep(proxy: Proxy, changed: Mapping[str, Any]) -> None:
    """Change what the patient gets back when the relation ends. Needs the card's row lock."""
    proxy.kept = proxy.kept | changed
    proxy.save(update_fields=["kept"])


def give_back(proxy: Proxy, *, by: User | None) -> None:
    """Let notices go to the patient again, by the card's own values; `by` is nobody when the calendar ended it.

    Needs a transaction and the card's row lock.
    """
    Patient.objects.filter(pk=proxy.patient_id).update(**proxy.kept)
    proxy.receives_notices, proxy.kept = False, {}
    proxy.save(update_fields=["receives_notices", "kept"])
    log(proxy, "proxy notices ended", by)


def log(proxy: Proxy, what: str, by: User | None) -> None:
    """Write the audit line; it names the relation by id."""
    audit.record(
        AuditAction.CONTACT,
        clinic=proxy.clinic,
        actor=by,
        patient_id=proxy.patient_id,
        what=f"{what}: {proxy.pk}",
        source="web" if by else "tick",
    )
