"""Confirm, follow, undo and stop a bulk (spec I4-I6)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Case, Count, F, IntegerField, OuterRef, Subquery, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bulk_send import confirming, guard, lists, milestones, outcomes, progress, report, resending, stopping, summary
from bulk_send.compose_views import compose, go_to
from bulk_send.forms import TakstForm
from bulk_send.models import Bulk, Recipient, State, Type
from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, does_not_prolong, needs, row_or_404
from clinics.models import AuditAction

RELATED = ("clinic", "selection__clinic", "practitioner", "created_by", "confirmed_by", "resend_of")
PAGE = 50


@require_GET
@needs(Right.BULK_SEND)
def bulks(request: StaffRequest) -> HttpResponse:
    """List the clinic's bulks, newest first."""
    rows = Bulk.objects.of(request.clinic).select_related("selection", "created_by", "confirmed_by")
    pages = Paginator(rows.annotate(people=people()).order_by("-created_at", "-pk"), PAGE)
    page = pages.get_page(request.GET.get("side"))
    return render(
        request,
        "bulk_send/list.html",
        {"page": page, "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)},
    )


def people() -> Case:
    """Count a draft's recipients; the others' number is frozen."""
    rows = Recipient.objects.filter(bulk=OuterRef("pk")).order_by().values("bulk")
    counted = Subquery(rows.annotate(n=Count("pk")).values("n"))
    drafts = When(state=State.DRAFT, then=Coalesce(counted, 0))
    return Case(drafts, default=F("size"), output_field=IntegerField())


@require_http_methods(["GET", "POST"])
@needs(Right.BULK_SEND)
def confirm(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what will be sent, to how many, and what it makes; POST sends it, once (spec I6)."""
    bulk = row_or_404(request, Bulk, pk, select_related=RELATED)
    if not bulk.is_draft:
        return redirect("bulk_send:bulk", pk)
    if request.method == "GET":
        return ask(request, bulk)
    version = request.POST.get("version", "")
    if guarded(bulk) and "accepts_warnings" not in request.POST:
        return ask(request, bulk, status=422, errors=[_("Kryss av for at teksten kan sendes slik den står.")])
    try:
        confirming.confirm(
            bulk,
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            by=request.user,
            now=timezone.now(),
            accepts_cards="accepts_cards" in request.POST,
        )
    except confirming.CannotSend as error:
        return ask(request, bulk, status=409, errors=[str(error)])
    except ValidationError as error:
        return ask(request, bulk, status=422, errors=error.messages)
    return redirect("bulk_send:bulk", pk)


def guarded(bulk: Bulk) -> list[guard.Warning]:
    """Return what someone must accept before it goes out."""
    return guard.warnings(bulk.text if bulk.type == Type.SMS else bulk.subject)


def ask(request: StaffRequest, bulk: Bulk, *, status: int = 200, errors: list[str] | None = None) -> HttpResponse:
    """Show the question, with the numbers as they are now."""
    bulk.refresh_from_db()
    context = {
        "bulk": bulk,
        "sums": lists.sums(bulk, most_shared=bulk.selection.size),
        "channels": summary.channels(bulk),
        "used": confirming.sent_today(bulk.clinic, timezone.now()),
        "takst": summary.takst(bulk.clinic),
        "warnings": guarded(bulk),
        "undo_seconds": settings.BULK_UNDO_SECONDS,
        "errors": errors or [],
        "accepted": {name for name in ("accepts_cards", "accepts_warnings") if name in request.POST},
    }
    return render(request, "bulk_send/confirm.html", context, status=status)


@require_GET
@does_not_prolong
@needs(Right.BULK_SEND)
def bulk(request: StaffRequest, pk: int) -> HttpResponse:
    """Follow a bulk, and read its report when it is done."""
    row = row_or_404(request, Bulk, pk, select_related=RELATED)
    if row.is_draft:  # undone, maybe by a colleague or in another tab
        return go_to(request, "bulk_send:compose", pk) if request.htmx else compose(request, pk)
    context = standing(row)
    if request.htmx:
        return followed(request, context | {"tells_milestone": request.GET.get("steg") != context["milestone"].key})
    reason = report.reason_in(request.GET)
    rows = Recipient.objects.filter(bulk=row) if reason is None else outcomes.not_told(row, reason)
    page = report.page_of(rows, request.GET)
    audit.record_search(clinic=request.clinic, actor=request.user, patient_ids=[one.patient_id for one in page.rows])
    context |= {
        "page": page,
        "total": context["progress"].count_of(reason),
        "outcomes": outcomes.of(page.rows),
        "query": "" if reason is None else f"grunn={reason}&",
        "is_narrowed": reason is not None,
        "can_resend": resending.can_resend(row, context["progress"]),
    }
    return render(request, "bulk_send/bulk.html", context)


def followed(request: StaffRequest, context: dict[str, Any]) -> HttpResponse:
    """Return the information box alone; when all is settled the whole page comes once more, with its list."""
    answer = render(request, "bulk_send/_progress.html", context)
    if context["progress"].is_settled:
        answer["HX-Refresh"] = "true"
    return answer


def standing(bulk: Bulk) -> dict[str, Any]:
    """Return what the information box says."""
    now = timezone.now()
    left = max(0, round((bulk.release_at - now).total_seconds())) if bulk.release_at else 0
    found = progress.of(bulk)
    return {
        "bulk": bulk,
        "progress": found,
        "milestone": milestones.reached(bulk, found),
        "can_undo": bulk.state == State.COUNTDOWN and left > 0,
        "seconds_left": left,
        "can_stop": bulk.state != State.COUNTDOWN and stopping.is_stoppable(bulk),
    }


@require_POST
@needs(Right.BULK_SEND)
def undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take it back before the countdown ends."""
    row = row_or_404(request, Bulk, pk, select_related=RELATED)
    if stopping.undo(row, by=request.user, now=timezone.now()):
        toasts.say(request, _("Utsendelsen er angret. Ingenting er sendt, og kladden er som den var."))
    else:
        toasts.say(request, _("Det var for sent å angre. Du kan stoppe det som ikke er sendt."))
    return redirect("bulk_send:bulk", pk)


@require_POST
@needs(Right.BULK_SEND)
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    """Stop what has not been handed over."""
    row = row_or_404(request, Bulk, pk, select_related=RELATED)
    if stopping.stop(row, by=request.user, now=timezone.now()):
        toasts.say(request, _("Sendingen er stoppet."))
    else:
        toasts.say(request, _("Det var ikke mer å stoppe."))
    return redirect("bulk_send:bulk", pk)


@require_POST
@needs(Right.BULK_SEND)
def resend(request: StaffRequest, pk: int) -> HttpResponse:
    """Begin a new bulk to those who were not told, with the same text."""
    row = row_or_404(request, Bulk, pk, select_related=RELATED)
    again = resending.begin(row, by=request.user)
    if again is None:
        toasts.say(request, _("Alle er varslet, eller det er ikke avklart ennå."))
        return redirect("bulk_send:bulk", pk)
    return redirect("bulk_send:compose", again.pk)


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_TEMPLATES)
def takst(request: StaffRequest) -> HttpResponse:
    """Show and change the takst on the cards of coming e-contacts; those made stay as they are (spec I5)."""
    form = TakstForm(request.POST or None, initial={"code": request.clinic.econtact_code})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            request.clinic.econtact_code = form.cleaned_data["code"]
            request.clinic.save(update_fields=["econtact_code"])
            audit.record(AuditAction.SETTING, clinic=request.clinic, actor=request.user, what="econtact takst")
        toasts.say(request, _("Taksten er lagret"))
        return redirect("bulk_send:list")
    context = {
        "form": form,
        "title": _("Takst for e-kontakt"),
        "explanation": _("Gjelder masseutsendelser fra nå av. Regningskort som er laget, endres ikke."),
        "back": reverse("bulk_send:list"),
    }
    return render(request, "components/form_page.html", context, status=422 if form.is_bound else 200)
