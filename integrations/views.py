"""The clinic manager's import: upload, see what will happen, import, read the report."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from kombu.exceptions import OperationalError

from clinics.access import Right
from clinics.gate import StaffRequest, does_not_prolong, needs, row_or_404
from integrations import storage
from integrations.forms import UploadForm
from integrations.models import ImportRun, State
from integrations.report import KEPT, Line
from integrations.tasks import run_import
from integrations.words import STAGES, changed, summary

log = logging.getLogger(__name__)
SHOWN_RUNS = 50


@require_GET
@needs(Right.IMPORT)
def imports(request: StaffRequest) -> HttpResponse:
    """List the clinic's imports, newest first."""
    runs = ImportRun.objects.of(request.clinic).select_related("created_by")[:SHOWN_RUNS]
    return render(request, "integrations/imports.html", {"runs": runs})


@require_http_methods(["GET", "POST"])
@needs(Right.IMPORT)
def import_new(request: StaffRequest) -> HttpResponse:
    """Upload a file; it is checked first, and nothing is imported yet. Status 422 when refused."""
    form = UploadForm(request.POST or None, request.FILES or None, clinic=request.clinic)
    if request.method == "GET":
        form = UploadForm(clinic=request.clinic)
    elif form.is_valid():
        return redirect("integrations:import_run", create(request, form).pk)
    else:
        form.discard()
    return render(request, "integrations/upload.html", {"form": form}, status=422 if form.errors else 200)


def create(request: StaffRequest, form: UploadForm) -> ImportRun:
    """Write the row and wake a worker."""
    values = form.cleaned_data
    run: ImportRun = ImportRun.objects.create(
        clinic=request.clinic,
        format=form.format,
        name=values["file"].name,
        stored=form.stored,
        consent_collected=values["consent"] == "collected",
        practitioner=values["practitioner"],
        type_map=values["type_map"],
        created_by=request.user,
    )
    wake(run)
    return run


def wake(run: ImportRun) -> None:
    """Hand the id to a worker after commit; without a broker the page says that nobody has begun, and offers again."""

    def hint() -> None:
        try:
            run_import.apply_async(args=(run.pk,), retry=False)
        except OperationalError as error:
            log.warning("no worker woken for import %s: %s", run.pk, type(error).__name__)

    transaction.on_commit(hint)


@require_GET
@does_not_prolong
@needs(Right.IMPORT)
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how far the import has come and what came of it; htmx asks for the part each second while it runs."""
    row = row_or_404(request, ImportRun, pk)
    template = "integrations/_run.html" if is_part(request) else "integrations/run.html"
    return render(request, template, facts(row))


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for the part that it swaps."""
    return bool(getattr(request, "htmx", False))


def facts(row: ImportRun) -> dict[str, Any]:
    """Return what the page shows about an import."""
    lines = [Line(**line).cells() for line in row.lines]
    return {
        "run": row,
        "stage": STAGES.get(row.stage, STAGES[""]),
        "counts": summary(row.counts),
        "changed": changed(row.foreseen, row.counts) if row.state == State.DONE else [],
        "lines": lines,
        "is_cut": len(lines) >= KEPT,
        "has_report": bool(lines) and bool(row.stored) and storage.report_of(row.stored).is_file(),
    }


@require_POST
@needs(Right.IMPORT)
def start(request: StaffRequest, pk: int) -> HttpResponse:
    """Import what was checked, or run again what broke off; pressing twice starts it once."""
    with transaction.atomic():
        row_or_404(request, ImportRun, pk)
        row = ImportRun.objects.of(request.clinic).select_for_update().get(pk=pk)
        if row.may_start:
            row.begin(State.CHECKING if row.state == State.CHECKING else State.IMPORTING, timezone.now())
            wake(row)
    return redirect("integrations:import_run", pk)


@require_GET  # type: ignore[type-var]  # a file is streamed
@needs(Right.IMPORT)
def report(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Hand out the whole report as CSV."""
    row = row_or_404(request, ImportRun, pk)
    path = storage.report_of(row.stored)
    if not row.stored or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"import-{row.pk}.csv", content_type="text/csv")
