"""What the patient owes and has paid, and the receipts as page and PDF (spec F2, K2)."""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from economy import receipt_pdf
from economy.models import BillingCard, Receipt, State
from portal.gate import PatientRequest, patient_page
from portal.seen import see

PER_PAGE = 50


@require_safe
@patient_page
def payments(request: PatientRequest) -> HttpResponse:
    """List what is owed and what is paid this year, newest first. Credits count as what they gave back."""
    owed = cards(request).filter(state=State.OPEN, patient_ore__gt=0).order_by("-service_date", "-number")
    this_year = paid(request).filter(settled_at__gte=new_year(request))
    context = {
        "owed": owed,
        "owed_sum": total(owed),
        "this_year": this_year[:PER_PAGE],
        "this_year_sum": total(this_year),
        "all_sum": total(paid(request)),
    }
    return TemplateResponse(request, "portal/payments.html", context)


@require_safe
@patient_page
def all_paid(request: PatientRequest) -> HttpResponse:
    """List everything that is paid, newest first."""
    rows = paid(request)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("side"))
    return TemplateResponse(request, "portal/paid.html", {"page": page, "sum": total(rows)})


@require_safe
@patient_page
def receipt(request: PatientRequest, pk: int) -> HttpResponse:
    """Show the receipt as it was issued, with specified prices; from now on it is read."""
    row = receipt_or_404(request, pk)
    see(row, request.portal.person)
    context = {"receipt": row, "card": row.card, "patient": row.card.patient, "lines": row.card.lines.all()}
    return TemplateResponse(request, "portal/receipt.html", context)


@require_safe
@patient_page
def pdf(request: PatientRequest, pk: int) -> HttpResponse:
    """Give the same receipt as PDF. Its name tells only the number."""
    row = receipt_or_404(request, pk)
    see(row, request.portal.person)
    name = "kreditnota" if row.card.is_credit else "kvittering"
    headers = {"Content-Disposition": f'attachment; filename="{name}-{row.number}.pdf"'}
    return HttpResponse(
        receipt_pdf.pdf(row, list(row.card.lines.all())), content_type="application/pdf", headers=headers
    )


def cards(request: PatientRequest) -> QuerySet[BillingCard]:
    """Return the chosen card's billing cards."""
    rows: QuerySet[BillingCard] = BillingCard.objects.filter(patient=request.portal.card)
    return rows


def paid(request: PatientRequest) -> QuerySet[BillingCard]:
    """Return those that are paid, with their receipts, newest first."""
    rows = cards(request).filter(state=State.PAID).select_related("receipt", "practitioner")
    return rows.order_by("-settled_at", "-pk")


def total(rows: QuerySet[BillingCard]) -> int:
    """Return what the patient pays of them all, in øre."""
    return int(rows.aggregate(sum=Sum("patient_ore", default=0))["sum"])


def new_year(request: PatientRequest) -> datetime:
    """Return when the year began at the clinic."""
    zone = request.portal.clinic.zone
    return datetime(timezone.now().astimezone(zone).year, 1, 1, tzinfo=zone)


def receipt_or_404(request: PatientRequest, pk: int) -> Receipt:
    """Return the chosen card's receipt; another's is as unknown as one that does not exist. Raises Http404."""
    rows = Receipt.objects.filter(card__patient=request.portal.card)
    related = ("clinic", "card__patient", "card__credit_of__receipt")
    row: Receipt | None = rows.select_related(*related).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
