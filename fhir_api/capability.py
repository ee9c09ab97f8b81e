"""The CapabilityStatement, made from what the API does: it cannot say more. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhir_api.codes import BASE, OWN
from fhir_api.kinds import Kind

SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
DATE = "2026-11-23"  # of the latest change to what is said here


def statement(kinds: Sequence[Kind]) -> dict[str, Any]:
    """Return the resource."""
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{BASE}/metadata",
        "name": "Pasientvarsel",
        "title": "Pasientvarsel: patients, appointments and notices",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "Pasientvarsel"},
        "implementation": {"description": "Read API of one clinic, by the client's token", "url": BASE},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Unknown search parameters are ignored and named in the Bundle; refused when the "
                "request says Prefer: handling=strict. Deletions are not tracked: what is gone is 404, never 410.",
                "security": security(),
                "resource": [*(resource(kind) for kind in kinds), code_systems()],
            }
        ],
    }


def security() -> dict[str, Any]:
    """Say how to get a token."""
    return {
        "service": [{"coding": [{"system": SMART, "code": "OAuth"}]}],
        "description": f"OAuth 2.0 client credentials; see {BASE}/.well-known/smart-configuration",
    }


def resource(kind: Kind) -> dict[str, Any]:
    """Say what one kind of resource can."""
    words = "Only by POST to _search: a person's number does not belong in an address."
    return {
        "type": kind.name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "conditionalRead": "full-support",
        "searchParam": [
            {"name": name, "type": type_} | ({"documentation": words} if name in kind.posted_only else {})
            for name, type_ in kind.types.items()
        ],
    }


def code_systems() -> dict[str, Any]:
    """Say that our own code systems can be read."""
    words = f"Our own: {', '.join(OWN)}."
    return {"type": "CodeSystem", "interaction": [{"code": "read"}], "versioning": "no-version", "documentation": words}
