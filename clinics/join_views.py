"""Where an invitation's link leads: become a user, or join one more clinic. Open to who holds the link (spec A7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from clinics import inviting
from clinics.gate import anyone
from clinics.hashing import hashed
from clinics.models import Invitation, User
from clinics.staff_forms import JoinForm

KEY = "invitation"  # in the session: the token's hash


@require_GET
@anyone
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Put the token away and go on without it: no page, referrer or history entry shows it. Uses nothing up."""
    request.session[KEY] = hashed(token)
    response = redirect("clinics:join")
    response["Referrer-Policy"] = "no-referrer"
    return response


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
@anyone
def join(request: HttpRequest) -> HttpResponse:
    """Show what the invitation is to, and let its receiver in."""
    invitation = inviting.find(request.session.get(KEY, ""), timezone.now())
    if invitation is None:
        return render(request, "clinics/join_gone.html", status=410)
    if isinstance(request.user, User):
        return as_user(request, invitation, request.user)
    if User.objects.filter(email__iexact=invitation.email).exists():
        log_in = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': reverse('clinics:join')})}"
        return page(request, invitation, log_in=log_in)
    return as_new(request, invitation)


def as_user(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    """Let someone who is logged in join with one press, if the invitation is theirs."""
    is_theirs = user.email.lower() == invitation.email
    if request.method == "GET" or not is_theirs:
        return page(request, invitation, is_theirs=is_theirs, status=200 if request.method == "GET" else 409)
    try:
        membership = inviting.accept(invitation, user)
    except ValidationError:
        return render(request, "clinics/join_gone.html", status=410)
    del request.session[KEY]
    request.session.cycle_key()
    request.session["clinic"] = membership.clinic_id
    return redirect("overview:home")


def as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Make a user; the second factor is set up next, before anything is shown."""
    form = JoinForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid() and (user := made(invitation, form)):
        del request.session[KEY]
        get_adapter(request).login(request, user)
        return redirect("overview:home")
    return page(request, invitation, form=form, status=422 if form.is_bound else 200)


def made(invitation: Invitation, form: JoinForm) -> User | None:
    """Try to make the user; a refusal is said on the form."""
    given = form.cleaned_data
    names = {"first_name": given["first_name"], "last_name": given["last_name"]}
    try:
        return inviting.accept_as_new(invitation, password=given["password1"], **names)
    except ValidationError as error:
        form.add_error(None, error)
        return None


def page(request: HttpRequest, invitation: Invitation, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the invitation and what can be done with it."""
    context = {"invitation": invitation} | more
    return render(request, "clinics/join.html", context, status=status)
