"""The composer: the message to the left, the two lists to the right (spec I1-I3)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from bulk_send import drafting, eligibility, gateways, guard, lists, placeholders, summary
from bulk_send.drafting import Conflict, FellOut
from bulk_send.forms import ListsForm, MessageForm, initial_of, marked
from bulk_send.models import Bulk, Type
from bulk_send.placeholders import Filled
from clinics import audit, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from notifications.kinds import Reason
from notifications.segments import plain
from patients import receiving
from patients.forms import take_errors
from patients.models import Patient
from selection.models import Selection

RELATED = ("clinic", "selection__clinic", "practitioner")
NOBODY = FellOut(0, ())


@require_POST
@needs(Right.BULK_SEND)
def start(request: StaffRequest, selection: int) -> HttpResponse:
    """Come from journal search or risk group: open the draft for the selection, the same one every time.

    They send the browser on with its POST (status 307): looking at an address makes no draft.
    """
    row = row_or_404(request, Selection, selection, select_related=("clinic",))
    return redirect("bulk_send:compose", drafting.start(row, by=request.user).pk)


@require_http_methods(["GET", "POST"])
@needs(Right.BULK_SEND)
def compose(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the draft; every button saves what is written, and does its own thing."""
    bulk = row_or_404(request, Bulk, pk, select_related=RELATED)
    if not bulk.is_draft:
        return redirect("bulk_send:bulk", pk)
    if request.method == "GET":
        return show(request, bulk, MessageForm(initial=initial_of(bulk), clinic=request.clinic))
    return act(request, bulk)


def act(request: StaffRequest, bulk: Bulk) -> HttpResponse:
    """Save the message, then carry out the button that was pressed."""
    form = MessageForm(request.POST, clinic=request.clinic)
    if not form.is_valid():
        return show(request, bulk, form, status=422)
    try:
        bulk, fell_out = save(request, bulk, form)
        moved = carry_out(request, bulk)
    except Conflict as conflict:
        if not conflict.current.is_draft:
            return go_to(request, "bulk_send:bulk", bulk.pk)
        return show(request, conflict.current, form, status=409, conflict=str(conflict))
    except ValidationError as error:
        take_errors(form, error)
        return show(request, bulk, form, status=422)
    bulk.refresh_from_db()
    match request.POST.get("action"):
        case "confirm":
            return go_to(request, "bulk_send:confirm", bulk.pk)
        case "autosave":
            return render(request, "bulk_send/_saved.html", {"bulk": bulk, "at": timezone.now(), "out_of_band": True})
    return show(request, bulk, MessageForm(initial=initial_of(bulk), clinic=request.clinic), fell_out=fell_out, **moved)


def go_to(request: StaffRequest, name: str, pk: int) -> HttpResponse:
    """Go to another page, also when htmx asked for a part of this one."""
    url = reverse(name, args=[pk])
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def save(request: StaffRequest, bulk: Bulk, form: MessageForm) -> tuple[Bulk, FellOut]:
    """Write what is written. Raises Conflict, ValidationError."""
    said = form.values
    if request.POST.get("action") == "plain":
        said["text"] = plain(said["text"])
    if template := request.POST.get("template", ""):
        said |= from_template(request, template)
    changed = {name: value for name, value in said.items() if getattr(bulk, name) != value}
    if not changed:
        return drafting_now(bulk), NOBODY
    version = ListsForm(request.POST).tidy()["version"] or 0
    return drafting.change(bulk, version=version, by=request.user, **changed)


def drafting_now(bulk: Bulk) -> Bulk:
    """Return the bulk; raises Conflict when it is no draft any more."""
    if not bulk.is_draft:
        raise Conflict(bulk)
    return bulk


def from_template(request: StaffRequest, value: str) -> dict[str, str]:
    """Return the text, and the subject where one is used, of a template."""
    if request.POST.get("action") != "template" or not value.isdecimal():
        return {}
    found = lists.templates(request.clinic, request.user).filter(pk=int(value)).first()
    return {"text": found.text, "subject": found.subject[:80]} if found else {}


