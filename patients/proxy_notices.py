"""Let a card's notices go to one who acts for the patient, and end it (spec K2, B1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics.models import User
from patients import receiving
from patients.contact import cleaned_values, lock_person
from patients.models import DeadContact, Patient
from patients.proxy_models import Proxy, over

FURTHEST_ZONE = timedelta(days=1)  # what is yesterday anywhere is before this


def own_card(proxy: Proxy) -> Patient | None:
    """Return the card that the proxy has at the same clinic."""
    cards = Patient.objects.of(proxy.clinic).filter(person=proxy.person_id)
    found: Patient | None = cards.select_related("clinic").first()
    return found


@transaction.atomic
def begin(proxy: Proxy, *, email: str, mobile: str, by: User, now: datetime) -> None:
    """Let the card carry the proxy's values: their own card's at the clinic; only one without a card, those typed.

    Begun already, it takes the values anew. Raises ValidationError by field; then nothing is changed.
    """
    lock_person(proxy.person_id)  # their own values stand still meanwhile
    card, own = lock_cards(proxy)
    row = Proxy.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=proxy.pk)
    refuse(row, card, now)
    values = receiving.own_values(own) if own else typed(row, email=email, mobile=mobile)
    if not values["email"] and not values["mobile"]:
        raise ValidationError(no_values(own))
    if row.receives_notices and values == receiving.values_of(card):
        return
    if not row.receives_notices:
        row.receives_notices, row.kept = True, receiving.values_of(card)
        row.save(update_fields=["receives_notices", "kept"])
    Patient.objects.filter(pk=card.pk).update(**values)
    receiving.log(row, "proxy notices begun", by)


def lock_cards(proxy: Proxy) -> tuple[Patient, Patient | None]:
    """Lock the patient's card and the proxy's own at the clinic, in one order. Returns both."""
    own = own_card(proxy)
    keys = [proxy.patient_id, *([own.pk] if own else [])]
    rows = Patient.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",)).select_related("clinic")
    cards = {card.pk: card for card in rows}
    return cards[proxy.patient_id], cards[own.pk] if own else None


def refuse(proxy: Proxy, card: Patient, now: datetime) -> None:
    """Raise ValidationError for a relation that does not hold today, or a card whose notices go to another."""
    if not Proxy.objects.filter(pk=proxy.pk).in_force(receiving.today(proxy.clinic, now)).exists():
        raise ValidationError(_("Fullmakten gjelder ikke i dag. Varslene kan gå dit når den gjelder."))
    other = receiving.current(card, now)
    if other and other.pk != proxy.pk:
        raise ValidationError(_("Varslene går alt til en annen fullmektig. Avslutt det først."))


def typed(proxy: Proxy, *, email: str, mobile: str) -> dict[str, Any]:
    """Return what staff typed, cleaned and alive. Raises ValidationError by field (spec B5)."""
    alive = {"email_dead": DeadContact.ALIVE, "mobile_dead": DeadContact.ALIVE}
    return {**alive, **cleaned_values(proxy.clinic, email=email, mobile=mobile)}


def no_values(own: Patient | None) -> str:
    """Say where the values that are missing belong."""
    if own:
        return _("Fullmektigen har verken e-post eller mobil på sitt eget kort. Legg det inn der først.")
    return _("Skriv e-post eller mobil til fullmektigen.")


@transaction.atomic
def end(proxy: Proxy, *, by: User | None) -> bool:
    """Let the card have its own values back at once; returns False when it has them already."""
    Patient.objects.select_for_update(of=("self",)).get(pk=proxy.patient_id)
    row = Proxy.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=proxy.pk)
    if not row.receives_notices:
        return False
    receiving.give_back(row, by=by)
    return True


def end_overdue(now: datetime) -> int:
    """Write what the calendar has ended, one transaction a card. Returns how many."""
    rows = Proxy.objects.filter(over((now + FURTHEST_ZONE).date()), receives_notices=True)
    overdue = [row for row in rows.select_related("clinic", "patient").order_by("pk") if receiving.is_over(row, now)]
    return sum(end(row, by=None) for row in overdue)
