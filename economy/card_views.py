"""One card: show it, change its details, make it ready for payment or a draft again (spec F1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from economy import billing
from economy.forms import ChangeForm, LineForm, OwnLineForm, PayForm, initial_of
from economy.kinds import Method, State
from economy.models import BillingCard
from economy.review import review
from patients import card as patient_cards

RELATED = (
    "clinic",
    "patient__person",
    "patient__clinic",
    "practitioner",
    "settled_by",
    "created_by",
    "receipt",
    "credit_of",
)


@require_GET
@needs(Right.READ_CARD)
def card(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a card: a draft can be changed, an open one be paid, a paid one be credited."""
    return show(request, pk)


def show(request: StaffRequest, pk: int, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the card as it is now, with what was typed and refused."""
    row = row_or_404(request, BillingCard, pk, select_related=RELATED)
    billing.log(row, by=request.user, what="read")
    lines = list(row.standing_lines)
    context: dict[str, Any] = {
        "card": row,
        "patient": patient_cards.with_activity(row.patient),
        "lines": lines,
        "notes": review(row, lines) if row.state in (State.DRAFT, State.OPEN) else [],
        "credits": list(row.credits.order_by("number")) if row.state == State.PAID else [],
    }
    return render(request, "economy/card.html", context | forms_of(row) | more, status=status)


def forms_of(card: BillingCard) -> dict[str, Any]:
    """Return the empty forms that fit the card's state."""
    if card.is_draft:
        start = {"version": card.version, "quantity": 1}
        return {"line_form": LineForm(initial=start), "own_form": OwnLineForm(initial=start, prefix="own")}
    if card.state == State.OPEN:
        method = Method.TERMINAL if card.patient_ore else Method.NONE
        return {"pay_form": PayForm(initial={"version": card.version, "method": method})}
    return {}


@require_http_methods(["GET", "POST"])
@needs(Right.MARK_PAID)
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a draft's practitioner, day and exemption; its amounts follow."""
    row = row_or_404(request, BillingCard, pk, select_related=RELATED)
    form = ChangeForm(request.POST or None, initial=initial_of(row), clinic=request.clinic)
    if request.method == "POST" and form.is_valid():
        try:
            billing.change_details(row, version=form.cleaned_data["version"], by=request.user, **form.values)
            toasts.say(request, _("Regningskortet er endret"))
            return redirect("economy:card", pk)
        except billing.Conflict as conflict:
            return show(request, pk, status=409, words=[str(conflict)])
        except ValidationError as error:
            form.take(error)
    billing.log(row, by=request.user, what="read")
    context = {"form": form, "card": row, "patient": row.patient}
    return render(request, "economy/change.html", context, status=422 if form.is_bound else 200)


@require_POST
@needs(Right.MARK_PAID)
def open_card(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a draft ready for payment."""
    row = row_or_404(request, BillingCard, pk)
    if row.state == State.OPEN:  # pressed twice
        return redirect("economy:card", pk)
    return done(request, pk, lambda: billing.open_card(row, version=version_of(request), by=request.user))


@require_POST
@needs(Right.MARK_PAID)
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Make an unpaid card a draft again."""
    row = row_or_404(request, BillingCard, pk)
    if row.is_draft:  # pressed twice
        return redirect("economy:card", pk)
    return done(request, pk, lambda: billing.reopen(row, version=version_of(request), by=request.user))


def done(request: StaffRequest, pk: int, act: Callable[[], object], **typed: Any) -> HttpResponse:
    """Do it and show the card; or the card as it is now with what stands in the way: 409 or 422."""
    try:
        act()
    except billing.Conflict as conflict:
        return show(request, pk, status=409, words=[str(conflict)], **typed)
    except ValidationError as error:
        return show(request, pk, status=422, words=error.messages, **typed)
    return redirect("economy:card", pk)


def version_of(request: StaffRequest) -> int:
    """Return the posted version; without one nothing matches."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
