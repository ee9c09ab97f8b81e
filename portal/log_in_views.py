"""The way in and out of the portal: off to the provider, back with proof, and out at both (spec K1)."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from clinics.gate import anyone
from clinics.limits import is_too_often
from clinics.redirects import safe_next
from patients.models import Language
from portal import attempts, entering, language, oidc, sessions
from portal.cards import cards_of
from portal.gate import leave_staff
from portal.models import LogIn, Session

log = logging.getLogger(__name__)
MOST = 60  # log-ins a minute begun, and come back from, at one address; a hospital's guests share one


@require_safe
@anyone
@language.chosen_here
def log_in(request: HttpRequest) -> HttpResponse:
    """Say what log-in is asked for, and offer the ways. Looks nothing up."""
    leave_staff(request)
    page = safe_next(request, "")
    ways = {"providers": oidc.providers(), "next": page, "languages": Language.choices}
    return TemplateResponse(request, "portal/log_in.html", ways)


@require_safe
@anyone
def start(request: HttpRequest, provider: str, token: str = "") -> HttpResponse:
    """Send the browser to the provider. A notice's link stays here, with the attempt; the provider never sees it.

    Raises Http404 for a provider there is none of.
    """
    leave_staff(request)
    by = oidc.provider(provider)
    if by is None:
        raise Http404
    if is_too_often(request, "log_in", most=MOST):
        return too_often(request)
    path, anew = attempts.own_path(safe_next(request, "")), attempts.is_browser_used(request)
    key, attempt = attempts.new(by.name, token=token, path=path, anew=anew)
    try:
        url = oidc.authorization_url(by, **attempt.secrets, anew=anew)
    except oidc.ProviderDown:
        attempt.delete()
        return down(request, by)
    response = redirect(url)
    attempts.set_cookie(response, key)
    return response


@require_safe
@anyone
def come_back(request: HttpRequest) -> HttpResponse:
    """Let the person in whom the provider's answer proves, once, and lead them where they were going."""
    leave_staff(request)
    if is_too_often(request, "log_in", most=MOST):
        return too_often(request)
    attempt = attempts.take(request)
    by = oidc.provider(attempt.provider) if attempt else None
    if attempt is None or by is None:
        return refused(request, "attempt")
    if request.GET.get("error") and request.GET.get("state") == attempt.state:
        return refused(request, "given_up", status=200)
    try:
        proof = oidc.prove(by, request.GET.dict(), **attempt.secrets, since=attempt.since)
        person = entering.person_of(proof)
    except oidc.Refused as reason:
        return refused(request, str(reason))
    except oidc.ProviderDown:
        return down(request, by)
    if old := sessions.session_of(request):  # whoever it was: somebody else may sit here now
        sessions.end(old, LogIn.Ending.LOGGED_OUT)
    if person is None:
        return forget_attempt(
            render(request, "portal/no_card.html", {"url": oidc.end_session_url(by, back())}, status=403)
        )
    key = entering.enter(person, by, proof)
    rotate_token(request)
    response = redirect("portal:open", attempt.token) if attempt.token else redirect(attempt.path or "portal:home")
    sessions.set_cookie(response, key)
    attempts.mark_used(response)
    return forget_attempt(response)


@require_POST
@anyone
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session here, and lead the browser to the provider's own logout.

    By a page, not a redirect: browsers hold the answer to a form to the page's form-action too.
    """
    leave_staff(request)
    url = ""
    if session := sessions.session_of(request):
        by = oidc.provider(session.log_in.provider)
        url = oidc.end_session_url(by, back()) if by else ""
        visit = sessions.Visit(session, list(cards_of(session.person)))
        translation.activate(language.of_visit(visit, request))
        sessions.end(session, LogIn.Ending.LOGGED_OUT)
    response = render(request, "portal/logged_out.html", {"url": url})
    sessions.delete_cookie(response)
    return response


@require_safe
@anyone
def logged_out(request: HttpRequest) -> HttpResponse:
    """Tell whoever comes back from the provider that they are logged out."""
    leave_staff(request)
    return render(request, "portal/logged_out.html", {"url": ""})


@require_safe
@anyone
@xframe_options_exempt
def logged_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End the sessions of a log-in that has ended at the provider: OpenID Connect's front-channel logout.

    The provider shows it in a frame, where our cookies do not come: its own session id says which.
    """
    leave_staff(request)
    issuer, sid = request.GET.get("iss", ""), request.GET.get("sid", "")
    by = next((one for one in oidc.providers() if one.issuer == issuer), None)
    if by and sid and sid.isprintable():
        for session in Session.objects.filter(provider_session=sid, log_in__provider=by.name):
            sessions.end(session, LogIn.Ending.AT_PROVIDER)
    frames = [f"{part.scheme}://{part.netloc}" for one in oidc.providers() if (part := urlsplit(one.issuer))]
    framed = csp_replace({"frame-ancestors": frames or ["'none'"]})
    answer: HttpResponse = framed(lambda request: HttpResponse(content_type="text/plain"))(request)
    return answer


def back() -> str:
    """Return where the provider sends the browser after logout."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('portal:logged_out')}"


def too_often(request: HttpRequest) -> HttpResponse:
    """Ask for patience."""
    return render(request, "portal/wait.html", status=429)


def refused(request: HttpRequest, reason: str, status: int = 403) -> HttpResponse:
    """Say that the log-in failed and how to try again; the reason is the log's alone."""
    log.warning("Portal log-in refused: %s", reason)
    answer = render(request, "portal/refused.html", {"given_up": reason == "given_up"}, status=status)
    return forget_attempt(answer)


def down(request: HttpRequest, by: oidc.Provider) -> HttpResponse:
    """Say that the provider does not answer."""
    log.error("Portal log-in: provider %s does not answer", by.name)
    return forget_attempt(render(request, "portal/down.html", {"label": by.label}, status=503))


def forget_attempt(response: HttpResponse) -> HttpResponse:
    """Take the log-in's own cookie away."""
    attempts.delete_cookie(response)
    return response
