"""The programmes, an analysis' patient overview, who is gone, and «Send varsel» (spec H1, H3, H4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, does_not_prolong, needs, row_or_404
from clinics.models import AuditAction
from selection import false_positives, going_on, risk_people, risk_runs, risk_sending, risk_summary, risk_tables
from selection.risk_models import RiskAnalysis, RunState
from selection.risk_reading import offered_one

ON_PAGE = 50


@require_GET
@does_not_prolong
@needs(Right.READ_CARD)
def programmes(request: StaffRequest) -> HttpResponse:
    """List the programmes with their last analysis; htmx asks for the part each second while one runs."""
    found = risk_summary.programmes(request.clinic, timezone.localdate())
    context = {"programmes": found, "is_running": any(one.running for one in found)}
    template = "selection/risk/_programmes.html" if request.htmx else "selection/risk/programmes.html"
    return render(request, template, context)


@require_POST
@needs(Right.READ_CARD)
def analyse(request: StaffRequest, key: str) -> HttpResponse:
    """Promise an analysis; pressing twice promises one. Raises Http404 for a programme that is not shipped."""
    wanted = offered_one(key, timezone.localdate())
    if wanted is None:
        raise Http404
    risk_runs.ask(request.clinic, wanted, by=request.user)
    return redirect("risk:programmes")


def finished(request: StaffRequest, pk: int) -> RiskAnalysis:
    """Return a finished analysis of the clinic. Raises Http404."""
    analysis = row_or_404(request, RiskAnalysis, pk, select_related=("asked_by", "clinic"))
    if analysis.state != RunState.DONE:
        raise Http404
    return analysis


@require_GET
@needs(Right.READ_CARD)
def people(request: StaffRequest, pk: int) -> HttpResponse:
    """Show whom an analysis found, why, and what they have been told; everyone shown is logged."""
    analysis = finished(request, pk)
    programme = risk_runs.programme_of(analysis)
    filters = risk_people.filters_of(programme)
    asked = risk_people.asked_for(filters, request.GET)
    kept = risk_people.narrowed(analysis, programme, asked)
    after = risk_people.beyond(risk_people.shown(kept), request.GET.get("etter", ""))
    found = list(after[: ON_PAGE + 1])
    rows = risk_people.rows_of(analysis, programme, found[:ON_PAGE])
    ids = [row.person.patient_id for row in rows]
    audit.record_each(
        AuditAction.RISK, clinic=request.clinic, actor=request.user, patient_ids=ids, what=f"analysis {analysis.pk}"
    )
    newest = risk_runs.newest(analysis)
    context: dict[str, Any] = {
        "analysis": analysis,
        "programme": programme,
        "filters": [(one, asked.get(one.name, "")) for one in filters],
        "query": urlencode(asked),
        "rows": rows,
        "total": analysis.counts["persons"] if not asked else kept.count(),
        "more": ids[-1] if len(found) > ON_PAGE else None,
        "newest": newest if newest.pk != analysis.pk else None,
        "raised": false_positives.raised(analysis),
        "is_grid": Right.BULK_SEND in request.rights and newest.pk == analysis.pk,
        "to_send": risk_sending.figures(analysis, programme, kept) if rows else None,
    }
    return render(request, "selection/risk/people.html", context)


@require_GET
@needs(Right.READ_CARD)
def gone(request: StaffRequest, pk: int) -> HttpResponse:
    """List those whom the analysis before found and this one does not, with what they were found on."""
    analysis = finished(request, pk)
    if analysis.previous is None:
        raise Http404
    after = risk_people.beyond(risk_people.shown(risk_tables.gone(analysis)), request.GET.get("etter", ""))
    found = list(after[: ON_PAGE + 1])
    programme = risk_runs.programme_of(analysis.previous)
    rows = risk_people.rows_of(analysis.previous, programme, found[:ON_PAGE])
    ids = [row.person.patient_id for row in rows]
    what = f"gone since analysis {analysis.previous_id}"
    audit.record_each(AuditAction.RISK, clinic=request.clinic, actor=request.user, patient_ids=ids, what=what)
    more = ids[-1] if len(found) > ON_PAGE else None
    context = {"analysis": analysis, "programme": programme, "rows": rows, "more": more}
    return render(request, "selection/risk/gone.html", context)


@require_POST
@needs(Right.BULK_SEND)
def send(request: StaffRequest, pk: int) -> HttpResponse:
    """Freeze everyone the filter keeps, or those ticked, and go to the composer; never a false positive (spec H3)."""
    analysis = finished(request, pk)
    programme = risk_runs.programme_of(analysis)
    asked = risk_people.asked_for(risk_people.filters_of(programme), request.POST)
    back = overview(analysis, asked)
    if risk_runs.newest(analysis).pk != analysis.pk:
        toasts.say(request, _("Ingenting er valgt: det finnes en nyere analyse. Bruk den."))
        return redirect(back)
    try:
        chosen = going_on.EVERYONE if "alle" in request.POST else going_on.marked(request.POST)
    except going_on.TooMany:
        toasts.say(request, _("Merk høyst 5000 enkeltvis. Bruk «Marker alle» for alle i filteret."))
        return redirect(back)
    order = risk_sending.Order(
        analysis=analysis,
        programme=programme,
        asked=asked,
        chosen=chosen,
        vaccinated="uten_vaksinerte" not in request.POST,
        notified="uten_varslede" not in request.POST,
    )
    selection = risk_sending.freeze(order, by=request.user)
    if selection is None:
        toasts.say(request, _("Ingen å sende til: marker noen, eller endre filteret."))
        return redirect(back)
    return redirect("bulk_send:start", selection.pk, preserve_request=True)  # it makes a draft: it wants a POST


def overview(analysis: RiskAnalysis, asked: dict[str, str]) -> str:
    """Return the address of the overview with its filter."""
    url = redirect("risk:people", analysis.pk).url
    return f"{url}?{urlencode(asked)}" if asked else url
