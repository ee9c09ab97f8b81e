"""The pages of «Hvorfor?» and «Hva ville skjedd nå?» (spec J3)."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from notifications import history, why
from notifications.kinds import SubjectType
from notifications.models import Notification
from patients import card as cards

TAB = "notifications"


@require_GET
@needs(Right.READ_CARD)
def notice(request: StaffRequest, pk: int) -> HttpResponse:
    """Explain one notice, and what else happened to the same subject."""
    row = row_or_404(request, Notification, pk)
    patient = cards.opened(request, row.patient_id)
    [complete] = history.with_parts([row])
    answer = why.explain(complete)
    others = why.about(request.clinic, patient, row.subject_type, row.subject_id)
    rest = [other for other in others if other.notification != row]
    return render(
        request, "notifications/why.html", {"patient": patient, "tab": TAB, "answers": [answer], "others": rest}
    )


@require_GET
@needs(Right.READ_CARD)
def subject(request: StaffRequest, pk: int, subject: str, subject_pk: int) -> HttpResponse:
    """Explain everything that happened to one appointment, message or billing card of the patient."""
    if subject not in SubjectType.values:
        raise Http404
    patient = cards.opened(request, pk)
    answers = why.about(request.clinic, patient, subject, subject_pk)
    return render(request, "notifications/why.html", {"patient": patient, "tab": TAB, "answers": answers, "others": []})


@require_GET
@needs(Right.READ_CARD)
def now(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what would happen to the patient's notices now, and which events gave none lately."""
    patient = cards.opened(request, pk)
    context = {"patient": patient, "tab": TAB, "answers": why.what_now(patient)}
    context["silences"] = why.latest_silences(patient)
    return render(request, "notifications/what_now.html", context)
