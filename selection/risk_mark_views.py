"""Mark a person of the overview *falsk positiv*, answer when the mark is raised again, take it back, undo (spec H2)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.models import AuditAction
from selection import false_positives, risk_people, risk_runs
from selection.risk_forms import FalsePositiveForm
from selection.risk_models import FalsePositive, FalseReason, RiskPerson, RunState
from selection.risk_views import overview


def found(request: StaffRequest, pk: int) -> RiskPerson:
    """Return a person of one of the clinic's finished analyses. Raises Http404."""
    rows = RiskPerson.objects.filter(analysis__clinic=request.clinic, analysis__state=RunState.DONE)
    return get_object_or_404(risk_people.shown(rows.select_related("analysis__clinic", "patient")), pk=pk)


def back_to(request: StaffRequest, person: RiskPerson) -> HttpResponse:
    """Go back to the overview as it was, at the person."""
    programme = risk_runs.programme_of(person.analysis)
    asked = risk_people.asked_for(risk_people.filters_of(programme), request.GET)
    return redirect(f"{overview(person.analysis, asked)}#p{person.patient_id}")


def standing_mark(person: RiskPerson) -> FalsePositive:
    """Return the mark that holds. Raises Http404."""
    return get_object_or_404(false_positives.standing(person.analysis), patient=person.patient_id)


@require_http_methods(["GET", "POST"])
@needs(Right.READ_CARD)
def mark(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask why, then mark; what a colleague has marked meanwhile stands. Status 422 when the form is refused."""
    person = found(request, pk)
    form = FalsePositiveForm(request.POST or None) if request.method == "POST" else FalsePositiveForm()
    if form.is_bound and form.is_valid():
        reason = FalseReason(form.cleaned_data["reason"])
        text = form.cleaned_data["text"]
        made, is_new = false_positives.mark(person, reason=reason, text=text, by=request.user, now=timezone.now())
        say = _("Merket som falsk positiv") if is_new else _("%(by)s hadde alt merket personen") % {"by": made.by}
        toasts.say(request, say, undo=reverse("risk:withdraw", args=[person.pk]) if is_new else "")
        return back_to(request, person)
    programme = risk_runs.programme_of(person.analysis)
    row = risk_people.rows_of(person.analysis, programme, [person])[0]
    if request.method == "GET":
        audit.record(
            AuditAction.RISK, clinic=request.clinic, actor=request.user, patient_id=person.patient_id, what="mark"
        )
    context = {"form": form, "row": row, "programme": programme, "analysis": person.analysis}
    return render(request, "selection/risk/mark.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.READ_CARD)
def uphold(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep a mark that was raised again on new evidence."""
    person = found(request, pk)
    if false_positives.uphold(standing_mark(person), person, by=request.user):
        toasts.say(request, _("Merket står. Det nye grunnlaget er vurdert."))
    return back_to(request, person)


@require_POST
@needs(Right.READ_CARD)
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the mark back; pressing twice takes it back once."""
    person = found(request, pk)
    made = false_positives.standing(person.analysis).filter(patient=person.patient_id).first()
    if made and false_positives.withdraw(made, by=request.user, now=timezone.now()):
        toasts.say(request, _("Merket er fjernet"), undo=reverse("risk:restore", args=[made.pk]))
    return back_to(request, person)


@require_POST
@needs(Right.READ_CARD)
def restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Undo taking a mark back."""
    made = row_or_404(request, FalsePositive, pk)
    person = newest_person(made)
    if false_positives.restore(made, by=request.user):
        toasts.say(request, _("Merket er satt tilbake"))
    return back_to(request, person) if person else redirect("risk:programmes")


def newest_person(made: FalsePositive) -> RiskPerson | None:
    """Return the newest overview the marked person stands in, if any."""
    rows = RiskPerson.objects.filter(
        patient=made.patient_id,
        analysis__clinic=made.clinic_id,
        analysis__programme=made.programme,
        analysis__state=RunState.DONE,
    )
    return rows.select_related("analysis__clinic").order_by("-analysis__asked_at", "-pk").first()