def carry_out(request: StaffRequest, bulk: Bulk) -> dict[str, Any]:
    """Move persons as the button says. Raises Conflict."""
    action, post = request.POST.get("action", "save"), request.POST
    if action == "choose":
        drafting.choose(bulk, marked(post.getlist("right")))
    elif action == "choose_all":
        drafting.choose_all(bulk, ListsForm(post).tidy()["right_text"])
    elif action == "remove":
        drafting.remove(bulk, marked(post.getlist("left")))
    elif action == "remove_all":
        drafting.remove_all(bulk)
    elif action.startswith(("left:", "right:")):
        side, _colon, place = action.partition(":")
        return {f"{side}_after": int(place) if place.isdecimal() and len(place) < 10 else 0}
    elif action == "save":
        return {"saved": True}
    return {}


def show(
    request: StaffRequest, bulk: Bulk, form: MessageForm, *, status: int = 200, fell_out: FellOut = NOBODY, **more: Any
) -> HttpResponse:
    """Show the composer, or only its inside to htmx."""
    stand = ListsForm(request.POST).tidy()
    stand |= {name: value for name, value in more.items() if name in stand}
    left = lists.left(bulk, stand["left_text"], stand["left_after"])
    sums = lists.sums(bulk)
    right = lists.NOBODY
    if sums.available:  # else every one of the selection would be asked in vain
        right = lists.right(bulk, stand["right_text"], stand["right_after"], only_possible=stand["only_possible"])
    shown = {row.patient.pk for row in (*left.rows, *right.rows)}
    audit.record_search(clinic=request.clinic, actor=request.user, patient_ids=shown)
    context: dict[str, Any] = {
        "bulk": bulk,
        "form": form,
        "left": left,
        "right": right,
        "sums": sums,
        "warnings": warnings_of(bulk),
        "types": types(request),
        "fell_out": fell_out,
        "fallen": [(name, Reason(why).label) for name, why in fell_out.named],
        "placeholders": placeholders.NAMES,
        "preview": preview(bulk, left),
        "templates": lists.templates(request.clinic, request.user),
        "marks": None if bulk.is_sms else gateways.marks(request.clinic, timezone.now()),
        "takst": summary.takst(request.clinic),
    }
    template = "bulk_send/_composer.html" if request.htmx else "bulk_send/compose.html"
    if request.htmx and status != 200:
        status = 422  # the one error that htmx swaps in
    return render(request, template, context | {"stand": stand} | more, status=status)


def types(request: StaffRequest) -> list[tuple[str, str, str]]:
    """Return the types, and why one cannot be chosen (spec I1)."""
    closed = eligibility.unavailable(request.clinic)
    return [(kind.value, str(kind.label), closed.get(kind, "")) for kind in Type]


def warnings_of(bulk: Bulk) -> list[guard.Warning]:
    """Return what should be thought over: all of an SMS, the subject of an e-contact (it stands in no notice)."""
    return guard.warnings(bulk.text) if bulk.type == Type.SMS else guard.warnings(bulk.subject)


def preview(bulk: Bulk, left: lists.Page) -> list[tuple[str, str]]:
    """Fill the text in for the first real recipients; an SMS to a proxy names nobody, as it is sent (spec K2)."""
    if not placeholders.is_personal(bulk.text):
        return []
    people = [row.patient for row in left.rows[:3]]
    told = receiving.receivers(people, timezone.now()) if bulk.is_sms else {}  # an e-contact is read after log-in
    return [previewed(bulk, who, to_proxy=who.pk in told) for who in people]


def previewed(bulk: Bulk, who: Patient, *, to_proxy: bool) -> tuple[str, str]:
    """Return whom the text is about, and what is sent."""
    text = placeholders.nameless(bulk.text) if to_proxy else bulk.text
    name = _("%(name)s (til fullmektig)") % {"name": who.name} if to_proxy else who.name
    return name, placeholders.fill(text, Filled(who.given_name, bulk.clinic.alias, bulk.clinic.phone))


@require_POST
@needs(Right.BULK_SEND)
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw the draft away."""
    bulk = row_or_404(request, Bulk, pk, select_related=RELATED)
    try:
        drafting.discard(bulk, by=request.user)
    except Conflict:
        return redirect("bulk_send:bulk", pk)
    toasts.say(request, _("Kladden er slettet. Utvalget finnes fortsatt."))
    return redirect("bulk_send:list")
