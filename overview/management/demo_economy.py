"""The demo clinics' billing cards: those of the latest visits, in every state a card can be in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import cycle

from clinics.models import Clinic, User
from economy import billing, crediting, lines, payment
from economy.kinds import Method
from economy.models import BillingCard, Issuer
from notifications.kinds import Kind
from notifications.models import Notification
from timebook.models import Appointment

ADDRESSES = {"Fjordbyen legesenter": ("310000019", "Fjordgata 12")}  # invented; 3 is the series for tests
MOST = 12
VISITS = (("2ad",), ("2ad", "701a", "705k"), ("1bd",), ("2ad", "10b"), ("2ad", "701a", "701c"))
PAID_BY = (Method.TERMINAL, Method.TERMINAL, Method.VIPPS, Method.CASH)


def create(clinic: Clinic, *, by: User, now: datetime) -> int:
    """Bill what has been done lately, once; paid long ago as it were, so nobody is told. Returns how many cards."""
    if BillingCard.objects.of(clinic).exists():
        return 0
    number, address = ADDRESSES.get(clinic.name, ("", ""))
    Issuer.objects.get_or_create(
        clinic=clinic, defaults={"name": clinic.name, "organisation_number": number, "address": address}
    )
    seen = visits(clinic, now)
    for place, ((appointment, day), taksts) in enumerate(zip(seen, cycle(VISITS), strict=False)):
        bill(appointment, day, taksts, place=place, by=by, now=now)
    Notification.objects.of(clinic).filter(kind=Kind.RECEIPT).delete()  # planned in this very transaction
    return len(seen)


def visits(clinic: Clinic, now: datetime) -> list[tuple[Appointment, date]]:
    """Return the latest visits and their days; before the book's first day those who come were there yesterday too."""
    rows = Appointment.objects.of(clinic).booked().select_related("patient", "practitioner")
    past = list(rows.filter(starts_at__lte=now).order_by("-starts_at")[:MOST])
    coming = rows.filter(starts_at__gt=now).order_by("starts_at")[: MOST - len(past)]
    yesterday = now.astimezone(clinic.zone).date() - timedelta(days=1)
    return [(one, one.starts_at.astimezone(clinic.zone).date()) for one in past] + [(one, yesterday) for one in coming]


def bill(appointment: Appointment, day: date, taksts: tuple[str, ...], *, place: int, by: User, now: datetime) -> None:
    """Make one card; every sixth stays a draft, every sixth unpaid, one is void and one is credited."""
    card = billing.create_draft(
        clinic=appointment.clinic,
        patient=appointment.patient,
        practitioner=appointment.practitioner,
        service_date=day,
        by=by,
        now=now,
    )
    for code in taksts:
        lines.add_takst(card, code, version=card.version, by=by)
        card.refresh_from_db(fields=["version"])
    if place % 6 == 0:
        return
    card = billing.open_card(card, version=card.version, by=by)
    if place % 6 == 1:
        return
    if place == 2:
        billing.void(card, version=card.version, reason="Ført på feil pasient", by=by, now=now)
        return
    method = PAID_BY[place % len(PAID_BY)] if card.patient_ore else Method.NONE
    payment.mark_paid(card, by=by, method=method, now=now)
    if place == 3:
        line = card.lines.all()[:1].get()
        crediting.credit(card, quantities={line.pk: 1}, method=method, reason="Feil takst", by=by, now=now)
