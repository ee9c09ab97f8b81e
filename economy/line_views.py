"""A draft's lines: add by code or words, change how many, remove with a way back (spec F1)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from economy import billing, lines
from economy.card_views import done, show, version_of
from economy.forms import LineForm, OwnLineForm
from economy.models import BillingCard, Line
from economy.tariff import Tariff

HITS = 8


@require_POST
@needs(Right.MARK_PAID)
def add(request: StaffRequest, pk: int) -> HttpResponse:
    """Add the takst that was typed or pressed; words that are no code are looked up, and the hits shown."""
    card = row_or_404(request, BillingCard, pk)
    form = LineForm(request.POST)
    if not form.is_valid():
        return show(request, pk, status=422, line_form=form)
    code = request.POST.get("pick") or form.cleaned_data["takst"]
    if "pick" not in request.POST and not Tariff.objects.of_code(code, card.service_date):
        hits = Tariff.objects.matching(code, card.service_date, HITS)
        return show(request, pk, line_form=form, hits=hits, text=code)
    return write(request, card, form, code=code)


def write(request: StaffRequest, card: BillingCard, form: LineForm, *, code: str) -> HttpResponse:
    """Try to add the takst; what was typed stays when it is refused."""
    fields = form.cleaned_data
    try:
        lines.add_takst(
            card,
            code,
            quantity=fields["quantity"],
            version=fields["version"],
            by=request.user,
            request_key=fields["key"],
        )
    except billing.Conflict as conflict:
        return show(request, card.pk, status=409, words=[str(conflict)], line_form=retyped(form, conflict.current))
    except ValidationError as error:
        form.take(error)
        return show(request, card.pk, status=422, line_form=form)
    return redirect("economy:card", card.pk)


def retyped(form: LineForm | OwnLineForm, current: BillingCard) -> LineForm | OwnLineForm:
    """Return the form as it was typed, on top of the card as it is now; its key may have been used."""
    now = {form.add_prefix("version"): str(current.version), form.add_prefix("key"): str(uuid4())}
    typed = {**form.data.dict(), **now}  # type: ignore[attr-defined]
    return type(form)(typed, prefix=form.prefix)


@require_POST
@needs(Right.MARK_PAID)
def add_own(request: StaffRequest, pk: int) -> HttpResponse:
    """Add goods or a service of the clinic's own."""
    card = row_or_404(request, BillingCard, pk)
    form = OwnLineForm(request.POST, prefix="own")
    if not form.is_valid():
        return show(request, pk, status=422, own_form=form)
    fields: dict[str, Any] = {name: form.cleaned_data[name] for name in ("text", "amount", "quantity", "version")}
    try:
        lines.add_own(card, by=request.user, request_key=form.cleaned_data["key"], **fields)
    except billing.Conflict as conflict:
        return show(request, pk, status=409, words=[str(conflict)], own_form=retyped(form, conflict.current))
    except ValidationError as error:
        form.take(error)
        return show(request, pk, status=422, own_form=form)
    return redirect("economy:card", pk)


@require_POST
@needs(Right.MARK_PAID)
def tariffs(request: StaffRequest, pk: int) -> HttpResponse:
    """Return taksts as buttons that add them, for htmx; posted, so that nothing of the card stands in an address."""
    card = row_or_404(request, BillingCard, pk)
    text = request.POST.get("takst", "")[:100].strip()
    hits = Tariff.objects.matching(text, card.service_date, HITS)
    return render(request, "economy/_hits.html", {"hits": hits, "text": text})


@require_POST
@needs(Right.MARK_PAID)
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """Change how many."""
    line = line_or_404(request, pk)
    text = request.POST.get("quantity", "").strip()
    quantity = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
    if line.quantity == quantity and line.removed_at is None:  # pressed twice, or unchanged
        return redirect("economy:card", line.card_id)
    version = version_of(request)
    return done(
        request,
        line.card_id,
        lambda: lines.change_line(line, quantity=quantity, version=version, by=request.user),
    )


@require_POST
@needs(Right.MARK_PAID)
def remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a line away; the toast brings it back."""
    line = line_or_404(request, pk)
    if line.removed_at:  # pressed twice
        return redirect("economy:card", line.card_id)

    def act() -> None:
        card = lines.remove_line(line, version=version_of(request), by=request.user)
        undo = reverse("economy:line_restore", args=[pk])
        toasts.say(request, _("Linjen er fjernet"), undo=undo, version=card.version)

    return done(request, line.card_id, act)


@require_POST
@needs(Right.MARK_PAID)
def restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Bring a removed line back."""
    line = line_or_404(request, pk)
    if line.removed_at is None:  # pressed twice
        return redirect("economy:card", line.card_id)
    return done(request, line.card_id, lambda: lines.restore_line(line, version=version_of(request), by=request.user))


def line_or_404(request: StaffRequest, pk: int) -> Line:
    """Return a line of the acting clinic's cards. Raises Http404."""
    line: Line = get_object_or_404(Line.objects.select_related("card"), pk=pk, card__clinic=request.clinic)
    return line
