"""What the pages about one dialog, and about a new one, show."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinics import audit
from clinics.gate import StaffRequest
from clinics.models import AuditAction, Membership, Module
from patients import card
from patients.models import Patient
from post import carried, composing, drafts, kinds
from post.forms import AnswerForm, NewForm
from post.models import Dialog, DialogKind, Draft, Party
from post.standing import standing

RELATED = ("clinic", "patient__person", "patient__clinic", "taken_by")


def show_dialog(
    request: StaffRequest, row: Dialog, form: AnswerForm | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Show the thread with the composer, and log that it was read (threat 34)."""
    audit.record(
        AuditAction.DIALOG, clinic=request.clinic, actor=request.user, patient_id=row.patient_id, what=f"read {row.pk}"
    )
    messages = list(
        row.messages.select_related("author").prefetch_related("attachments", "refused_files").order_by("pk")
    )
    draft = drafts.find(request.user, row.patient, row)
    context = {
        "dialog": row,
        "thread": carried.mark(messages),
        "newest": messages[-1].pk,
        "form": form or blank_answer(draft, messages[-1].pk),
        "colleagues": [member.user for member in colleagues(request) if member.user_id != row.taken_by_id],
        "is_others": bool(row.taken_by_id and row.taken_by_id != request.user.pk),
        "is_overdue": bool(row.answer_by and row.answer_by < timezone.now()),
        "was_written_to": any(message.party == Party.PATIENT for message in messages),
    }
    context |= about_writing(request, row.patient, draft) | more
    return render(request, "post/dialog.html", context, status=status)


def show_new(request: StaffRequest, form: NewForm | None = None, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the form for a new dialog with what is known of the patient (spec E3)."""
    patient = chosen(request, form)
    draft = drafts.find(request.user, patient, None) if patient else None
    form = form or blank_new(request, patient, draft)
    context = {"form": form, "is_kind_on": DialogKind.E_DIALOG in kinds.in_use(request.clinic)}
    context |= about_writing(request, patient, draft) | more
    return render(request, "post/new.html", context, status=status)


def about_writing(request: StaffRequest, patient: Patient | None, draft: Draft | None) -> dict[str, Any]:
    """Return what the composer needs: whether it may be sent, the draft with its files, and the templates."""
    return {
        "patient": card.with_activity(patient) if patient else None,
        "standing": standing(patient) if patient else None,
        "draft": draft,
        "message_templates": composing.templates_for(request),
        "is_module_off": not request.clinic.notifies(Module.POST),
    }


def chosen(request: StaffRequest, form: NewForm | None) -> Patient | None:
    """Return the clinic's patient in the form or the address; another clinic's is as unknown as none."""
    value = str((form["patient"].value() if form else request.GET.get("pasient")) or "")
    if not value.isdecimal() or len(value) > 18:
        return None
    rows = Patient.objects.of(request.clinic).select_related("clinic", "person")
    return rows.filter(pk=value).first()


def blank_answer(draft: Draft | None, newest: int) -> AnswerForm:
    """Return the form with what the draft holds."""
    return AnswerForm(initial=written(draft) | {"seen": newest})


def blank_new(request: StaffRequest, patient: Patient | None, draft: Draft | None) -> NewForm:
    """Return the form with what the draft holds."""
    return NewForm(initial=written(draft) | {"patient": patient.pk if patient else ""}, clinic=request.clinic)


def written(draft: Draft | None) -> dict[str, Any]:
    """Return what the draft holds, or a fresh key."""
    if draft is None:
        return {"key": uuid.uuid4()}
    return {"key": draft.key, "text": draft.text, "subject": draft.subject}


def colleagues(request: StaffRequest) -> list[Membership]:
    """Return those who work at the clinic, by name."""
    rows = Membership.objects.of(request.clinic).filter(is_active=True, user__is_active=True)
    return list(rows.select_related("user").order_by("user__first_name", "user__last_name", "pk"))
