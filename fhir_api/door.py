"""Let a client in: media type, token and scope, rate; and tell every error as an OperationOutcome."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import MissingAuthorizationError
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.http.request import MediaType
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from clinics.gate import anyone
from fhir_api import outcomes
from fhir_api.grants import protector
from fhir_api.models import ApiClient, Scope
from fhir_api.outcomes import Problem

log = logging.getLogger(__name__)
ACCEPTED = ("application/fhir+json", "application/json")
FORMATS = ("", "json", *ACCEPTED)
VERSIONS = ("4.0", "4.0.1")
View = Callable[..., HttpResponse]


def fhir(*methods: str) -> Callable[[View], View]:
    """Mark a view of the API: no log-in of staff's, these methods alone, FHIR's JSON alone, errors told in FHIR."""

    def wrap(view: View) -> View:
        @anyone
        @csrf_exempt  # a token lets in, no cookie
        @wraps(view)
        def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise Problem(405, "not-supported", "This API is for reading", {"Allow": ", ".join(methods)})
                refuse_other_formats(request)
                response = view(request, *args, **kwargs)
            except Problem as problem:
                response = outcomes.response(problem)
            except Exception as error:  # noqa: BLE001 - the client is told in its own language, and we by the log
                log.error("%s: %s", request.resolver_match and request.resolver_match.view_name, whereabouts(error))
                response = outcomes.response(Problem(500, "exception", "An error of ours; it has been logged"))
            response.headers["Vary"] = "Accept, Authorization"
            return response

        return told

    return wrap


def whereabouts(error: Exception) -> str:
    """Return what went wrong and where, without its message: a database's quotes whole rows (spec C4)."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.name}, line {last.lineno}"


def refuse_other_formats(request: HttpRequest) -> None:
    """Raise Problem unless FHIR's JSON of R4 will do."""
    asked = request.GET.get("_format", "").replace(" ", "+")  # a plus that was not encoded comes as a blank
    fits = [one for one in request.accepted_types if any(plain(one).match(ours) for ours in ACCEPTED)]
    right = [one for one in fits if one.params.get("fhirversion", VERSIONS[0]) in VERSIONS]  # Django lowers the name
    if asked not in FORMATS or not (asked or right):
        raise Problem(406, "not-supported", "Only application/fhir+json of FHIR 4.0 is served")


def plain(accepted: MediaType) -> MediaType:
    """Return the media type without its parameters, which Django compares too."""
    return MediaType(f"{accepted.main_type}/{accepted.sub_type}")


def let_in(request: HttpRequest, scope: Scope | None) -> ApiClient:
    """Return the client whose token it is, and count the call. Raises Problem."""
    try:
        token = protector.acquire_token(request, [scope.value] if scope else None)
    except MissingAuthorizationError as error:
        raise Problem(401, "login", "A bearer token is needed", {"WWW-Authenticate": "Bearer"}) from error
    except OAuth2Error as error:
        status = error.status_code if error.status_code in {401, 403} else 401
        words = f"The token does not open this: {error.error}"
        header = {"WWW-Authenticate": f'Bearer error="{error.error}"'}
        raise Problem(status, "forbidden" if status == 403 else "login", words, header) from error
    client: ApiClient = token.client
    if not count(client, timezone.now()):
        raise Problem(429, "throttled", "Too many calls this minute", {"Retry-After": "60"})
    return client


def count(client: ApiClient, now: datetime) -> bool:
    """Count one call of this minute. Returns False when there have been too many."""
    minute, row = now.replace(second=0, microsecond=0), ApiClient.objects.filter(pk=client.pk)
    if row.filter(minute=minute, calls__lt=settings.FHIR_CALLS_PER_MINUTE).update(calls=F("calls") + 1):
        return True
    return bool(row.exclude(minute=minute).update(minute=minute, calls=1))
