"""Templates, common and private; and which kinds of dialogs the clinic uses (spec A7, E1)."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.models import AuditAction
from clinics.views import edited
from post import kinds as switches
from post.forms import TemplateForm
from post.models import SWITCHED, MessageTemplate

BACK = "post:templates"


@require_GET
@needs(Right.WRITE_DIALOG)
def templates(request: StaffRequest) -> HttpResponse:
    """List the common templates and the user's own; nobody sees a colleague's."""
    rows = MessageTemplate.objects.of(request.clinic)
    context = {"common": rows.filter(owner=None), "own": rows.filter(owner=request.user)}
    return render(request, "post/templates.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.WRITE_DIALOG)
def template_new(request: StaffRequest) -> HttpResponse:
    """Add a template of one's own."""
    form = TemplateForm(request.POST or None, clinic=request.clinic, owner=request.user)
    return edited(request, form, title=_("Ny egen mal"), back=BACK)


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_TEMPLATES)
def common_new(request: StaffRequest) -> HttpResponse:
    """Add a common template."""
    form = TemplateForm(request.POST or None, clinic=request.clinic, owner=None)
    return edited(request, form, title=_("Ny felles mal"), back=BACK)


def editable(request: StaffRequest, pk: int) -> MessageTemplate:
    """Return a template the user may change: their own, or a common one with the right. Raises Http404."""
    row = row_or_404(request, MessageTemplate, pk)
    may_common = row.owner_id is None and Right.MANAGE_TEMPLATES in request.rights
    if row.owner_id != request.user.pk and not may_common:
        raise Http404
    return row


@require_http_methods(["GET", "POST"])
@needs(Right.WRITE_DIALOG)
def template_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a template; what has been sent stays as it was."""
    row = editable(request, pk)
    form = TemplateForm(request.POST or None, instance=row, clinic=request.clinic, owner=row.owner)
    return edited(request, form, title=_("Endre mal"), back=BACK)


@require_http_methods(["GET", "POST"])
@needs(Right.WRITE_DIALOG)
def template_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then delete a template."""
    row = editable(request, pk)
    if request.method == "GET":
        return render(request, "post/template_delete.html", {"row": row})
    what = f"messagetemplate {row.pk}: deleted"
    row.delete()
    audit.record(AuditAction.SETTING, clinic=request.clinic, actor=request.user, what=what)
    toasts.say(request, _("Malen er slettet"))
    return redirect(BACK)


@require_http_methods(["GET", "POST"])
@needs(Right.SWITCH_TYPES)
def kinds(request: StaffRequest) -> HttpResponse:
    """Show which kinds the clinic uses, and switch one (spec E1)."""
    kind = request.POST.get("kind", "")
    if request.method == "POST" and kind in SWITCHED:
        on = request.POST.get("on") == "1"
        if switches.switch(request.clinic, kind, on=on, by=request.user):
            toasts.say(request, _("Dialogtypen er tatt i bruk") if on else _("Dialogtypen er slått av"))
        return redirect("post:kinds")
    used = switches.in_use(request.clinic)
    return render(request, "post/kinds.html", {"rows": [(kind, kind in used) for kind in SWITCHED]})
