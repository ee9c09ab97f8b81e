"""What ends a card: mark it paid, void it, credit it; and the receipt (spec F2, F5)."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from economy import billing, crediting, payment
from economy.card_views import RELATED, show
from economy.forms import CreditForm, PayForm, VoidForm
from economy.kinds import Method, State
from economy.models import BillingCard, Receipt


@require_POST
@needs(Right.MARK_PAID)
def pay(request: StaffRequest, pk: int) -> HttpResponse:
    """Mark paid: the receipt is there and the notice on its way; the second of two is told who was first."""
    row = row_or_404(request, BillingCard, pk)
    form = PayForm(request.POST)
    if not form.is_valid():
        return show(request, pk, status=422, pay_form=form)
    version, method = form.cleaned_data["version"], Method(form.cleaned_data["method"])
    try:
        payment.mark_paid(row, by=request.user, method=method, version=version)
    except payment.AlreadyPaid as paid:
        toasts.say(request, paid)
        return redirect("economy:card", pk)
    except billing.Conflict as conflict:
        return show(request, pk, status=409, words=[str(conflict)])
    except ValidationError as error:
        form.take(error)
        return show(request, pk, status=422, pay_form=form)
    toasts.say(request, _("Regningskortet er betalt, og kvitteringen er laget"))
    return redirect("economy:card", pk)


@require_http_methods(["GET", "POST"])
@needs(Right.MARK_PAID)
def void(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask why, then make the card void."""
    row = row_or_404(request, BillingCard, pk, select_related=RELATED)
    form = VoidForm(request.POST or None, initial={"version": row.version})
    if request.method == "POST" and row.state == State.VOID:  # pressed twice
        toasts.say(request, _("Regningskortet er alt annullert"))
        return redirect("economy:card", pk)
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            billing.void(row, version=fields["version"], reason=fields["reason"], by=request.user)
            toasts.say(request, _("Regningskortet er annullert"))
            return redirect("economy:card", pk)
        except billing.Conflict as conflict:
            return show(request, pk, status=409, words=[str(conflict)])
        except ValidationError as error:
            form.take(error)
    billing.log(row, by=request.user, what="read")
    may = row.state in (State.DRAFT, State.OPEN)
    context = {"card": row, "patient": row.patient, "form": form, "may": may}
    return render(request, "economy/void.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.MARK_PAID)
def credit(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose how many of each line to give back; the paid card stays as it is."""
    row = row_or_404(request, BillingCard, pk, select_related=RELATED)
    lines, left = list(row.standing_lines), crediting.remaining(row)
    start = {"method": row.method}
    form = CreditForm(request.POST or None, lines=lines, left=left, initial=start)
    if request.method == "POST" and (again := billing.made_by(request.clinic, key_of(form))):  # pressed twice
        return redirect("economy:card", again.pk)
    if request.method == "POST" and form.is_valid() and (note := credited(request, row, form)):
        toasts.say(request, _("Beløpet er kreditert, og kvitteringen er laget"))
        return redirect("economy:card", note.pk)
    billing.log(row, by=request.user, what="read")
    may = row.state == State.PAID and not row.is_credit
    context = {"card": row, "patient": row.patient, "form": form, "may": may, "left": any(left.values())}
    return render(request, "economy/credit.html", context, status=422 if form.is_bound else 200)


def key_of(form: CreditForm) -> UUID | None:
    """Return the key that the form carries, or None."""
    form.is_valid()
    return form.cleaned_data.get("key")


def credited(request: StaffRequest, row: BillingCard, form: CreditForm) -> BillingCard | None:
    """Try to credit; refusals go to their fields."""
    fields = form.cleaned_data
    try:
        return crediting.credit(
            row,
            quantities=form.quantities,
            method=Method(fields["method"]),
            reason=fields["reason"],
            by=request.user,
            request_key=fields["key"],
        )
    except ValidationError as error:
        form.take(error)
        return None


@require_GET
@needs(Right.READ_CARD)
def receipt(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the receipt as it was issued, to be printed: specified prices (the tariff's own demand)."""
    row = row_or_404(
        request, Receipt, pk, select_related=("card__patient__person", "card__credit_of__receipt", "clinic")
    )
    billing.log(row.card, by=request.user, what="read receipt")
    context = {"receipt": row, "card": row.card, "patient": row.card.patient, "lines": row.card.lines.all()}
    return render(request, "economy/receipt.html", context)
