"""The manager's page of colleagues: invite, change access, take out of use, reset the second factor (spec A7)."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import inviting, staffing, toasts
from clinics.access import Right
from clinics.gate import StaffRequest, needs, row_or_404
from clinics.models import Invitation, Membership
from clinics.staff_forms import AccessForm, InviteForm

LIST = "clinics:staff"


@require_GET
@needs(Right.MANAGE_STAFF)
def staff(request: StaffRequest) -> HttpResponse:
    """List colleagues, and invitations that wait. Only memberships of the acting clinic are shown."""
    context = {
        "rows": staffing.of(request.clinic),
        "invitations": inviting.waiting(request.clinic),
        "now": timezone.now(),
    }
    return render(request, "clinics/staff.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_STAFF)
def invite(request: StaffRequest) -> HttpResponse:
    """Invite a colleague by e-mail."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = inviting.invite(request.clinic, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.take(error)
        else:
            return sent(request, row)
    context = {"form": form, "title": _("Inviter ansatt"), "back": reverse(LIST), "verb": _("Send invitasjon")}
    return render(request, "components/form_page.html", context, status=422 if form.is_bound else 200)


@require_POST
@needs(Right.MANAGE_STAFF)
def invitation_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Send a new link."""
    row = row_or_404(request, Invitation, pk, select_related=("clinic",))
    try:
        return sent(request, inviting.send_again(row, by=request.user))
    except ValidationError as error:
        return told(request, error)


@require_POST
@needs(Right.MANAGE_STAFF)
def invitation_withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Make the link stop working."""
    row = row_or_404(request, Invitation, pk, select_related=("clinic",))
    try:
        inviting.withdraw(row, by=request.user)
    except ValidationError as error:
        return told(request, error)
    toasts.say(request, _("Invitasjonen er trukket"))
    return redirect(LIST)


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_STAFF)
def access(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a colleague's role and grants; the second of two managers is told what the first one did."""
    row = row_or_404(request, Membership, pk, select_related=("user", "clinic"))
    form = AccessForm(request.POST or None, membership=row)
    if request.method == "POST" and form.is_valid() and changed(request, row, form):
        toasts.say(request, _("Lagret"))
        return redirect(LIST)
    context = {"form": form, "title": _("Tilgang for %(who)s") % {"who": row.user}, "back": reverse(LIST)}
    return render(request, "components/form_page.html", context, status=422 if form.is_bound else 200)


def changed(request: StaffRequest, row: Membership, form: AccessForm) -> bool:
    """Try to change it; what is refused is said on the form, and sending again goes on top of what is there now."""
    try:
        staffing.change(row, by=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
    except staffing.Conflict:
        fresh = row_or_404(request, Membership, row.pk)
        form.data = {**request.POST.dict(), "as_seen": staffing.seen(fresh)}
        words = _("En annen har endret tilgangen imens: %(now)s. Lagre på nytt hvis det du har valgt, skal gjelde.")
        form.add_error(None, words % {"now": in_words(fresh)})
    return not form.errors


def in_words(row: Membership) -> str:
    """Say what access a colleague has."""
    grants = [_("masseutsendelse")] * row.may_bulk_send + [_("eksport")] * row.may_export
    state = [] if row.is_active else [_("ute av bruk")]
    return ", ".join([row.get_role_display(), *grants, *state])


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_STAFF)
def out_of_use(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then end a colleague's access to the clinic."""
    words = {
        "title": _("Avslutte tilgangen?"),
        "text": _("Den ansatte logges ut av klinikken med det samme. Det de har skrevet og gjort, blir stående."),
        "verb": _("Avslutt tilgangen"),
        "done": _("Tilgangen er avsluttet"),
    }
    return asked(request, pk, staffing.take_out_of_use, words)


@require_POST
@needs(Right.MANAGE_STAFF)
def in_use(request: StaffRequest, pk: int) -> HttpResponse:
    """Give a colleague back the access they had."""
    return asked(request, pk, staffing.bring_back, {"done": _("Den ansatte har tilgang igjen")})


@require_http_methods(["GET", "POST"])
@needs(Right.MANAGE_STAFF)
def reset_code(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then take away a colleague's second factor."""
    words = {
        "title": _("Nullstille tofaktor?"),
        "text": _(
            "Gjør dette bare når du vet at det er kollegaen selv som ber om det. Kollegaen logges ut overalt, får "
            "beskjed på e-post og setter opp autentiseringsappen på nytt ved neste innlogging."
        ),
        "verb": _("Nullstill tofaktor"),
        "done": _("Tofaktor er nullstilt"),
    }
    return asked(request, pk, staffing.reset_code, words)


def asked(request: StaffRequest, pk: int, act: Callable[..., None], words: dict[str, str]) -> HttpResponse:
    """Show the question, or do it and go back to the list; a refusal is told there."""
    row = row_or_404(request, Membership, pk, select_related=("user", "clinic"))
    if request.method == "GET":
        return render(request, "clinics/staff_question.html", {"row": row, "back": reverse(LIST)} | words)
    try:
        act(row, by=request.user)
    except ValidationError as error:
        return told(request, error)
    toasts.say(request, words["done"])
    return redirect(LIST)


def sent(request: StaffRequest, row: Invitation) -> HttpResponse:
    """Go back to the list and say whether the mail went."""
    failed = _("E-posten ble ikke sendt. Prøv «Send på nytt» om litt.")
    toasts.say(request, _("Invitasjonen er sendt") if row.sent_at else failed)
    return redirect(LIST)


def told(request: StaffRequest, error: ValidationError) -> HttpResponse:
    """Go back to the list and say why it was not done."""
    toasts.say(request, " ".join(error.messages))
    return redirect(LIST)
