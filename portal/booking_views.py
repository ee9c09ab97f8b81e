"""The patient books a free slot: the type, the time, and a last look before it is booked (spec D2, K2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import slot_pages
from portal.gate import PatientRequest, patient_page
from timebook import self_booking
from timebook.booking import Taken
from timebook.models import Appointment
from timebook.slots import Openings, Slot, nearest


@require_safe
@patient_page
def book(request: PatientRequest) -> HttpResponse:
    """Choose the type, then among the free slots; without consent nothing is offered (spec B3)."""
    card, types = request.portal.card, self_booking.types(request.portal.clinic)
    chosen = next((one for one in types if one.pk == slot_pages.number(request.GET.get("type", ""))), None)
    if not card.has_consent or chosen is None:
        return TemplateResponse(request, "portal/book.html", {"types": types, "card": card})
    length = timedelta(minutes=chosen.minutes)
    openings = self_booking.openings(card.clinic, length, timezone.now())
    path = reverse("portal:book_slot")
    context = slots_shown(request, openings, path, type=chosen.pk) | {"type": chosen, "back": reverse("portal:book")}
    return TemplateResponse(request, "portal/slots.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def book_slot(request: PatientRequest) -> HttpResponse:
    """Show the chosen slot once more, and book it: the first one who presses gets it (spec D14)."""
    card, now = request.portal.card, timezone.now()
    types = self_booking.types(request.portal.clinic)
    chosen = next((one for one in types if one.pk == slot_pages.number(request.GET.get("type", ""))), None)
    if chosen is None or not card.has_consent:
        return redirect("portal:book")
    openings = self_booking.openings(card.clinic, timedelta(minutes=chosen.minutes), now)
    slot = asked_slot(request, openings)
    back = f"{reverse('portal:book')}?{urlencode({'type': chosen.pk})}"
    if slot is None:
        return redirect(back)
    place = self_booking.place_of(card.clinic)
    looked_at = Appointment(
        clinic=card.clinic,
        practitioner=slot.practitioner,
        place=place,
        type=chosen,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
    )
    context = {"row": looked_at, "back": back}
    if request.method != "POST":
        return TemplateResponse(request, "portal/slot.html", context)
    try:
        row = self_booking.book(
            card,
            person=request.portal.person,
            type=chosen,
            practitioner=slot.practitioner,
            starts_at=slot.starts_at,
            now=timezone.now(),
        )
    except Taken:
        return taken(request, openings, slot, path=reverse("portal:book_slot"), back=back, type=chosen.pk)
    except ValidationError as error:
        return TemplateResponse(request, "portal/slot.html", context | {"refused": error.messages}, status=422)
    request.portal.tell(_("Timen er bestilt."))
    return redirect("portal:appointment", row.pk)


def slots_shown(request: PatientRequest, openings: Openings, path: str, **more: int) -> dict[str, Any]:
    """Return what a page of free slots shows of those whom the address asks for, with each one's address."""
    everyone = openings.practitioners
    who = slot_pages.asked_practitioner(request.GET, everyone, request.portal.card)
    first = slot_pages.day(request.GET.get("fra", ""))
    asked = openings.of([who]) if who else openings
    shown = slot_pages.choice(asked, first)
    query = {**more, "behandler": who.pk if who else 0}
    later = f"?{urlencode(query | {'fra': shown.later.isoformat()})}" if shown.later else ""
    return {
        "days": linked(shown.days, path, **more),
        "practitioners": everyone,
        "practitioner": who,
        "later": later,
        "is_later": first is not None,
        "hidden": more,
    }


def linked(days: Any, path: str, **more: int) -> list[tuple[Any, list[tuple[Any, list[tuple[Slot, str]]]]]]:
    """Return the days with an address for each slot."""
    return [
        (
            one.day,
            [
                (who, [(slot, slot_pages.address(path, slot, **more)) for slot in slots])
                for who, slots in one.by_practitioner
            ],
        )
        for one in days
    ]


def asked_slot(request: HttpRequest, openings: Openings) -> Slot | None:
    """Return the slot of the address, taken or not; None for one that nobody offers."""
    start = slot_pages.moment(request.GET.get("start", ""))
    wanted = slot_pages.number(request.GET.get("behandler", ""))
    who = next((one for one in openings.practitioners if one.pk == wanted), None)
    if start is None or who is None or not openings.offers(who, start):
        return None
    return Slot(start, start + openings.length, who)


def taken(
    request: PatientRequest, openings: Openings, slot: Slot, *, path: str, back: str, **more: int
) -> HttpResponse:
    """Say that someone else was first, with the nearest that are still free: the same practitioner's before others'."""
    found = nearest(openings.of([slot.practitioner]), slot.starts_at) or nearest(openings, slot.starts_at)
    near = [(one, slot_pages.address(path, one, **more)) for one in found]
    return TemplateResponse(request, "portal/slot_taken.html", {"near": near, "back": back, "slot": slot}, status=409)
