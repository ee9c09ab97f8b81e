"""The OAuth 2 addresses: a token for a client's secret, giving it up, and where they are (SMART)."""

from __future__ import annotations

from authlib.common.security import is_secure_transport
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from clinics.gate import anyone
from clinics.limits import is_too_often
from fhir_api.codes import BASE
from fhir_api.grants import RevocationEndpoint, server
from fhir_api.models import METHODS, Scope

MOST = 60  # a minute from one address; a token lasts ten minutes


@anyone
@csrf_exempt  # the client's secret is checked instead
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Issue an access token by client credentials (RFC 6749 section 4.4)."""
    return refused(request) or server.create_token_response(request)


@anyone
@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """Take a token back (RFC 7009)."""
    return refused(request) or server.create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME, request)


@anyone
@require_safe
def smart_configuration(request: HttpRequest) -> HttpResponse:
    """Tell where tokens are had, as SMART App Launch lays down."""
    root = BASE.removesuffix("/fhir/r4")
    return JsonResponse(
        {
            "issuer": BASE,
            "token_endpoint": f"{root}{reverse('fhir:token')}",
            "revocation_endpoint": f"{root}{reverse('fhir:revoke')}",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": list(METHODS),
            "scopes_supported": Scope.values,
            "capabilities": ["client-confidential-symmetric", "permission-v1"],
        }
    )


def refused(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of a request whose secret is not even looked at.

    An address that asks too often cannot try secrets out; in the address, and without TLS, a secret is given away
    (RFC 6749 sections 2.3.1 and 3.2).
    """
    if is_too_often(request, "fhir_token", most=MOST):
        return JsonResponse({"error": "temporarily_unavailable"}, status=429, headers={"Retry-After": "60"})
    if request.GET:
        return invalid("Parameters belong in the form, not in the address")
    return None if is_secure_transport(request.build_absolute_uri()) else invalid("Only over TLS")


def invalid(words: str) -> HttpResponse:
    """Return the error as OAuth has it."""
    return JsonResponse({"error": "invalid_request", "error_description": words}, status=400)
