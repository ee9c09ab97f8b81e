"""The FHIR API: read, search, metadata and our own code systems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.http import parse_http_date_safe as parsed

from clinics import audit
from clinics.models import AuditAction
from fhir_api import bundles, capability, codes, parameters
from fhir_api.appointments import APPOINTMENT
from fhir_api.communications import COMMUNICATION
from fhir_api.door import fhir, let_in
from fhir_api.kinds import Kind
from fhir_api.models import ApiClient
from fhir_api.outcomes import JSON, Problem
from fhir_api.patients import PATIENT
from fhir_api.words import encoded

KINDS = {kind.name: kind for kind in (PATIENT, APPOINTMENT, COMMUNICATION)}
FORM = "application/x-www-form-urlencoded"


@fhir("GET", "HEAD")
def metadata(request: HttpRequest) -> HttpResponse:
    """Say what the API can; anyone may ask."""
    return answer(request, capability.statement(list(KINDS.values())))


@fhir("GET", "HEAD")
def read(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Return one resource of the client's clinic; another clinic's is as unknown as one that does not exist."""
    wanted = named(kind)
    client = let_in(request, wanted.scope)
    row = wanted.rows(client.clinic).filter(pk=int(key)).first() if parameters.KEY.fullmatch(key) else None
    if row is None:
        raise Problem(404, "not-found", "There is no such resource")
    (resource,) = wanted.write([row])
    record(client, wanted, [row])
    return answer(request, resource, row.updated_at)


@fhir("GET", "HEAD")
def search(request: HttpRequest, kind: str) -> HttpResponse:
    """Return a page of what the address asks for."""
    wanted = named(kind)
    client = let_in(request, wanted.scope)
    if wanted.posted_only & set(request.GET):
        words = f"Search by POST to {kind}/_search: a person's number does not belong in an address"
        raise Problem(400, "security", words)
    return page(request, wanted, client, pairs(request.GET))


@fhir("POST")
def posted(request: HttpRequest, kind: str) -> HttpResponse:
    """Return a page of what the form asks for."""
    wanted = named(kind)
    client = let_in(request, wanted.scope)
    if request.content_type != FORM:
        raise Problem(415, "not-supported", f"A search is posted as {FORM}")
    return page(request, wanted, client, [*pairs(request.GET), *pairs(request.POST)])


@fhir("GET", "HEAD")
def code_system(request: HttpRequest, key: str) -> HttpResponse:
    """Return one of our own code systems; anyone may ask."""
    if key not in codes.OWN:
        raise Problem(404, "not-found", "There is no such resource")
    return answer(request, codes.code_system(key))


@fhir("GET", "HEAD")
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Refuse any other address."""
    raise Problem(404, "not-supported", "The API has no such address; see metadata")


def named(kind: str) -> Kind:
    """Return the kind of resource. Raises Problem."""
    if kind not in KINDS:
        raise Problem(404, "not-supported", "The API has no such resource type; see metadata")
    return KINDS[kind]


def pairs(given: Any) -> list[tuple[str, str]]:
    """Return every parameter with every value, in order."""
    return [(name, value) for name, values in given.lists() for value in values]


def page(request: HttpRequest, kind: Kind, client: ApiClient, given: Sequence[tuple[str, str]]) -> HttpResponse:
    """Carry out the search; each patient it shows is in the log."""
    strict = "handling=strict" in request.headers.get("Prefer", "").replace(" ", "")
    rows, bundle = bundles.found(kind, parameters.read(given, kind.narrowings, strict=strict), client.clinic)
    record(client, kind, rows)
    return answer(request, bundle)


def record(client: ApiClient, kind: Kind, rows: Sequence[Any]) -> None:
    """Write who read which patient; the actor is the client (threat 34)."""
    patients = dict.fromkeys(kind.patient_of(row) for row in rows)
    what = f"fhir: {kind.name}"
    audit.record_each(
        AuditAction.READ, clinic=client.clinic, actor=client.user, patient_ids=patients, what=what, source="fhir"
    )


def answer(request: HttpRequest, resource: dict[str, Any], at: datetime | None = None) -> HttpResponse:
    """Return the resource with its ETag, or 304 when the client has it already."""
    body = encoded(resource)
    etag = f'W/"{sha256(body).hexdigest()[:32]}"'
    modified = http_date(at.timestamp()) if at else None
    response = HttpResponse(body, content_type=JSON, headers={"ETag": etag})
    if modified:
        response.headers["Last-Modified"] = modified
    conditional = get_conditional_response(
        request, etag=etag, last_modified=parsed(modified) if modified else None, response=response
    )
    return conditional or response
